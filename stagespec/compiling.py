"""From the command line's words to a plan: which profile, what is said of it, what is wrong."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from compiler.compile import Compiled, compile_spec
from compiler.diagnostics import Diagnostics, listing
from compiler.plan.model import PlanFile
from compiler.resolve import load, profiles_name
from stagespec.earlier_runs import earlier_runs
from stagespec.endings import ERRORS
from stagespec.terminal import has_colour

PREFERRED = "laptop"


def compiled_or_exit(
    spec: str,
    profile: str | None,
    seed: int | None,
    format: str = "text",
    quiet: bool = False,
    may_lack_lock: bool = False,
    runs: Path | None = None,
) -> PlanFile:
    """The plan. Diagnostics go to standard error, or as JSON to standard output; errors end the command.

    With `quiet`, warnings and notes are left to whatever shows the plan. A lock that cannot be read is
    an error too, unless it is about to be written anew. Estimates learn from earlier runs below `runs`.
    """
    earlier = earlier_runs(runs) if runs is not None else ()
    result = compile_spec(spec, profile or _chosen(spec), seed, earlier)
    found = result.diagnostics
    if result.plan is None or (found.failed and not may_lack_lock):
        if format == "json":
            from stagespec import diagnostics_json

            click.echo(diagnostics_json.render(found.items, result.program.sources))
        else:
            show(result)
        raise click.exceptions.Exit(ERRORS)
    if not quiet:
        show(result)
    return result.plan


def show(result: Compiled) -> None:
    """All diagnostics as text on standard error."""
    from stagespec import diagnostics_text

    text = diagnostics_text.render(
        result.diagnostics.items, result.program.sources, colour=has_colour(sys.stderr)
    )
    click.echo(text, err=True, nl=False)


def profiles(spec: str) -> list[str]:
    """Names of the profiles of a spec's folder; empty where the spec cannot be read so far."""
    program = load(spec, Diagnostics())
    scope = program.scopes.get(profiles_name(program), {})
    return sorted(name for name, symbol in scope.items() if symbol.kind == "profile")


def _chosen(spec: str) -> str:
    """The only profile, or the laptop's; the choice is said."""
    names = profiles(spec) if Path(spec).is_file() else []
    if not names:
        return PREFERRED  # compiling reports what stands in the way
    name = names[0] if len(names) == 1 else PREFERRED
    if name not in names:
        raise click.UsageError(f"say which profile: --profile {listing(names).replace(' and ', ' or ')}")
    others = [other for other in names if other != name]
    hint = f"; others: --profile {', '.join(others)}" if others else ""
    click.echo(f"profile {name}{hint}", err=True)
    return name
