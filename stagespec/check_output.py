"""The outcome of `check` in each of its formats."""

from __future__ import annotations

import sys

from compiler.diagnostics import listing
from compiler.plan.counting import counted
from stagespec import diagnostics_github, diagnostics_json, diagnostics_sarif, diagnostics_text
from stagespec.checking import Checked
from stagespec.terminal import has_colour

FOR_MACHINES = {
    "json": diagnostics_json.render,
    "sarif": diagnostics_sarif.render,
    "github": diagnostics_github.render,
}


def report(checked: Checked, format: str) -> str:
    """All that is to be printed, line ends included."""
    found, sources = checked.found, checked.sources
    if format in FOR_MACHINES:
        text = FOR_MACHINES[format](found, sources)
        return f"{text}\n" if text else ""
    if not found:
        counts = ((checked.stages, "stage"), (checked.shared, "shared file"))
        files = [counted(number, what) for number, what in counts if number]
        return f"{listing(files)}, nothing to report\n"
    return diagnostics_text.render(found, sources, colour=has_colour(sys.stdout))
