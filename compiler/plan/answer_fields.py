"""The fields of an answer check: what a check is, the types its fields may have, and reading them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from compiler.plan import answer_text as t

Check = Mapping[str, object]


def strings(check: Check, field: str) -> list[str]:
    return list(cast(Sequence[str], check[field]))


def word_entries(check: Check) -> list[Sequence[str] | str]:
    return list(cast(Sequence[Sequence[str] | str], check["words"]))


def float_of(check: Check, field: str, default: float = 0.0) -> float:
    return float(cast(float, check.get(field, default)))


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(t.words(value))


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(_is_text(entry) for entry in value)


def _is_pattern(value: object) -> bool:
    try:
        re.compile(value if isinstance(value, str) else "(")
    except re.error:
        return False
    return bool(value)


TYPES: dict[str, Callable[[object], bool]] = {
    "a text with words": _is_text,
    "a list of texts": _is_texts,
    "a list of words": lambda value: (
        isinstance(value, list)
        and bool(value)
        and all(_is_text(entry) or _is_texts(entry) for entry in value)
    ),
    "a number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "a whole number above 0": lambda value: (
        isinstance(value, int) and not isinstance(value, bool) and value > 0
    ),
    "true or false": lambda value: isinstance(value, bool),
    "a regular expression": _is_pattern,
    "one letter": lambda value: isinstance(value, str) and len(value) == 1 and value.isalpha(),
    "a list of checks": lambda value: (
        isinstance(value, list) and len(value) > 1 and all(isinstance(entry, Mapping) for entry in value)
    ),
}
