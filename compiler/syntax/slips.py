"""What a syntax error most likely is: one message, and the part of the text to leave out for now."""

from __future__ import annotations

import re

from lark import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken

from compiler.diagnostics import Diagnostics, Fix, Label, Span, did_you_mean, listing, respelled
from compiler.frozen import Frozen
from compiler.syntax.layout import CLOSES, Layout
from compiler.units import UNITS

READABLE = {
    "$END": "the end of the file",
    "NAME": "a name",
    "STRING": "a string",
    "TEXT": "a text block",
    "NUMBER": "a number",
    "QUANTITY": "a quantity",
    "REGEX": "a /regular expression/",
    "LBRACE": "{",
    "RBRACE": "}",
    "LSQB": "[",
    "RSQB": "]",
    "LPAR": "(",
    "RPAR": ")",
    "EQUAL": "=",
    "COMMA": "a comma",
    "COLON": ":",
    "COMPARE": "a comparison",
    "DOT": ".",
    "PLUS": "+",
    "RANGE": "a range",
    "RELATION": "after, for, like",
    "TRUTH": "true, false",
    "FROM": "from",
    "IMPORT": "import",
    "WHEN": "when",
}
STATEMENTS = ("trim", "reject", "cut", "example")
FIELD = "A field is written name = value."
Region = tuple[int, int]


class Slip(Frozen):
    """One syntax error, at a place of a text (with what was left out already blank)."""

    file: str
    text: str
    place: int
    error: UnexpectedInput
    layout: Layout
    found: Diagnostics

    def span(self, start: int, end: int) -> Span:
        return Span(self.file, start, end)


def report(file: str, text: str, error: UnexpectedInput, found: Diagnostics) -> Region:
    """Report one syntax error; return the part of the text to blank out before the next attempt."""
    at_end = isinstance(error, UnexpectedEOF) or (
        isinstance(error, UnexpectedToken) and error.token.type == "$END"
    )
    at: int | None = error.pos_in_stream
    place = len(text) if at_end or at is None or at > len(text) else at
    slip = Slip(file, text, place, error, Layout(text), found)
    if place >= len(text.rstrip()):
        return _end(slip)
    if isinstance(error, UnexpectedCharacters):
        return _character(slip)
    for known in (_unclosed_bracket, _closed_too_often, _value_missing, _cut_short, _unit, _equals_missing):
        region = known(slip)
        if region is not None:
            return region
    return _anything_else(slip)


def _end(slip: Slip) -> Region:
    opened = slip.layout.opened(len(slip.text))
    if opened:
        bracket, limit = slip.layout.unclosed_block(opened)
        return _never_closed(slip, bracket, limit)
    start = slip.layout.line(len(slip.text.rstrip()) - 1)[0]
    slip.found.error(
        "SS110", "the file ends in the middle of a definition", slip.span(start, len(slip.text.rstrip()))
    )
    return start, len(slip.text)


def _never_closed(slip: Slip, bracket: int, limit: int) -> Region:
    closer = CLOSES[slip.text[bracket]]
    before = f"before line {slip.layout.number(limit)}" if limit < len(slip.text) else "at the end"
    slip.found.error(
        "SS111",
        f'this "{slip.text[bracket]}" is never closed',
        slip.span(bracket, bracket + 1),
        help=f"Add {closer} {before}.",
    )
    return slip.layout.line(bracket)[0], limit


def _character(slip: Slip) -> Region:
    place, char = slip.place, slip.text[slip.place]
    line_end = slip.layout.line(place)[1]
    if slip.text[max(place - 2, 0) : place + 1] == '"""':
        slip.found.error(
            "SS112",
            "this text block is not closed",
            slip.span(place - 2, place + 1),
            help='Close it with """.',
        )
        closing = re.compile(r"^\}", re.M).search(slip.text, place)
        return slip.layout.entry(place - 2)[0], closing.start() if closing else len(slip.text)
    if char == '"':
        slip.found.error(
            "SS112",
            "this string is not closed on its line",
            slip.span(place, line_end),
            help='Close it with ", or write a text of several lines between """ and """.',
        )
        return slip.layout.entry(place)[0], line_end
    shown = char if char.isprintable() else f"U+{ord(char):04X}"
    quotes = "Strings stand between straight double quotes." if char in "'“”„‘’«»" else ""
    slip.found.error("SS113", f'"{shown}" has no meaning here', slip.span(place, place + 1), help=quotes)
    if char == ";":
        return place, place + 1
    start, end = slip.layout.entry(place)
    return start, max(end, line_end) if quotes else end


