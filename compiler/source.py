"""Files as text with positions. Every way in which a file can be unreadable is one diagnostic here."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from functools import cached_property
from itertools import accumulate
from pathlib import Path

from compiler.diagnostics import Diagnostics, Label, Span, did_you_mean, listing
from compiler.frozen import Frozen

MAX_SPEC_BYTES = 2_000_000
MAX_DATA_BYTES = 50_000_000


class Source(Frozen):
    """One file: `name` is how people know it (as they typed it, or relative to where they are)."""

    name: str
    path: Path
    text: str

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *accumulate(len(line) + 1 for line in self.text.split("\n"))]

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of a character, both counted from 1."""
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        lines = self.text.split("\n")
        return lines[number - 1] if 0 < number <= len(lines) else ""


def read_text(path: Path, name: str, limit: int, found: Diagnostics, *places: Label | Span) -> str | None:
    """The file's text, or None and one diagnostic that says what stands in the way."""
    try:
        if path.is_dir():
            found.error("SS101", f'"{name}" is a folder, not a file', *places, help=_inside(path))
            return None
        size = path.stat().st_size
        if size > limit:
            found.error(
                "SS102",
                f'"{name}" is {size / 1e6:.1f} MB; the limit is {limit / 1e6:.0f} MB',
                *places,
                help="Keep data in .jsonl files and name them with file(...).",
            )
            return None
        raw = path.read_bytes()
    except FileNotFoundError:
        found.error("SS103", f'there is no file "{name}"', *places, help=_siblings(path))
        return None
    except (OSError, ValueError) as error:  # ValueError: a path with a null character
        reason = getattr(error, "strerror", None) or str(error)
        found.error("SS104", f'"{name}" cannot be read: {reason}', *places)
        return None
    if b"\x00" in raw[:8192]:
        found.error("SS105", f'"{name}" is a binary file, not text', *places)
        return None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        found.error(
            "SS106",
            f'"{name}" is not UTF-8: byte 0x{raw[error.start]:02x} in line {line}',
            *places,
            help="Save the file as UTF-8.",
        )
        return None
    return text.replace("\r\n", "\n")


def sha256(text: str) -> str:
    """The hash by which the plan names a text: SHA-256 of its UTF-8 bytes, in hex."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _inside(folder: Path) -> str:
    specs = sorted(p.name for p in folder.glob("*.stage"))[:4]
    return f"It holds {listing(specs)}." if specs else ""


def _siblings(path: Path) -> str:
    if not path.parent.is_dir():
        return f'The folder "{path.parent.name}" does not exist.'
    try:
        hint = did_you_mean(path.name, [p.name for p in path.parent.iterdir()])
    except OSError:
        return ""
    return hint[:1].upper() + hint[1:]
