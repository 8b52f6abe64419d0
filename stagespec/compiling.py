"""From the command line's words to a plan: which profile, what is said of it, what is wrong."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from compiler.diagnostics import Diagnostics, listing
from compiler.kept_plan import Asked, Kept, keep_plan, kept_plan
from compiler.plan.model import PlanFile
from stagespec.earlier_runs import earlier_runs, newest_manifests
from stagespec.endings import ERRORS
from stagespec.terminal import has_colour

if TYPE_CHECKING:
    from compiler.compile import Compiled

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

    Where nothing has changed since the plan was last compiled, it is the plan that was kept then.
    """
    manifests = newest_manifests(runs) if runs is not None else {}
    asked = Asked(spec, profile, seed, str(manifests))
    kept = kept_plan(asked)
    if kept is not None and (quiet or not kept.plan.notes):
        if profile is None:
            _chosen(kept.profiles)
        return kept.plan
    from compiler.compile import compile_spec

    names = profiles(spec) if profile is None and Path(spec).is_file() else []
    result = compile_spec(spec, profile or _chosen(names), seed, earlier_runs(manifests))
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
    if not found.failed:
        keep_plan(asked, Kept(result.program.read, tuple(names), result.plan))
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
    from compiler.resolve import load, profiles_name

    program = load(spec, Diagnostics())
    scope = program.scopes.get(profiles_name(program), {})
    return sorted(name for name, symbol in scope.items() if symbol.kind == "profile")


def _chosen(names: Sequence[str]) -> str:
    """The only profile, or the laptop's; the choice is said."""
    if not names:
        return PREFERRED  # compiling reports what stands in the way
    name = names[0] if len(names) == 1 else PREFERRED
    if name not in names:
        raise click.UsageError(f"say which profile: --profile {listing(names).replace(' and ', ' or ')}")
    others = [other for other in names if other != name]
    hint = f"; others: --profile {', '.join(others)}" if others else ""
    click.echo(f"profile {name}{hint}", err=True)
    return name
