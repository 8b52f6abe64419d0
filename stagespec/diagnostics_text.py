"""Diagnostics as terminal text: what is wrong, the place underlined, what to write instead."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from compiler.diagnostics import Diagnostic, Label
from compiler.plan.counting import counted
from compiler.source import Source
from stagespec.excerpts import Mark, Row, excerpt, place, visible

COLOURS = {"error": "red", "warning": "yellow", "note": "cyan"}
SECONDARY = FRAME = "blue"
Paint = Callable[[str, str], str]


def render(found: Iterable[Diagnostic], sources: Mapping[str, Source], colour: bool = False) -> str:
    """All diagnostics, and a closing line that counts them."""
    items = list(found)
    if not items:
        return ""
    paint = _colours if colour else _plain
    blocks = ["\n".join(_diagnostic(item, sources, paint)) for item in items]
    return "\n\n".join([*blocks, summary(items)]) + "\n"


def summary(items: Sequence[Diagnostic]) -> str:
    """`2 errors, 1 warning`."""
    counts = [(s, sum(item.severity == s for item in items)) for s in ("error", "warning", "note")]
    return ", ".join(counted(n, s) for s, n in counts if n)


def _diagnostic(item: Diagnostic, sources: Mapping[str, Source], paint: Paint) -> Iterator[str]:
    main = COLOURS[item.severity]
    yield paint(f"{item.severity}[{item.code}]", main) + paint(f": {visible(item.message)}", "bold")
    gutter = max((len(str(_line(label, sources))) for label in item.labels), default=1)
    margin = paint(" " * gutter + " |", FRAME)
    for number, (file, marks) in enumerate(_by_file(item.labels).items()):
        arrow = paint(" " * gutter + ("-->" if number == 0 else ":::"), FRAME)
        source = sources.get(file)
        if source is None:
            yield f"{arrow} {file}"
            continue
        line, column = place(source, marks[0].label.span)
        yield f"{arrow} {visible(file)}:{line}:{column}"
        yield margin
        for row in excerpt(source, marks):
            yield _row(row, gutter, main, paint)
    hints = [line for line in (item.help, _fix(item)) if line]
    if hints and item.labels:
        yield margin
    for hint in hints:
        yield f"{' ' * gutter} {paint('=', FRAME)} {paint('help', 'bold')}: {visible(hint)}"


def _row(row: Row, gutter: int, main: str, paint: Paint) -> str:
    if row.number == "..." and not row.text:
        return paint("...", FRAME)
    frame = paint(f"{row.number if row.number != '...' else '':>{gutter}} |", FRAME)
    text = "..." if row.number == "..." else row.text
    marked = paint(row.mark, main if row.primary else SECONDARY) if row.mark else ""
    return f"{frame} {text}{marked}".rstrip()


def _by_file(labels: Sequence[Label]) -> dict[str, list[Mark]]:
    """Labels grouped by file, the primary one's file first."""
    groups: dict[str, list[Mark]] = {}
    for number, label in enumerate(labels):
        groups.setdefault(label.span.file, []).append(Mark(label, primary=number == 0))
    return groups


def _line(label: Label, sources: Mapping[str, Source]) -> int:
    source = sources.get(label.span.file)
    return place(source, label.span)[0] if source else 1


def _fix(item: Diagnostic) -> str:
    """The replacement, unless help or label has said it already."""
    said = " ".join((item.help, *(label.text for label in item.labels)))
    return f"write {item.fix.text}" if item.fix and item.fix.text.strip('"') not in said else ""


def _plain(text: str, _: str) -> str:
    return text


def _colours(text: str, style: str) -> str:
    import click

    return click.style(text, bold=True) if style == "bold" else click.style(text, fg=style, bold=True)
