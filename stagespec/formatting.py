"""Formatting files: which ones, what would change, and writing them whole or not at all."""

from __future__ import annotations

import difflib
import stat
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

import click

from compiler.diagnostics import Diagnostics
from compiler.format import Formatted, format_source
from compiler.source import MAX_SPEC_BYTES, Source, read_text
from runtime.journal import write_whole
from stagespec import diagnostics_text
from stagespec.endings import ERRORS, Refused
from stagespec.terminal import has_colour

STDIN = "-"
STDIN_NAME = "<stdin>"
NO_NEWLINE = "\\ No newline at end of file"


@dataclass(slots=True)
class Outcome:
    """What became of the files: names of those that are not, or were not, as they should be."""

    changed: list[str] = field(default_factory=list)
    as_they_were: int = 0
    found: Diagnostics = field(default_factory=Diagnostics)
    sources: dict[str, Source] = field(default_factory=dict)


def format_files(paths: Sequence[str], check: bool, diff: bool) -> None:
    """Format files, and the .stage files of folders. With `check` or `diff` nothing is written."""
    outcome = Outcome()
    for path in _files(paths):
        raw, after = _formatted(path, outcome)
        if after is None:
            continue
        if raw == after.encode():
            outcome.as_they_were += 1
            continue
        outcome.changed.append(str(path))
        if diff:
            click.echo(_diff(raw.decode("utf-8-sig"), after, str(path)), nl=False)
        if not check and not diff:
            _write(path, after)
        if not diff:
            click.echo(f"would change {path}" if check else f"formatted {path}")
    _end(outcome, check, diff)


def format_stdin(check: bool, diff: bool) -> None:
    """Format standard input to standard output."""
    raw = sys.stdin.buffer.read()
    try:
        before = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(f"what comes from standard input is not UTF-8: byte {error.start}") from None
    outcome = Outcome()
    after = _format(Source(STDIN_NAME, Path(STDIN_NAME), before), outcome)
    if after is not None:
        if raw != after.encode():
            outcome.changed.append(STDIN_NAME)
        if diff:
            click.echo(_diff(before, after, STDIN_NAME), nl=False)
        elif not check:
            click.echo(after, nl=False)
        elif outcome.changed:
            click.echo(f"would change {STDIN_NAME}")
    _show(outcome)
    if outcome.found.failed or (check and outcome.changed):
        raise click.exceptions.Exit(ERRORS)


def _files(paths: Sequence[str]) -> list[Path]:
    """Each file once. Folders that are hidden are left out: they hold environments and checkouts."""
    files: dict[Path, None] = {}
    for path in map(Path, paths):
        if not path.is_dir():
            files[path] = None
            continue
        inside = dict.fromkeys(_stage_files(path))
        if not inside:
            raise Refused(f"there is no .stage file in {path}")
        files |= inside
    return list(files)


def _stage_files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*.stage")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden:
            yield path


def _formatted(path: Path, outcome: Outcome) -> tuple[bytes, str | None]:
    """A file's bytes and its text as it should be; None where it cannot be read."""
    text = read_text(path, str(path), MAX_SPEC_BYTES, outcome.found)
    if text is None:
        return b"", None
    return path.read_bytes(), _format(Source(str(path), path, text), outcome)


def _format(source: Source, outcome: Outcome) -> str | None:
    outcome.sources[source.name] = source
    result = format_source(source.text, source.name)
    if isinstance(result, Formatted):
        return result.text
    outcome.found.items += result.items
    return None


def _write(path: Path, text: str) -> None:
    """Through a link into the file that it names; who may read and write it stays as it was."""
    file = path.resolve()
    mode = stat.S_IMODE(file.stat().st_mode)
    write_whole(file, text)
    file.chmod(mode)


def _diff(before: str, after: str, name: str) -> str:
    old, new = (list(StringIO(text, newline="\n")) for text in (before, after))
    lines = difflib.unified_diff(old, new, name, f"{name} (formatted)")
    return "".join(line if line.endswith("\n") else f"{line}\n{NO_NEWLINE}\n" for line in lines)


def _show(outcome: Outcome) -> None:
    text = diagnostics_text.render(outcome.found.items, outcome.sources, colour=has_colour(sys.stderr))
    click.echo(text, err=True, nl=False)


def _end(outcome: Outcome, check: bool, diff: bool) -> None:
    _show(outcome)
    done = f"would change {len(outcome.changed)}" if check or diff else f"formatted {len(outcome.changed)}"
    click.echo(f"{done}, {outcome.as_they_were} as they should be", err=True)
    if outcome.found.failed or (check and outcome.changed):
        raise click.exceptions.Exit(ERRORS)
