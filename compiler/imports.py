"""Taking a name out of an import, with its comma, or the whole line where it was the only one."""

from __future__ import annotations

from compiler.diagnostics import Fix, Span
from compiler.syntax import tree


def without_import(text: str, statement: tree.Import, name: tree.Name) -> Fix:
    """The import without one of its names. `text` is that of the file."""
    at = statement.names.index(name)
    if len(statement.names) == 1:
        return Fix(_line(text, statement.span), "")
    if at + 1 < len(statement.names):
        return Fix(Span(name.span.file, name.span.start, statement.names[at + 1].span.start), "")
    return Fix(Span(name.span.file, statement.names[at - 1].span.end, name.span.end), "")


def _line(text: str, span: Span) -> Span:
    """The span with the end of its line, unless a remark or something else stands there too."""
    end = text.find("\n", span.end)
    start = text.rfind("\n", 0, span.start) + 1
    if end < 0 or text[span.end : end].strip() or text[start : span.start].strip():
        return span
    return Span(span.file, start, end + 1)
