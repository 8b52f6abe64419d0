"""Diagnostics that may only come from what another one already reports, and are left out."""

from __future__ import annotations

from compiler.diagnostics import Diagnostic, Diagnostics
from compiler.resolve import Program

NUMBER_CODES = ("SS114", "SS118", "SS120")


def leave_out_doubtful(program: Program, found: Diagnostics) -> None:
    found.items = [
        item for item in found.items if not program.unsure(item) and not _of_no_number(item, found)
    ]


def _of_no_number(item: Diagnostic, found: Diagnostics) -> bool:
    """Whether a diagnostic is of a value whose number could not be read."""
    if item.code < "SS2" or not item.labels:
        return False
    place = item.labels[0].span
    return any(
        said.code in NUMBER_CODES
        and said.labels[0].span.file == place.file
        and place.start <= said.labels[0].span.start < place.end
        for said in found.items
    )
