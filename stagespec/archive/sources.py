"""The spec that a plan was compiled from, and its way into an archive."""

from __future__ import annotations

from pathlib import Path

from compiler.compile import compile_spec
from compiler.lock import LOCK
from compiler.plan.model import PlanFile
from compiler.resolve import Program
from stagespec.dry_run import entry_file
from stagespec.endings import Refused
from stagespec.staleness import first_difference


def program_of(plan: PlanFile, plan_path: Path) -> Program:
    """The files that the plan was compiled from. Refused where they are not here or say otherwise by now."""
    entry = _found(entry_file(plan), plan_path)
    compiled = compile_spec(entry, plan.binding.profile, plan.binding.seed)
    if compiled.plan is None:
        raise Refused(f'the spec of this run, "{entry}", no longer compiles; put back what was run')
    if compiled.plan.hashes != plan.hashes:
        said = first_difference(plan, compiled.plan)
        raise Refused(f'"{entry}" is not what "{plan_path}" was compiled from: {said}; put back what was run')
    return compiled.program


def _found(entry: str, plan_path: Path) -> str:
    """The spec that a plan names, from here or from a folder above the run: it was named from where it was
    run."""
    places = [Path(), *plan_path.resolve().parents]
    for place in places:
        if (place / entry).is_file():
            return str(place / entry)
    raise Refused(
        f'the spec of this run, "{entry}", is not here and in no folder above the run: put it where it was'
    )


def spec_files(program: Program) -> dict[str, bytes]:
    """All files that were read to compile, and the lock, by their paths below the spec folder."""
    paths = [source.path.resolve() for source in program.sources.values()]
    if (program.root / LOCK).exists():
        paths.append(program.root / LOCK)
    return {path.relative_to(program.root).as_posix(): path.read_bytes() for path in paths}


def entry_below(program: Program) -> str:
    """The entry file's path below the spec folder."""
    return Path(program.entry).resolve().relative_to(program.root).as_posix()
