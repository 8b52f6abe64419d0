"""Diagnostics are values: collected, never raised, and rendered elsewhere.

A diagnostic has a stable code, one plain sentence, labelled places (several, across files), help,
and where it can be offered, a fix. The first label is the primary place.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal, NamedTuple

from compiler.frozen import Frozen

Severity = Literal["error", "warning", "note"]

SLIP = 0.75  # likeness of two words that differ by a slip: two letters swapped, one too many


class Span(NamedTuple):
    """Characters `start` up to `end` of the file that people know as `file`."""

    file: str
    start: int
    end: int

    def to(self, other: Span) -> Span:
        return Span(self.file, self.start, other.end)


class Label(Frozen):
    span: Span
    text: str = ""


class Fix(Frozen):
    """Replace the characters of `span` by `text`.

    A `certain` mend is what the author meant beyond doubt and may be carried out unseen (`check --fix`);
    any other is a suggestion for a person.
    """

    span: Span
    text: str
    certain: bool = True


class Diagnostic(Frozen):
    code: str
    severity: Severity
    message: str
    labels: tuple[Label, ...] = ()
    help: str = ""
    fix: Fix | None = None


def in_order(found: Iterable[Diagnostic], files: Iterable[str]) -> list[Diagnostic]:
    """By place: files in the order in which they were read, the entry file first; what has no place comes
    before all, and what has the same place stays as it was found."""
    numbers = {name: number for number, name in enumerate(files)}

    def key(item: Diagnostic) -> tuple[int, int]:
        if not item.labels:
            return -1, 0
        span = item.labels[0].span
        return numbers.get(span.file, len(numbers)), span.start

    return sorted(found, key=key)


class Diagnostics:
    """The list that every phase appends to."""

    def __init__(self) -> None:
        self.items: list[Diagnostic] = []

    def error(
        self, code: str, message: str, *labels: Label | Span, help: str = "", fix: Fix | None = None
    ) -> None:
        self._add(code, "error", message, labels, help, fix)

    def warning(
        self, code: str, message: str, *labels: Label | Span, help: str = "", fix: Fix | None = None
    ) -> None:
        self._add(code, "warning", message, labels, help, fix)

    def note(self, code: str, message: str, *labels: Label | Span, help: str = "") -> None:
        self._add(code, "note", message, labels, help, None)

    @property
    def failed(self) -> bool:
        return any(item.severity == "error" for item in self.items)

    def _add(
        self,
        code: str,
        severity: Severity,
        message: str,
        labels: Iterable[Label | Span],
        help: str,
        fix: Fix | None,
    ) -> None:
        places = tuple(label if isinstance(label, Label) else Label(label) for label in labels)
        item = Diagnostic(code, severity, message, places, help, fix)
        if item not in self.items:  # two steps that share one wrong prompt report it once
            self.items.append(item)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`did you mean "x"?`, or an empty string where nothing is near."""
    near = _near(word, known, 1)
    return f'did you mean "{near[0]}"?' if near else ""


def respelled(span: Span, word: str, known: Iterable[str]) -> Fix | None:
    """The nearest word in its place, or None where nothing is near.

    Certain only if one word alone is near, and so near that a slip of the fingers tells them apart. Another
    number is no slip: who writes int4 does not mean int8.
    """
    near = _near(word, known, 2)
    if not near:
        return None
    slip = near == _near(word, near, 1, SLIP) and _digits(word) == _digits(near[0])
    return Fix(span, near[0], certain=len(near) == 1 and slip)


def _digits(word: str) -> str:
    return "".join(filter(str.isdigit, word))


def _near(word: str, known: Iterable[str], most: int, likeness: float = 0.6) -> list[str]:
    """The words that are most like it, the nearest first."""
    from difflib import get_close_matches  # only where something is wrong

    return get_close_matches(word, sorted(set(known)), n=most, cutoff=likeness)


def quoted(fix: Fix | None) -> Fix | None:
    """The same for a word that stands in quotes."""
    return fix and replace(fix, text=f'"{fix.text}"')


def article(words: str) -> str:
    """`an evaluate step`, `a gate`."""
    return f"{'an' if words[:1] in 'aeiou' else 'a'} {words}"


def percent(share: float) -> str:
    """A share as the language writes it: `70 %`."""
    return f"{share * 100:g} %"


def listing(words: Iterable[str]) -> str:
    """Words as people list them: `a, b and c`."""
    *most, last = list(words) or ["nothing"]
    return f"{', '.join(most)} and {last}" if most else last
