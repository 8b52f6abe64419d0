"""Pieces of Markdown, as GitHub reads it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

MARKS = re.compile(r"[\\`*<\[|~]|(?<!\w)_|_(?!\w)")
BAR, ESCAPED = re.compile(r"(?<!\\)\|"), r"\\|"


def prose(text: str) -> str:
    """An author's plain text on one line, with nothing in it that Markdown would take for its own."""
    return MARKS.sub(lambda mark: f"\\{mark[0]}", " ".join(text.split()))


def ended(text: str) -> str:
    """An author's text as the end of a sentence."""
    told = prose(text)
    return told if told.endswith((".", "?", "!")) else f"{told}."


def code(text: str) -> str:
    """Text as code within a line, also where it has backticks itself."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    ticks = "`" * (longest + 1)
    pad = " " if longest else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def quoted(text: str) -> str:
    """A string as code, its line ends made visible."""
    return code(json.dumps(text, ensure_ascii=False))


def fence(text: str, language: str = "") -> str:
    """Text word for word, in a block of its own; white space at its end cannot be seen and is left out."""
    longest = max(map(len, re.findall("`{3,}", text)), default=2)
    ticks = "`" * (longest + 1)
    return f"{ticks}{language}\n{text.rstrip()}\n{ticks}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table. Cells are Markdown already; a bar in them is escaped, within code too."""
    lines = [f"| {' | '.join(head)} |", f"| {' | '.join('---' for _ in head)} |"]
    lines += [f"| {' | '.join(BAR.sub(ESCAPED, cell) for cell in row)} |" for row in rows]
    return "\n".join(lines)


def items(lines: Iterable[str]) -> str:
    """A list, one line each."""
    return "\n".join(f"- {line}" for line in lines)


def numbered(lines: Iterable[str]) -> str:
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))


def linked(kind: str, name: str) -> str:
    """A name that leads to its heading on the same page, `### Prompt `respond``."""
    return f"[{code(name)}](#{anchor(f'{kind} {name}')})"


def anchor(heading: str) -> str:
    """What GitHub calls a heading: small letters, words joined by dashes."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
