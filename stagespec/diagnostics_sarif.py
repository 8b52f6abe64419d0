"""Diagnostics as SARIF 2.1.0, which code scanning services and editors read.

Columns count characters from 1, and an end is exclusive, as everywhere in this package.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from compiler import VERSION
from compiler.diagnostics import Diagnostic, Fix, Label, Span
from compiler.source import Source
from stagespec.explain import family, meaning

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render(found: Iterable[Diagnostic], sources: Mapping[str, Source]) -> str:
    """One run with its rules (the codes that were found) and its results."""
    items = list(found)
    codes = sorted({item.code for item in items})
    driver = {"name": "stagespec", "version": VERSION, "rules": [_rule(code) for code in codes]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(item, codes, sources) for item in items],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def _rule(code: str) -> dict[str, Any]:
    return {
        "id": code,
        "shortDescription": {"text": meaning(code) or code},
        "properties": {"tags": [family(code)]},
    }


def _result(item: Diagnostic, codes: list[str], sources: Mapping[str, Source]) -> dict[str, Any]:
    first, others = item.labels[:1], item.labels[1:]
    parts = (item.message, first[0].text if first else "", item.help)
    result: dict[str, Any] = {
        "ruleId": item.code,
        "ruleIndex": codes.index(item.code),
        "level": item.severity,
        "message": {"text": "\n".join(part for part in parts if part)},
        "locations": [_location(label, sources) for label in first],
    }
    if others:
        result["relatedLocations"] = [
            {**_location(label, sources), "id": number, "message": {"text": label.text or "see also"}}
            for number, label in enumerate(others, 1)
        ]
    if item.fix is not None and item.fix.span.file in sources:
        result["fixes"] = [_fix(item.fix, sources)]
    return result


def _location(label: Label, sources: Mapping[str, Source]) -> dict[str, Any]:
    span = label.span
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(span.file)}}
    if span.file in sources:
        place["region"] = _region(span, sources[span.file])
    return {"physicalLocation": place}


def _fix(fix: Fix, sources: Mapping[str, Source]) -> dict[str, Any]:
    """Whether a mend is certain has no word in SARIF; it stands among the properties."""
    inserted = {"insertedContent": {"text": fix.text}} if fix.text else {}
    replacement = {"deletedRegion": _region(fix.span, sources[fix.span.file]), **inserted}
    return {
        "description": {"text": f"write {fix.text}" if fix.text else "take it out"},
        "artifactChanges": [
            {"artifactLocation": {"uri": _uri(fix.span.file)}, "replacements": [replacement]}
        ],
        "properties": {"certain": fix.certain},
    }


def _region(span: Span, source: Source) -> dict[str, int]:
    """The whole span, as it would be replaced."""
    (line, column), (end_line, end_column) = source.position(span.start), source.position(span.end)
    return {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}


def _uri(file: str) -> str:
    return PurePath(file).as_uri() if PurePath(file).is_absolute() else quote(file)
