"""From the command line's words to what is to be looked at."""

from __future__ import annotations

from pathlib import Path

import click

from compiler.diagnostics import Diagnostics
from compiler.lock import read_lock
from compiler.resolve import Program, spec_root
from runtime.models.local import cache_root
from stagespec.checking import stage_files
from stagespec.compiling import compiled_or_exit
from stagespec.doctor.finding import Case

SPECS = Path("specs")


def case_of(spec: str | None, profile: str | None, runs: Path) -> Case:
    """The plan of a spec under a profile; without a spec, that of the first stage in `specs`, if any."""
    if spec is None:
        first = next(iter(stage_files(SPECS)), None) if SPECS.is_dir() else None
        spec = str(first) if first else None
    if spec is None:
        if profile is not None:
            raise click.UsageError("a profile stands beside a spec: name the spec too")
        return Case(None, runs, cache_root())
    plan = compiled_or_exit(spec, profile, None, quiet=True)
    facts = read_lock(Program(spec_root(Path(spec)), spec), plan.binding, Diagnostics())
    return Case(plan, runs, cache_root(), facts)
