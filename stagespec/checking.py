"""Checking many specs at once: which files of a folder are stages, and everything that is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from compiler.compile import compile_spec
from compiler.diagnostics import Diagnostic, Diagnostics, listing
from compiler.resolve import PROFILES
from compiler.source import MAX_SPEC_BYTES, Source, read_text
from compiler.syntax.parse import parse
from stagespec.compiling import profiles

_STAGE = re.compile(r"^\s*(stage|pipeline)\s+\w+", re.MULTILINE)


def check(paths: Sequence[str]) -> tuple[list[Diagnostic], dict[str, Source], int]:
    """Diagnostics of every stage under every profile of its folder, the files read, and how many stages.

    What is wrong with a shared file is reported once, and so is what several profiles have in common.
    """
    under: dict[Diagnostic, dict[str, None]] = {}
    sources: dict[str, Source] = {}
    everyone: dict[str, None] = {}
    stages = list(dict.fromkeys(stage for path in paths for stage in _stages(path)))
    for stage in stages:
        for profile in profiles(stage) or [""]:
            result = compile_spec(stage, profile)
            everyone[profile] = None
            sources |= {name: s for name, s in result.program.sources.items() if name not in sources}
            for item in result.diagnostics.items:
                under.setdefault(item, {})[profile] = None
    return [_placed(item, list(of), list(everyone)) for item, of in under.items()], sources, len(stages)


def _placed(item: Diagnostic, profiles: list[str], everyone: list[str]) -> Diagnostic:
    """A diagnostic without a place says under which profiles it comes, unless under all."""
    if item.labels or profiles == everyone:
        return item
    under = f"under profile{'' if len(profiles) == 1 else 's'} {listing(profiles)}"
    return replace(item, message=f"{item.message} ({under})")


def _stages(path: str) -> Iterator[str]:
    """The file itself, or the stages of a folder."""
    folder = Path(path)
    yield from map(str, stage_files(folder)) if folder.is_dir() else [path]


def stage_files(folder: Path) -> list[Path]:
    """Files of a folder and its subfolders that define a stage or a pipeline, or that cannot be read."""
    files = [path for path in sorted(folder.rglob("*.stage")) if path.name != PROFILES]
    return [path for path in files if path.is_file() and _may_define_a_stage(path)]


def _may_define_a_stage(path: Path) -> bool:
    text = read_text(path, str(path), MAX_SPEC_BYTES, Diagnostics())
    if text is None:
        return True
    if not _STAGE.search(text):
        return False
    file = parse(Source(str(path), path, text), Diagnostics())
    return bool(file.damaged) or any(d.kind.value in ("stage", "pipeline") for d in file.definitions)
