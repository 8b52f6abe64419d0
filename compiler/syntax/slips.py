"""What a syntax error most likely is: one message, and the part of the text to leave out for now."""

from __future__ import annotations

import re

from compiler.diagnostics import Diagnostics, Fix, Label, did_you_mean, listing
from compiler.syntax.bracket_slips import (
    closed_too_often,
    comma_missing,
    ends_early,
    named_in_a_list,
    unclosed_bracket,
)
from compiler.syntax.grammar import END, tables
from compiler.syntax.lalr import Unexpected
from compiler.syntax.layout import Layout
from compiler.syntax.quote_slips import closed_by_the_next, unclosed_quote, unclosed_text_block
from compiler.syntax.slip import Meant, Region, Slip, token_end, wanted
from compiler.syntax.unit_slips import compound_unit, unit_of_a_range, unknown_unit
from compiler.syntax.word_slips import Trial, misspelt_word, renamed_import

STATEMENTS = ("trim", "reject", "cut", "example")
FIELD = "A field is written name = value."
THOUSANDS = "Thousands are written with _: 1_000."


def report(file: str, text: str, error: Unexpected, found: Diagnostics, trial: Trial) -> Region | Meant:
    """Report one syntax error; return the part of the text to blank out before the next attempt, or a
    misspelt word and how to read it."""
    place = len(text) if error.kind == END else error.start
    slip = Slip(file, text, place, error, Layout(text), found)
    block = unclosed_text_block(slip)
    if block is not None:
        return block
    meant = renamed_import(slip) or misspelt_word(slip, frozenset(tables().words), trial)
    if meant is not None:
        return meant
    if place >= len(text.rstrip()):
        return (None if slip.layout.opened(len(text)) else unknown_unit(slip)) or ends_early(slip)
    if error.kind is None:
        return compound_unit(slip) or unit_of_a_range(slip) or _character(slip)
    for known in SLIPS:
        region = known(slip)
        if region is not None:
            return region
    return _anything_else(slip)


def _character(slip: Slip) -> Region:
    place, char = slip.place, slip.text[slip.place]
    line_end = slip.layout.line(place)[1]
    region = unclosed_quote(slip)
    if region is not None:
        return region
    shown = char if char.isprintable() else f"U+{ord(char):04X}"
    quotes = "Strings stand between straight double quotes." if char in "'“”„‘’«»" else ""
    slip.found.error("SS113", f'"{shown}" has no meaning here', slip.span(place, place + 1), help=quotes)
    if char == ";":
        return place, place + 1
    start, end = slip.layout.entry(place)
    return start, max(end, line_end) if quotes else end


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


def _equals_missing(slip: Slip) -> Region | None:
    """`name value`, `name: value`, or a name that stands alone, inside a block."""
    if not slip.layout.opened(slip.place) or "=" not in wanted(slip):
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
    sign = slip.text[slip.place : token_end(slip)]
    instead = sign in (":", "==")
    if pair and not instead and sign != "(":
        start, end = pair.span(2)
        gap = slip.span(pair.start(1), start)
    else:
        start, end = slip.place, token_end(slip)
        gap = slip.span(start, end if instead else start)
    around = (slip.text[gap.start - 1 : gap.start], slip.text[gap.end : gap.end + 1])
    spaces = ["" if char.isspace() else " " for char in around]
    slip.found.error(
        "SS115",
        f'write "=" instead of "{sign}"' if instead else 'there is an "=" missing before this',
        slip.span(start, end),
        help=FIELD,
        fix=Fix(gap, "=".join(spaces)),
    )
    return slip.layout.entry(start)


def _sign_missing(slip: Slip) -> Region | None:
    """`margin 1.0 nats`: a number after a name, and nothing that compares them."""
    before = re.search(r"[A-Za-z_]\w*(?=[ \t]+$)", slip.layout.mask[: slip.place])
    if slip.error.kind not in ("NUMBER", "QUANTITY") or before is None or "a comparison" not in wanted(slip):
        return None
    slip.found.error(
        "SS116",
        f'there is no sign between "{before.group()}" and this',
        slip.span(slip.place, token_end(slip)),
        help=f"Compare them: {before.group()} >= {slip.text[slip.place : token_end(slip)]}.",
    )
    return slip.layout.entry(slip.place)


def _anything_else(slip: Slip) -> Region:
    expected = wanted(slip)
    end = token_end(slip)
    shown = slip.text[slip.place : end].split("\n")[0]
    help = f"Expected {listing(expected).replace(' and ', ' or ')}." if len(expected) <= 6 else ""
    if re.search(r"(?:^|\n)[ \t]*import\b[^\n]*$", slip.text[: slip.place]):
        help = 'An import is written: from "shared.stage" import name'
    if slip.text[slip.place :].startswith(("=>", "=<")):
        help = f"Write {slip.text[slip.place + 1]}=."
    if re.search(r"\d,$", slip.text[: slip.place]) and shown[:1].isdigit():
        help = THOUSANDS
    slip.found.error(
        "SS116",
        f'"{shown if len(shown) <= 30 else shown[:27] + "..."}" cannot stand here',
        slip.span(slip.place, end),
        help=help,
    )
    start, stop = slip.layout.entry(slip.place)
    return start, max(stop, slip.place + 1)


# In the order in which they are tried.
SLIPS = (
    closed_by_the_next,
    closed_too_often,
    named_in_a_list,
    unclosed_bracket,
    unit_of_a_range,
    compound_unit,
    _value_missing,
    _cut_short,
    unknown_unit,
    comma_missing,
    _equals_missing,
    _sign_missing,
)
