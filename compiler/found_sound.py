"""What was found sound before need not be looked at again: data files, templates.

Kept in the user's cache beside the grammar's tables, each under a hash of its contents, of what it was
checked against, and of the code that checks. Without a cache everything is checked each time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from compiler.cached import cache_folder, code, keep

DATA_CHECKERS = ("plan/answer*.py", "lower/data.py", "lower/regexes.py")
TEMPLATE_CHECKERS = ("plan/prompts.py", "lower/template*.py")


class FoundSound:
    """One thing that was checked. `key` is all that the answer depends on but for the code that checks."""

    def __init__(self, checkers: tuple[str, ...], *key: Any) -> None:
        folder = cache_folder()
        text = json.dumps([code(checkers), *key])
        self.path = folder / "sound" / hashlib.sha256(text.encode()).hexdigest() if folder else None

    @property
    def known(self) -> bool:
        return self.path is not None and self.path.exists()

    def remember(self) -> None:
        keep(b"", self.path)


def sound_data(sha256: str, role: str, columns: Mapping[str, str]) -> FoundSound:
    return FoundSound(DATA_CHECKERS, sha256, role, list(columns.items()))


def sound_template(
    text: str, columns: Mapping[str, str], items: Mapping[str, Mapping[str, str]], shown: Sequence[str]
) -> FoundSound:
    listed = [[name, list(inner.items())] for name, inner in items.items()]
    return FoundSound(TEMPLATE_CHECKERS, text, list(columns.items()), listed, list(shown))


def records_of(text: str) -> list[dict[str, Any]]:
    """The records of a data file that is known to be sound."""
    lines = [line for line in text.split("\n") if line.strip()]
    records: list[dict[str, Any]] = json.loads(f"[{','.join(lines)}]")
    return records
