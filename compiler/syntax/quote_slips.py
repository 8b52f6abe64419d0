"""Strings, text blocks and regular expressions that nothing closes, told where they are opened."""

from __future__ import annotations

import re

from compiler.diagnostics import Label
from compiler.syntax.slip import Region, Slip
from compiler.syntax.strings import BLOCK

_OPENS = re.compile(r"[A-Za-z_]\w*[ \t]*=[ \t]*$")  # `name =`, at the end of what a quote closes
_LITERAL = re.compile(r'"""(?:[^\\]|\\.)*?"""|"(?:[^"\\\n]|\\.)*"|#[^\n]*|/(?:[^/\\\n]|\\.)+/', re.S)


def unclosed_text_block(slip: Slip) -> Region | None:
    """A block that ends where the next one begins: `name = ` stands before what seems to close it."""
    for found in _LITERAL.finditer(slip.text, 0, min(len(slip.text), slip.error.end)):
        content = found.group()[3:-3]
        last = content.rpartition("\n")
        if found.group().startswith(BLOCK) and last[1] and _OPENS.match(last[2].strip()):
            closer = found.end() - 3
            _not_closed(slip, found.start(), Label(slip.span(closer, found.end()), "before this"))
            return slip.layout.line(found.start())[0], _block_end(slip, found.start(), closer)
    return None


def _block_end(slip: Slip, place: int, limit: int) -> int:
    """Where the block of the field at a place seems to end: before a line that is indented less."""
    depth = slip.layout.indent(place)
    for line in re.compile(r"^([ \t]*)\S", re.M).finditer(slip.text, slip.layout.line(place)[1], limit):
        if len(line[1]) < depth:
            return line.start()
    return slip.text.rindex("\n", 0, limit)


def _not_closed(slip: Slip, place: int, *labels: Label) -> None:
    slip.found.error(
        "SS112",
        "this text block is not closed",
        Label(slip.span(place, place + 3), "opened here"),
        *labels,
        help='Close it with """.',
    )


def unclosed_quote(slip: Slip) -> Region | None:
    """A quote or a slash at which no token begins, since nothing closes it."""
    place, char = slip.place, slip.text[slip.place]
    line_end = slip.layout.line(place)[1]
    if slip.text[max(place - 2, 0) : place + 1] == BLOCK:
        _not_closed(slip, place - 2)
        closing = re.compile(r"^\}", re.M).search(slip.text, place)
        return slip.layout.entry(place - 2)[0], closing.start() if closing else len(slip.text)
    if char == '"':
        _string(slip, place, line_end)
        return slip.layout.entry(place)[0], line_end
    if char == "/":
        slip.found.error(
            "SS112",
            "this regular expression is not closed on its line",
            Label(slip.span(place, line_end), "opened here"),
            help="Close it with /. A / inside of it is written \\/.",
        )
        return slip.layout.entry(place)[0], line_end
    return None


def _string(slip: Slip, place: int, end: int) -> None:
    slip.found.error(
        "SS112",
        "this string is not closed on its line",
        Label(slip.span(place, end), "opened here"),
        help='Close it with ", or write a text of several lines between """ and """.',
    )


def closed_by_the_next(slip: Slip) -> Region | None:
    """`["a, "b"]`: a string that ends where the next one begins, so that a word stands right behind it."""
    opened = slip.layout.opened(slip.place)
    first = slip.layout.line(opened[-1] if opened else slip.place)
    for start, end in {first, slip.layout.line(slip.place)}:
        line = slip.text[start:end]
        if len(re.findall(r'(?<!\\)"', line)) % 2 == 0 or BLOCK in line:
            continue
        for found in _LITERAL.finditer(slip.text, start, end):
            if found.group()[0] == '"' and re.match(r"[\w\\#]", slip.text[found.end() : found.end() + 1]):
                _string(slip, found.start(), found.end() - 1)
                return slip.layout.entry(found.start())[0], end
    return None
