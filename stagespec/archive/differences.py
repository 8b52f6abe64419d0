"""Where two JSON values differ: what is stated against what was found."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# Far above what another version of a library changes in the last digits, far below any digit that is shown.
RELATIVE, ABSOLUTE = 1e-9, 1e-12
MOST_SHOWN = 5
ABSENT = "nothing"


@dataclass(frozen=True, slots=True)
class Difference:
    """`path` is like stages.0.evaluations.1.arms.tuned.passed."""

    path: str
    stated: Any
    found: Any

    def __str__(self) -> str:
        return f"{self.path} is stated as {_short(self.stated)}, and is {_short(self.found)}"


def differences(stated: Any, found: Any, path: str) -> Iterator[Difference]:
    """All of them, at the leaves. Numbers are equal within rounding; true is no number."""
    if isinstance(stated, dict) and isinstance(found, dict):
        for key in sorted({*stated, *found}):
            yield from differences(stated.get(key, ABSENT), found.get(key, ABSENT), f"{path}.{key}")
    elif isinstance(stated, list) and isinstance(found, list) and len(stated) == len(found):
        for number, (one, other) in enumerate(zip(stated, found, strict=True)):
            yield from differences(one, other, f"{path}.{number}")
    elif not _same(stated, found):
        yield Difference(path, stated, found)


def leaves(value: Any) -> int:
    """How many single values a JSON value holds."""
    if isinstance(value, dict):
        return sum(map(leaves, value.values()))
    return sum(map(leaves, value)) if isinstance(value, list) else 1


def as_json(value: Any) -> Any:
    """As it would be read back from a file."""
    return json.loads(json.dumps(value))


def _same(stated: Any, found: Any) -> bool:
    numbers = [isinstance(v, int | float) and not isinstance(v, bool) for v in (stated, found)]
    if all(numbers):
        return math.isclose(stated, found, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    return type(stated) is type(found) and bool(stated == found)


def _short(value: Any) -> str:
    text = value if value is ABSENT else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:59] + "…"
