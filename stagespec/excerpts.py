"""Excerpts of source text with marks under them: where a diagnostic's labels point.

Text from a file may hold anything, so what reaches a terminal is made harmless here: tabs become
spaces, control characters become pictures of themselves, and very long lines are cut to a window.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from compiler.diagnostics import Label, Span
from compiler.source import Source

TAB = 4
WINDOW = 110  # the widest piece of a line that is shown
BEFORE = 30  # how much of a cut line is shown before the first mark
HARMFUL = ("Cc", "Cf", "Zl", "Zp")  # control and format characters, line and paragraph separators
HEAD_LINES = 2  # how many lines a long span shows before it is shortened


@dataclass(frozen=True, slots=True)
class Mark:
    """A label of one diagnostic; `primary` is the place that it is about."""

    label: Label
    primary: bool

    @property
    def sign(self) -> str:
        return "^" if self.primary else "-"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of an excerpt. `number` is empty where the row is no source line.

    `mark` is the part that belongs to a label (drawn in its colour), `text` what stands before it.
    """

    number: str
    text: str
    mark: str = ""
    primary: bool = True


def place(source: Source, span: Span) -> tuple[int, int]:
    """Line and column of a span's first character; a span at the end of the file stands on its last line."""
    return source.position(_within(source, span)[0])


def end_place(source: Source, span: Span) -> tuple[int, int]:
    """Line and column just after a span's last character."""
    return source.position(max(_within(source, span)))


def excerpt(source: Source, marks: Sequence[Mark]) -> Iterator[Row]:
    """The lines that the marks stand on, in order, each followed by its underlines."""
    shown = 0
    last_row = Row("", "")
    ordered = sorted(marks, key=lambda mark: (place(source, mark.label.span), not mark.primary))
    for mark in ordered:
        first, last = place(source, mark.label.span)[0], end_place(source, mark.label.span)[0]
        if shown and first > shown + 1:
            yield Row("...", "")
        if first == last:
            line, underline = _on_one_line(source, mark)
            if line != last_row:  # a long line may show another piece of itself
                yield line
            yield underline
            last_row = line
        else:
            yield from _on_several_lines(source, mark)
        shown = last


def _on_one_line(source: Source, mark: Mark) -> tuple[Row, Row]:
    """The line, and the row below it that underlines the mark."""
    line, column = place(source, mark.label.span)
    end = end_place(source, mark.label.span)[1]
    text, start, width = window(source.line(line), column - 1, max(end, column + 1) - 1)
    underline = f"{mark.sign * width} {visible(mark.label.text)}".rstrip()
    return Row(str(line), text), Row("", " " * start, underline, mark.primary)


def _on_several_lines(source: Source, mark: Mark) -> Iterator[Row]:
    first = place(source, mark.label.span)[0]
    last, end = end_place(source, mark.label.span)
    for number in range(first, last + 1):
        if first + HEAD_LINES <= number < last:
            if number == first + HEAD_LINES:
                yield Row("...", "|")
            continue
        bar = "/ " if number == first else "| "
        yield Row(str(number), bar + window(source.line(number), 0, 0)[0])
    text, _, _ = window(source.line(last)[: max(end - 1, 1)], 0, 0)
    line = "|" + "_" * max(width(text), 1) + mark.sign
    yield Row("", "", f"{line} {visible(mark.label.text)}".rstrip(), mark.primary)


def window(line: str, start: int, end: int) -> tuple[str, int, int]:
    """A line as it is shown, and where characters `start` up to `end` stand in it: offset and width."""
    before, marked, after = (visible(part) for part in _parts(line, start, end))
    marked = marked if marked or after else " "
    if width(before + marked + after) > WINDOW:
        if width(before) > BEFORE:
            before = "…" + _last(before, BEFORE - 1)
        rest = WINDOW - width(before) - 1
        if width(marked) > rest:
            marked, after = _first(marked, rest), "…"
        elif width(marked + after) > rest:
            after = _first(after, rest - width(marked)) + "…"
    return (before + marked + after).rstrip(), width(before), max(width(marked), 1)


def _parts(line: str, start: int, end: int) -> tuple[str, str, str]:
    """The line in three, with tabs filled up to their stops."""
    filled: list[str] = []
    column = 0
    for char in line:
        piece = " " * (TAB - column % TAB) if char == "\t" else char
        filled.append(piece)
        column += width(visible(piece))
    return "".join(filled[:start]), "".join(filled[start:end]), "".join(filled[end:])


def visible(text: str) -> str:
    """The text without anything that could steer a terminal or turn the reading direction."""
    return "".join(_picture(char) if unicodedata.category(char) in HARMFUL else char for char in text)


def _picture(char: str) -> str:
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"


def width(text: str) -> int:
    """Columns that a text takes up on a terminal."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def _first(text: str, columns: int) -> str:
    while width(text) > columns:
        text = text[: max(columns, 0)] if len(text) > columns else text[:-1]
    return text


def _last(text: str, columns: int) -> str:
    while width(text) > columns:
        text = text[-columns:] if len(text) > columns else text[1:]
    return text


def _within(source: Source, span: Span) -> tuple[int, int]:
    """The span inside the text, without white space at its end.

    A span that begins after the last word of the file is drawn just behind that word.
    """
    end_of_text = len(source.text.rstrip())
    if span.start >= end_of_text:
        return end_of_text, end_of_text
    return span.start, span.start + len(source.text[span.start : span.end].rstrip())
