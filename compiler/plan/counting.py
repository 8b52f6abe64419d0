"""Numbers with what they count."""

from __future__ import annotations


def noun(number: float, thing: str) -> str:
    """`item` of one, else `items`; `entry` and `entries`."""
    if number == 1:
        return thing
    return f"{thing[:-1]}ies" if thing.endswith("y") else f"{thing}s"


def counted(number: float, thing: str) -> str:
    """`1 item`, `2 items`, `0.5 points`."""
    return f"{number:.12g} {noun(number, thing)}"
