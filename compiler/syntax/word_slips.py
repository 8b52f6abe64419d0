"""Misspelt words of the language: a word is put right on trial, and was meant if the text then goes on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from difflib import SequenceMatcher, get_close_matches

from compiler.diagnostics import SLIP, Fix, Label
from compiler.syntax.slip import Meant, Region, Slip

# How far a text can be read if a word is read as another: the place of the first error, or its end.
Trial = Callable[[Meant], int]
LOOKED_AT = 5  # names up to the error: the slip is behind it where what follows could be a name too
_NAME = re.compile(r"[A-Za-z_]\w*")


def misspelt_word(slip: Slip, words: frozenset[str], trial: Trial) -> Meant | None:
    """`critic bye base`, `rejct "long" when`: reported at the word. The rest is read as if it were right."""
    ends = slip.layout.line(min(slip.place, len(slip.text) - 1))[1]
    fitting = [
        (likeness, place, meant)
        for likeness, place, meant in _candidates(slip, words)
        if trial(meant) > max(slip.error.end, min(slip.layout.line(place)[1], ends))
    ]
    if not fitting:
        return None
    _, place, meant = max(fitting, key=lambda one: one[:2])
    written, word = meant
    span = slip.span(place, place + len(written))
    once = len(re.findall(rf"\b{written}\b", slip.layout.mask)) == 1  # else it may be the name of something
    slip.found.error(
        "SS121",
        f'"{written}" is not a word of the language',
        Label(span, f'did you mean "{word}"?'),
        fix=Fix(span, word, certain=once and len(fitting) == 1),
    )
    return meant


def _candidates(slip: Slip, words: frozenset[str]) -> Iterator[tuple[float, int, Meant]]:
    """Names before the error, and the one at it, that are like a word."""
    names = list(_NAME.finditer(slip.layout.mask, 0, slip.error.end))[-LOOKED_AT:]
    for name in names:
        if name.group() not in words:
            for word in get_close_matches(name.group(), words, n=2, cutoff=SLIP):
                likeness = SequenceMatcher(None, word, name.group()).ratio()
                yield likeness, name.start(), (name.group(), word)


def renamed_import(slip: Slip) -> Region | None:
    """`import base as b`."""
    begins = [found.start() for found in re.finditer(r"^[ \t]*from\b", slip.layout.mask, re.M)]
    start = max((place for place in begins if place <= slip.place), default=-1)
    other = re.compile(r"from\b[\s]*import\b[\w\s,]*?[ \t](as)[ \t]+(\w+)").search(slip.layout.mask, start)
    if start < 0 or other is None or other.start(1) > slip.place or "{" in other.group():
        return None
    slip.found.error(
        "SS116",
        "an import gives no other name",
        slip.span(other.start(1), other.end(2)),
        help="A name is the same in all files; use it as it is.",
        fix=Fix(slip.span(other.start(1) - 1, other.end(2)), "", certain=False),
    )
    return other.span(1)[0], other.end(2)
