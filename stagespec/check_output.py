"""The outcome of `check` in each of its formats."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from compiler.diagnostics import Diagnostic
from compiler.source import Source
from stagespec import diagnostics_github, diagnostics_json, diagnostics_sarif, diagnostics_text
from stagespec.terminal import has_colour

FOR_MACHINES = {
    "json": diagnostics_json.render,
    "sarif": diagnostics_sarif.render,
    "github": diagnostics_github.render,
}


def report(found: Sequence[Diagnostic], sources: Mapping[str, Source], stages: int, format: str) -> str:
    """All that is to be printed, line ends included."""
    if format in FOR_MACHINES:
        text = FOR_MACHINES[format](found, sources)
        return f"{text}\n" if text else ""
    if not found:
        return f"{stages} stage{'' if stages == 1 else 's'}, nothing to report\n"
    return diagnostics_text.render(found, sources, colour=has_colour(sys.stdout))
