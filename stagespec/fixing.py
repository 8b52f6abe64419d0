"""Carrying out the certain mends of specs: whole files at once, until nothing is left to mend."""

from __future__ import annotations

import re
import stat
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from compiler.diagnostics import Diagnostic, Fix
from compiler.source import Source
from runtime.failures import RunFailed
from runtime.journal import write_whole
from stagespec.excerpts import place

BOM = "\ufeff"
MAX_ROUNDS = 50  # each round may bring to light what the last one's errors had hidden

Found = tuple[list[Diagnostic], Mapping[str, Source]]


@dataclass(frozen=True, slots=True)
class Mended:
    """One mend that was carried out, at its place in the file as it was at that moment."""

    file: str
    line: int
    code: str
    message: str
    old: str
    new: str

    def __str__(self) -> str:
        old, new = (" ".join(text.split()) for text in (self.old, self.new))
        what = f"{old} → {new}" if old and new else f"{new} added" if new else f"{old} taken out"
        return f"fixed {self.file}:{self.line}: {what} ({self.code}: {self.message})"


def fix_all(check: Callable[[], Found]) -> list[Mended]:
    """Mend and check again up to a fixed point. RunFailed where a file cannot be written."""
    done: list[Mended] = []
    seen: set[tuple[tuple[str, str], ...]] = set()
    for _ in range(MAX_ROUNDS):
        found, sources = check()
        state = tuple(sorted((name, source.text) for name, source in sources.items()))
        fixes = _chosen(found)
        if not fixes or state in seen:  # two mends that undo each other would never end
            break
        seen.add(state)
        for file in {item.fix.span.file for item, _ in fixes if item.fix}:
            of_file = [(item, fix) for item, fix in fixes if fix.span.file == file]
            _write(sources[file], [fix for _, fix in of_file])
            done += [_mended(item, fix, sources[file]) for item, fix in of_file]
    return done


def _chosen(found: Iterable[Diagnostic]) -> list[tuple[Diagnostic, Fix]]:
    """Certain mends in the order of their places; of two that touch, the first."""
    certain = [(item, item.fix) for item in found if item.fix is not None and item.fix.certain]
    chosen: list[tuple[Diagnostic, Fix]] = []
    for item, fix in sorted(
        certain, key=lambda pair: (pair[1].span.file, pair[1].span.start, pair[1].span.end)
    ):
        last = chosen[-1][1].span if chosen else None
        if last is None or last.file != fix.span.file or fix.span.start > last.end:
            chosen.append((item, fix))
    return chosen


def _write(source: Source, fixes: list[Fix]) -> None:
    """The file with its mends, from the last to the first so that places stay; written whole or not at all.

    Line ends, a byte order mark and who may read the file stay as they were.
    """
    raw = _raw(source)
    bom = raw.startswith(BOM)
    # Where reading dropped a character: in the text as read, the places of line ends of Windows.
    ends = [match.start() for match in re.finditer("\r\n", raw[bom:])]
    dropped = [at - number for number, at in enumerate(ends)]
    for fix in reversed(fixes):
        start, end = (bom + at + bisect_left(dropped, at) for at in (fix.span.start, fix.span.end))
        raw = raw[:start] + fix.text + raw[end:]
    mode = stat.S_IMODE(source.path.stat().st_mode)
    write_whole(source.path, raw)
    source.path.chmod(mode)


def _raw(source: Source) -> str:
    """The file as it lies on the disk; RunFailed where it is no longer the one that was read."""
    raw = source.path.read_bytes().decode("utf-8", "replace")
    if raw.removeprefix(BOM).replace("\r\n", "\n") != source.text:
        raise RunFailed(f'"{source.name}" was changed while it was being checked', "Run the check again.")
    return raw


def _mended(item: Diagnostic, fix: Fix, source: Source) -> Mended:
    old = source.text[fix.span.start : fix.span.end]
    return Mended(fix.span.file, place(source, fix.span)[0], item.code, item.message, old, fix.text)
