"""The blocks of code on the pages, with what their info strings say of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
FENCE = re.compile(r"^```(\w*)[ ]?([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A block of code: its language, what its info string says besides, and the line that it begins in."""

    page: str
    line: int
    language: str
    info: str
    text: str

    @property
    def expects(self) -> list[str]:
        found = re.search(r"expects=(\S+)", self.info)
        return sorted(found[1].split(",")) if found else []

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks(page: str) -> Iterator[Block]:
    text = (DOCS / page).read_text(encoding="utf-8")
    for match in FENCE.finditer(text):
        line = text[: match.start()].count("\n") + 1
        yield Block(page, line, match[1], match[2], match[3])
