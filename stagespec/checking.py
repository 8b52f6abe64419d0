"""Checking many specs at once: which files of a folder are stages, and everything that is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from compiler.compile import compile_spec
from compiler.diagnostics import Diagnostic, Diagnostics, in_order, listing
from compiler.plan.counting import noun
from compiler.shared_files import check_shared_file
from compiler.source import MAX_SPEC_BYTES, Source, read_text
from compiler.syntax.parse import parse
from stagespec.compiling import profiles

_STAGE = re.compile(r"^\s*(stage|pipeline)\s+\w+", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found, in the order of its places, the files read by name, and how many files are stages and
    how many are shared."""

    found: list[Diagnostic]
    sources: dict[str, Source]
    stages: int
    shared: int


def check(paths: Sequence[str]) -> Checked:
    """Every stage under every profile of its folder, and every file of shared definitions by itself.

    What is wrong with a shared file is reported once, and so is what several profiles have in common.
    """
    under: dict[Diagnostic, dict[str, None]] = {}
    sources: dict[str, Source] = {}
    everyone: dict[str, None] = {}
    files = list(dict.fromkeys(file for path in paths for file in _files(path)))
    stages = [file for file in files if _may_define_a_stage(Path(file))]
    shared = [file for file in files if file not in stages]
    for stage in stages:
        for profile in profiles(stage) or [""]:
            result = compile_spec(stage, profile)
            everyone[profile] = None
            sources |= {name: s for name, s in result.program.sources.items() if name not in sources}
            for item in result.diagnostics.items:
                under.setdefault(item, {})[profile] = None
    found = [_placed(item, list(of), list(everyone)) for item, of in under.items()]
    for file in shared:
        alone, program = check_shared_file(file)
        sources |= {name: s for name, s in program.sources.items() if name not in sources}
        found += [item for item in alone.items if item not in under and item not in found]
    return Checked(in_order(found, sources), sources, len(stages), len(shared))


def _placed(item: Diagnostic, profiles: list[str], everyone: list[str]) -> Diagnostic:
    """A diagnostic without a place says under which profiles it comes, unless under all."""
    if item.labels or profiles == everyone:
        return item
    under = f"under {noun(len(profiles), 'profile')} {listing(profiles)}"
    return replace(item, message=f"{item.message} ({under})")


def _files(path: str) -> Iterator[str]:
    """The file itself, or the specs of a folder."""
    folder = Path(path)
    yield from map(str, _specs(folder)) if folder.is_dir() else [path]


def _specs(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*.stage")) if path.is_file()]


def stage_files(folder: Path) -> list[Path]:
    """Files of a folder and its subfolders that define a stage or a pipeline, or that cannot be read."""
    return [path for path in _specs(folder) if _may_define_a_stage(path)]


def _may_define_a_stage(path: Path) -> bool:
    text = read_text(path, str(path), MAX_SPEC_BYTES, Diagnostics())
    if text is None:
        return True
    if not _STAGE.search(text):
        return False
    file = parse(Source(str(path), path, text), Diagnostics())
    return bool(file.damaged) or any(d.kind.value in ("stage", "pipeline") for d in file.definitions)
