"""Diagnostics as JSON, for editors and scripts. Lines and columns count from 1; an end is exclusive."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from compiler.diagnostics import Diagnostic, Fix, Span
from compiler.source import Source
from stagespec.excerpts import end_place, place


def as_objects(found: Iterable[Diagnostic], sources: Mapping[str, Source]) -> list[dict[str, Any]]:
    """One plain object per diagnostic."""
    return [
        {
            "code": item.code,
            "severity": item.severity,
            "message": item.message,
            **(_place(item.labels[0].span, sources) if item.labels else NOWHERE),
            "labels": [{**_place(label.span, sources), "text": label.text} for label in item.labels],
            "help": item.help,
            "fix": _fix(item.fix, sources) if item.fix else None,
        }
        for item in found
    ]


def render(found: Iterable[Diagnostic], sources: Mapping[str, Source]) -> str:
    """`{"diagnostics": [...]}`, indented."""
    return json.dumps({"diagnostics": as_objects(found, sources)}, indent=2, ensure_ascii=False)


NOWHERE: dict[str, Any] = {"file": None, "start": None, "end": None}


def _fix(fix: Fix, sources: Mapping[str, Source]) -> dict[str, Any]:
    """A certain fix is what `check --fix` carries out; any other is a suggestion for a person."""
    return {**_place(fix.span, sources), "text": fix.text, "certain": fix.certain}


def _place(span: Span, sources: Mapping[str, Source]) -> dict[str, Any]:
    source = sources.get(span.file)
    if source is None:
        return {"file": span.file, "start": None, "end": None}
    line, column = place(source, span)
    end_line, end_column = end_place(source, span)
    return {
        "file": span.file,
        "start": {"line": line, "column": column},
        "end": {"line": end_line, "column": end_column},
    }