def _unclosed_bracket(slip: Slip) -> Region | None:
    """A "[" or "(" that nothing closes before its block ends or the next field begins."""
    opened = slip.layout.opened(slip.place)
    if not opened or slip.text[opened[-1]] == "{" or opened[-1] in slip.layout.match:
        return None
    bracket = opened[-1]
    closer = slip.text[slip.place]
    if closer in "])":
        slip.found.error(
            "SS116",
            f'"{closer}" cannot close "{slip.text[bracket]}"',
            slip.span(slip.place, slip.place + 1),
            Label(slip.span(bracket, bracket + 1), "opened here"),
            help=f"Write {CLOSES[slip.text[bracket]]} instead.",
        )
        return slip.layout.entry(bracket)[0], slip.place + 1
    slip.found.error(
        "SS111",
        f'this "{slip.text[bracket]}" is never closed',
        slip.span(bracket, bracket + 1),
        Label(slip.span(slip.place, _token_end(slip)), "before this"),
        help=f"Add {CLOSES[slip.text[bracket]]} at the end of the {'list' if closer != '(' else 'call'}.",
    )
    line = slip.layout.line(slip.place)[0]
    return slip.layout.entry(bracket)[0], line if line > bracket else slip.place


def _closed_too_often(slip: Slip) -> Region | None:
    if slip.text[slip.place] not in "}])" or slip.layout.opened(slip.place):
        return None
    slip.found.error(
        "SS116",
        f'this "{slip.text[slip.place]}" closes nothing',
        slip.span(slip.place, slip.place + 1),
        help="Take it out, or open its block.",
    )
    return slip.place, slip.place + 1


def _value_missing(slip: Slip) -> Region | None:
    """`name =` at the end of a line; what follows, a name or the head of a block, is read as its value."""
    before = re.compile(r"([A-Za-z_]\w*)[ \t]*=[ \t]*(?:\n\s*(?:[A-Za-z_]\w*[ \t]*){0,2})?$").search(
        slip.layout.mask[: slip.place]
    )
    if before is None or (slip.text[slip.place] not in "}={" and not slip.text[slip.place].isalpha()):
        return None
    if slip.text[slip.place] in "={" and "\n" not in before.group():
        return None
    _no_value(slip, before.start(1), before.end(1))
    return before.start(), slip.layout.mask.index("=", before.start()) + 1


# After these words and signs a value goes on.
_GOES_ON = r"(?:>=|<=|==|!=|[<>+]|\b(?:in|at|by|over|with|and|or|not))"


def _cut_short(slip: Slip) -> Region | None:
    """`accept = good at` at the end of a line: what stands on the next is read as the rest of it."""
    field = rf"(?:^|\n)[ \t]*([A-Za-z_]\w*)[ \t]*=[^\n]*?({_GOES_ON})[ \t]*"
    ahead = r"\n\s*(?:[A-Za-z_]\w*[ \t]*){0,2}$"
    before = re.search(field + ahead, slip.layout.mask[: slip.place])
    if before is None:
        return None
    slip.found.error(
        "SS117",
        f'"{before.group(1)}" goes on after "{before.group(2)}", and nothing follows',
        slip.span(before.start(1), before.end(2)),
        help=FIELD,
    )
    return before.start(1), before.end(2)


def _no_value(slip: Slip, start: int, end: int, hint: str = "") -> None:
    slip.found.error(
        "SS117", f'"{slip.text[start:end]}" has no value', Label(slip.span(start, end), hint), help=FIELD
    )


