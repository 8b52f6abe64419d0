"""What a code means: the check's own docstring, or a line of the catalogue and its family."""

from __future__ import annotations

from difflib import get_close_matches
from textwrap import fill

from compiler.checks import BY_CODE
from compiler.compile import ALLOWABLE
from compiler.guards import MISTAKES, Mistake
from stagespec.codes import CODES, FAMILIES

WIDTH = 88


def explanation(code: str) -> str | None:
    """Text for a terminal, or None where there is no such code."""
    meant = meaning(code)
    if not meant:
        return None
    stopped = [fill(f"{m.number}. {m.what}", WIDTH, subsequent_indent="   ") for m in mistakes(code)]
    told = "\n\nIt stops what really went wrong (docs/guards.md):\n" + "\n".join(stopped) if stopped else ""
    way_out = f'\n\nWith a reason it may stand: allow({code}, because = "...")' if code in ALLOWABLE else ""
    return f"{code} ({family(code)})\n\n{fill(meant, WIDTH)}{way_out}{told}"


def mistakes(code: str) -> list[Mistake]:
    """The mistakes that a code stops."""
    return [mistake for mistake in MISTAKES if code in mistake.codes]


def meaning(code: str) -> str:
    """What a code means, on one line; empty where there is no such code."""
    if code in BY_CODE:
        return " ".join((BY_CODE[code].__doc__ or "").split())
    return CODES.get(code, "")


def family(code: str) -> str:
    """What a code is about: names, units, method."""
    return FAMILIES.get(code[:3], "")


def nearest(code: str) -> str:
    """`did you mean SS205?`, or what a code looks like."""
    near = get_close_matches(code, [*BY_CODE, *CODES], n=1, cutoff=0.8)  # one character may be wrong
    return f"did you mean {near[0]}?" if near else "codes look like SS205"
