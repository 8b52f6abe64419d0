"""Colour for the dry run's first screen, put on at the very end: the text itself never changes."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import click

_LABEL = re.compile(r"^(profile|model|total|memory|estimates|power|steps|changes)\b", re.MULTILINE)
_CAUTION = re.compile(r"^(rehearsal|warning|allowed)\b|STAND-IN", re.MULTILINE)
_KIND = re.compile(r"(?<=^[ +~=-] )(generate|filter|judge|split|evaluate|train|output)(?=  )", re.MULTILINE)
_GATE = re.compile(r"(?<=^[ +~=-] )(gate|quality)(?=  )", re.MULTILINE)
_ARROW = re.compile(r"(only if .*? open|because: .*)$", re.MULTILINE)
_NEW = re.compile(r"^\+(?= [a-z])", re.MULTILINE)
_CHANGED = re.compile(r"^~(?= [a-z])|^ +~ .*$", re.MULTILINE)
_GONE = re.compile(r"^- [a-z].*$", re.MULTILINE)
_SAME = re.compile(r"^=(?= [a-z])", re.MULTILINE)
_FED = re.compile(r"(?<=· )behind [^·]*, which changed$", re.MULTILINE)
_TITLE = re.compile(r"^[A-Z]{4,}\b", re.MULTILINE)
_LAST = re.compile(r"^(method [0-9a-f]{12} · plan [0-9a-f]{12})", re.MULTILINE)


STYLES: tuple[tuple[re.Pattern[str], dict[str, Any]], ...] = (
    (_CAUTION, {"fg": "yellow", "bold": True}),
    (_LABEL, {"bold": True}),
    (_KIND, {"fg": "cyan"}),
    (_GATE, {"fg": "magenta"}),
    (_ARROW, {"fg": "magenta"}),
    (_NEW, {"fg": "green", "bold": True}),
    (_CHANGED, {"fg": "yellow", "bold": True}),
    (_GONE, {"fg": "red"}),
    (_SAME, {"dim": True}),
    (_FED, {"dim": True}),
    (_TITLE, {"bold": True}),
    (_LAST, {"dim": True}),
)


def coloured(text: str) -> str:
    """The plan's text with colours for a terminal."""
    name, _, rest = text.partition("\n")
    for pattern, style in STYLES:
        paint = partial(_paint, style)
        rest = pattern.sub(paint, rest)
    return f"{click.style(name, bold=True)}\n{rest}"


def _paint(style: dict[str, Any], found: re.Match[str]) -> str:
    return click.style(found.group(), **style)
