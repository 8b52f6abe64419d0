"""The report of a run: one self-contained page, made from the manifest and the journal alone."""

from stagespec.report.page import write_report

__all__ = ["write_report"]
