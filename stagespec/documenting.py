"""`stagespec docs`: which specs have pages, what would change, and writing each whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from compiler.compile import Compiled, compile_spec
from runtime.journal import write_whole
from stagespec.checking import stage_files
from stagespec.compiling import profiles, show
from stagespec.endings import ERRORS, Refused
from stagespec.methods import methods_page
from stagespec.methods.page import MARK
from stagespec.methods.written import PAGE


def document(paths: Sequence[str], check: bool) -> None:
    """Write the page of each stage file, and of those of folders. With `check` nothing is written, and a page
    that is not current ends the command with exit code 1."""
    changed = 0
    specs = list(dict.fromkeys(_specs(paths)))
    for spec in specs:
        place, page = spec.with_suffix(PAGE), page_of(spec)
        before = place.read_text(encoding="utf-8") if place.exists() else None
        if before == page:
            continue
        if before is not None and not before.startswith(MARK):
            raise Refused(f'"{place}" was not made by this command; move it away to have it made')
        changed += 1
        if not check:
            write_whole(place, page)
        click.echo(f"would change {place}" if check else f"wrote {place}")
    done = f"would change {changed}" if check else f"wrote {changed}"
    click.echo(f"{done}, {len(specs) - changed} as they should be", err=True)
    if check and changed:
        raise click.exceptions.Exit(ERRORS)


def page_of(spec: Path) -> str:
    """The page of one stage file. What is wrong with the spec is shown, and ends the command."""
    result = _compiled(str(spec))
    if result.plan is None:
        show(result)
        raise click.exceptions.Exit(ERRORS)
    return methods_page(result.plan, result.program)


def _compiled(spec: str) -> Compiled:
    """Compiled under the first profile under which it can be: the method is the same under all."""
    known = profiles(spec) or [""]
    for profile in known:
        result = compile_spec(spec, profile)
        if result.plan is not None:
            break
    return result


def _specs(paths: Sequence[str]) -> Iterator[Path]:
    for path in map(Path, paths):
        inside = stage_files(path) if path.is_dir() else [path]
        if not inside:
            raise Refused(f"no stage is defined in {path}")
        yield from inside
