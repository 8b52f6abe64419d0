"""Quantities and their units: a closed list, so that a number and a word on one line are one token."""

from __future__ import annotations

import re

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
    "TB per s": ("bandwidth", 1),
    "TFLOP per s": ("computing speed", 1),
    "gpus": ("gpus", 1),
    "items": ("items", 1),
    "kept": ("kept", 1),
    "rounds": ("rounds", 1),
    "epochs": ("epochs", 1),
    "threads": ("threads", 1),
    "drafts": ("drafts", 1),
    "turns": ("turns", 1),
}

# how an author writes the dimension, for messages
SPELLING: dict[str, str] = {
    "share": "%",
    "time": "h, min or s",
    "memory": "GiB",
    "bandwidth": "TB per s",
    "computing speed": "TFLOP per s",
}


NUMBER = r"-?\d[\d_]*(\.[\d_]+)?([eE]-?\d+)?"
WELL_WRITTEN = re.compile(r"-?(0|[1-9]\d*(_\d+)*)(\.\d+(_\d+)*)?([eE]-?\d+)?")


_WORDS = sorted((unit for unit in UNITS if unit != "%"), key=len, reverse=True)
_UNIT = rf"(%|({'|'.join(_WORDS)})\b)"


def quantity_pattern() -> str:
    """The regular expression of a quantity: longest unit first, and no letter after it."""
    return rf"{NUMBER}[ \t]*{_UNIT}"


def number_pattern() -> str:
    """The regular expression of a bare number: nothing that could belong to it follows."""
    return rf"{NUMBER}(?!\w|\.\w)"


def odd_number_pattern() -> str:
    """What begins as a number and does not go on as one, with its unit: `1.5.2`, `0x10`, `5kep`."""
    return rf"-?\d\w*(\.\w+)*([ \t]*{_UNIT})?"


def split_quantity(token: str) -> tuple[str, str]:
    """`15_000 kept` is ("15_000", "kept")."""
    digits = re.match(NUMBER, token)
    assert digits is not None
    return digits.group(), token[digits.end() :].strip()


def spelling(dimension: str) -> str:
    return SPELLING.get(dimension, dimension)


def in_base_unit(value: float, unit: str) -> float:
    """`5 %` is 0.05, `2 h` is 7200.0; whole numbers of countable things stay whole."""
    factor = UNITS[unit][1]
    if factor == 1:
        return value
    return round(value * factor, 12)


def dimension(unit: str) -> str:
    return UNITS[unit][0]


def meant(value: float, dimension_: str) -> str:
    """What a bare number most likely stands for, with its unit: 0.8 as a share is 80 %."""
    if dimension_ == "share" and 0 < value <= 1:
        return f"{value * 100:.12g} %"
    return f"{value} {spelling(dimension_).split(',')[0]}"


def unit_is_certain(dimension_: str, value: float) -> bool:
    """Whether the unit that a bare number lacks is beyond doubt: hours or minutes are not, and 0.95 for a
    share may have been meant as 95 %."""
    spelt = {unit for unit, (of, factor) in UNITS.items() if of == dimension_ and factor != 1}
    return not spelt or (dimension_ == "share" and value > 1)
