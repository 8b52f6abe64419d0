"""The methods section of a stage or a pipeline, as a page of Markdown made from its compiled plan."""

from stagespec.methods.page import methods_page

__all__ = ["methods_page"]
