"""The review of a plan as one self-contained page: a graph of the steps, and everything behind each."""

from stagespec.plan_page.page import render_page

__all__ = ["render_page"]
