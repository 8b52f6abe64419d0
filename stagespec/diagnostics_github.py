"""Diagnostics as GitHub workflow commands: annotations on the lines of a pull request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from compiler.diagnostics import Diagnostic
from compiler.source import Source
from stagespec.excerpts import end_place, place

COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def render(found: Iterable[Diagnostic], sources: Mapping[str, Source]) -> str:
    """One line each; nothing where there is nothing to report."""
    return "\n".join(_command(item, sources) for item in found)


def _command(item: Diagnostic, sources: Mapping[str, Source]) -> str:
    properties = {**_where(item, sources), "title": item.code}
    written = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    message = "\n".join(
        part for part in (item.message, item.labels[0].text if item.labels else "", item.help) if part
    )
    return f"::{COMMANDS[item.severity]} {written}::{_data(message)}"


def _where(item: Diagnostic, sources: Mapping[str, Source]) -> dict[str, object]:
    """Of a place that spans lines, columns are left out: GitHub refuses an annotation that has both."""
    if not item.labels:
        return {}
    span = item.labels[0].span
    source = sources.get(span.file)
    if source is None:
        return {"file": span.file}
    (line, column), (end_line, end_column) = place(source, span), end_place(source, span)
    if line != end_line:
        return {"file": span.file, "line": line, "endLine": end_line}
    return {"file": span.file, "line": line, "col": column, "endLine": end_line, "endColumn": end_column}


def _data(text: str) -> str:
    """A message: what would end the line or begin an escape is escaped."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
