"""Numbers with words after them that are no unit."""

from __future__ import annotations

import re

from compiler.diagnostics import Fix, Label, Span, did_you_mean, listing, respelled
from compiler.syntax.slip import Region, Slip
from compiler.units import NUMBER, UNITS

_NUMBER = rf"(?<![\w.]){NUMBER}"
# what may have been read after the word, as the head of the block that stands there: `filter clean`
_NEXT_HEAD = r"[ \t]*(?:\n\s*(?:[A-Za-z_]\w*\s*){0,2})?$"
_GOES_ON = r"[ \t]+(?:in|of|at|by)[ \t]+$"  # `100 keept in good`
_ALONE = (  # `5 usd daily`, but not a word that joins values
    r"(?!(?:by|with|at|into|over|in|of|as|if|otherwise|and|or)\b)[A-Za-z]\w*(?=[ \t]*(?:[\n},]|$))"
)
HOURS = ("hour", "hours", "hr", "hrs")


def unknown_unit(slip: Slip) -> Region | None:
    """A number, and a word that is no unit."""
    head = slip.layout.mask[: slip.place]
    # `5 dollars` at the place itself, before it, or read as the head of what stands on the next line
    ahead = re.search(rf"{_NUMBER}[ \t]+$", head)
    behind = re.search(rf"{_NUMBER}[ \t]+(?P<word>[A-Za-z]\w*)(?:{_NEXT_HEAD}|{_GOES_ON})", head)
    start = slip.place if ahead else behind.start("word") if behind else -1
    word = re.compile(r"[A-Za-z]\w*").match(slip.text, max(start, 0))
    if start < 0 or word is None or word.group() in UNITS:
        return None
    span = slip.span(*word.span())
    slip.found.error(
        "SS114",
        f'"{word.group()}" is not a unit',
        Label(span, did_you_mean(word.group(), UNITS)),
        help=f"Units are {listing(UNITS)}.",
        fix=respelled(span, word.group(), UNITS),
    )
    return slip.layout.entry(start)


def unit_of_a_range(slip: Slip) -> Region | None:
    """`turns = 3..5 turns`: read without it."""
    until = slip.layout.line(slip.place)[1]
    units = "|".join(sorted(map(re.escape, UNITS), key=len, reverse=True))
    for found in re.compile(rf"\d\.\.\d+([ \t]*)({units})(?!\w)").finditer(slip.layout.mask, 0, until):
        between = slip.layout.mask[found.end() : slip.place]
        if found.start(2) <= slip.place and re.fullmatch(_NEXT_HEAD, between):
            slip.found.error(
                "SS116",
                "a range has no unit",
                slip.span(*found.span(2)),
                help="Both ends are whole numbers of what the field counts: 3..5.",
                fix=Fix(slip.span(found.start(1), found.end(2)), ""),
            )
            return found.start(1), found.end(2)
    return None


def compound_unit(slip: Slip) -> Region | None:
    """`5 usd per day`, `5 usd / h`: a unit with more behind it than it has."""
    units = "|".join(sorted({unit.split()[0] for unit in UNITS if unit != "%"}, key=len, reverse=True))
    until = slip.layout.line(slip.place)[1]
    near = re.compile(rf"{_NUMBER}[ \t]*(?P<unit>({units})\b[ \t]*(?:(?:per\b|/)[ \t]*(?P<of>\w*)|{_ALONE}))")
    for found in near.finditer(slip.layout.mask, 0, until):
        between = slip.layout.mask[found.end() : slip.place]
        if found.group("unit") in UNITS or not re.fullmatch(_NEXT_HEAD, between):
            continue
        _no_such_compound(slip, slip.span(*found.span("unit")), found.group("of"))
        return slip.layout.entry(found.start())
    return None


def _no_such_compound(slip: Slip, span: Span, of: str | None) -> None:
    written = slip.text[span.start : span.end]
    first = written.replace("/", " ").split()[0]
    known = [unit for unit in UNITS if unit.split()[0] == first]
    meant = f"{first} per {'h' if of in HOURS else of}"
    slip.found.error(
        "SS114",
        f'"{written}" is not a unit',
        span,
        help=f"Write {known[0]}." if len(known) == 1 else f"Units with {first} are {listing(known)}.",
        fix=Fix(span, meant if meant in UNITS else known[0], certain=meant in UNITS),
    )
