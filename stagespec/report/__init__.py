"""The report of a run: one self-contained page, or lines in a terminal, made from the manifest alone."""

from stagespec.report.page import read_manifest, write_report
from stagespec.report.text import render_text

__all__ = ["read_manifest", "render_text", "write_report"]
