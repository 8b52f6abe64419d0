"""Data files that were found sound before: their contents are read again, and not checked line by line.

Kept in the user's cache beside the grammar's tables, under a hash of the contents, the columns and the code
that checks them. Without a cache everything is checked each time.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from compiler.syntax.grammar import cache_folder

CHECKED_BY = ("plan/answer*.py", "plan/answers.py", "lower/data.py")


class SoundData:
    """One file of data with its columns and its role."""

    def __init__(self, sha256: str, role: str, columns: Mapping[str, str]) -> None:
        key = json.dumps([sha256, role, list(columns.items()), _checkers()])
        folder = cache_folder()
        self.path = folder / "sound" / hashlib.sha256(key.encode()).hexdigest() if folder else None

    @property
    def known(self) -> bool:
        return self.path is not None and self.path.exists()

    def remember(self) -> None:
        if self.path is not None:
            with suppress(OSError):
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self.path.touch()

    @staticmethod
    def records(text: str) -> list[dict[str, Any]]:
        """The records of a file that is known to be sound."""
        lines = [line for line in text.split("\n") if line.strip()]
        records: list[dict[str, Any]] = json.loads(f"[{','.join(lines)}]")
        return records


@cache
def _checkers() -> str:
    """A hash of the code that says what is sound."""
    here = Path(__file__).parent
    paths = sorted({path for pattern in CHECKED_BY for path in here.glob(pattern)})
    return hashlib.sha256(b"".join(os.fsencode(path.name) + path.read_bytes() for path in paths)).hexdigest()
