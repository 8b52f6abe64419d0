"""Quantities and their units: a closed list, so that a number and a word on one line are one token."""

from __future__ import annotations

from dataclasses import dataclass

# unit as written -> (dimension, factor to the dimension's base unit)
UNITS: dict[str, tuple[str, float]] = {
    "%": ("share", 0.01),
    "tokens": ("tokens", 1),
    "token": ("tokens", 1),
    "nats": ("nats", 1),
    "usd": ("usd", 1),
    "usd per h": ("usd per h", 1),
    "h": ("time", 3600),
    "min": ("time", 60),
    "s": ("time", 1),
    "GiB": ("memory", 1),
    "items": ("items", 1),
    "kept": ("kept", 1),
    "rounds": ("rounds", 1),
    "epochs": ("epochs", 1),
    "threads": ("threads", 1),
}

# how an author writes the dimension, for messages
SPELLING: dict[str, str] = {
    "share": "%",
    "time": "h, min or s",
    "memory": "GiB",
}


@dataclass(frozen=True, slots=True)
class Dimension:
    """What a field expects: a name from UNITS' dimensions."""

    name: str

    @property
    def spelling(self) -> str:
        return SPELLING.get(self.name, self.name)


def in_base_unit(value: float, unit: str) -> float:
    """`5 %` is 0.05, `2 h` is 7200.0; whole numbers of countable things stay whole."""
    factor = UNITS[unit][1]
    if factor == 1:
        return value
    return round(value * factor, 12)


def dimension(unit: str) -> str:
    return UNITS[unit][0]