def _unit(slip: Slip) -> Region | None:
    """A number, and a word that is no unit."""
    head = slip.layout.mask[: slip.place]
    # `5 dollars` at the place itself, before it, or read as the head of what stands on the next line
    ahead = re.search(r"\d[ \t]+$", head)
    behind = re.search(r"\d[ \t]+([A-Za-z]\w*)[ \t]*(?:\n\s*(?:[A-Za-z_]\w*\s*)?)?$", head)
    start = slip.place if ahead else behind.start(1) if behind else -1
    word = re.compile(r"[A-Za-z]\w*").match(slip.text, max(start, 0))
    if start < 0 or word is None:
        return None
    slip.found.error(
        "SS114",
        f'"{word.group()}" is not a unit',
        Label(slip.span(*word.span()), did_you_mean(word.group(), UNITS)),
        help=f"Units are {listing(UNITS)}.",
        fix=respelled(slip.span(*word.span()), word.group(), UNITS),
    )
    return slip.layout.entry(start)


def _equals_missing(slip: Slip) -> Region | None:
    """`name value`, `name: value`, or a name that stands alone, inside a block."""
    if not slip.layout.opened(slip.place) or "=" not in _wanted(slip):
        return None
    head = slip.layout.mask[: slip.place]
    lone = re.search(r"(?:^|[\n{,])[ \t]*([A-Za-z_]\w*)\s*\n\s*(?:[A-Za-z_]\w*[ \t]*)?$", head)
    if lone is None and slip.text[slip.place] in "},":
        lone = re.search(r"(?:^|[\n{,])[ \t]*([A-Za-z_]\w*)\s*$", head)
    if lone:
        # `trimm` on a line of its own, then `reject "x"`: the two words read as a definition's head
        word = lone.group(1)
        _no_value(slip, lone.start(1), lone.end(1), did_you_mean(word, STATEMENTS))
        return lone.span(1)
    pair = re.search(r"(?:^|[\n{,])[ \t]*[A-Za-z_]\w*([ \t]+)([A-Za-z_]\w*)\s*$", head)
    if pair and slip.text[slip.place] != "(":
        start, end = pair.span(2)
        gap = slip.span(pair.start(1), start)
    else:
        start, end = slip.place, _token_end(slip)
        gap = slip.span(start, end if slip.text[start] == ":" else start)
    around = (slip.text[gap.start - 1 : gap.start], slip.text[gap.end : gap.end + 1])
    spaces = ["" if char.isspace() else " " for char in around]
    slip.found.error(
        "SS115",
        'there is an "=" missing before this' if slip.text[start] != ":" else 'write "=" instead of ":"',
        slip.span(start, end),
        help=FIELD,
        fix=Fix(gap, "=".join(spaces)),
    )
    return slip.layout.entry(start)


def _anything_else(slip: Slip) -> Region:
    wanted = _wanted(slip)
    end = _token_end(slip)
    shown = slip.text[slip.place : end].split("\n")[0]
    help = f"Expected {listing(wanted).replace(' and ', ' or ')}." if len(wanted) <= 6 else ""
    if re.search(r"(?:^|\n)[ \t]*import\b[^\n]*$", slip.text[: slip.place]):
        help = 'An import is written: from "shared.stage" import name'
    slip.found.error(
        "SS116",
        f'"{shown if len(shown) <= 30 else shown[:27] + "..."}" cannot stand here',
        slip.span(slip.place, end),
        help=help,
    )
    start, stop = slip.layout.entry(slip.place)
    return start, max(stop, slip.place + 1)


def _wanted(slip: Slip) -> list[str]:
    assert isinstance(slip.error, UnexpectedToken)
    names = slip.error.accepts or slip.error.expected
    readable = [READABLE.get(name, name.lower()) for name in names if name != "WORD"]
    return sorted({word for words in readable for word in words.split(", ")})


def _token_end(slip: Slip) -> int:
    end = slip.error.token.end_pos if isinstance(slip.error, UnexpectedToken) else None
    return int(end) if end else slip.place + 1
