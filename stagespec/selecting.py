"""From the words of a command line to the part of a plan that is run, and back to a command."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import click

from compiler.diagnostics import Diagnostics
from compiler.plan.model import PlanFile
from compiler.plan.selection import Selection
from compiler.select import named_part
from stagespec import diagnostics_text
from stagespec.endings import ERRORS
from stagespec.plan_file import is_plan
from stagespec.terminal import has_colour

RUNS = "runs"


def selected_or_exit(plan: PlanFile, only: str | None, start: str | None, until: str | None) -> Selection:
    """The part that is named. Names that are wrong are told on standard error and end the command."""
    found = Diagnostics()
    selection = named_part(plan.method, only, start, until, found)
    if selection is None:
        click.echo(diagnostics_text.render(found.items, {}, has_colour(sys.stderr)), err=True, nl=False)
        raise click.exceptions.Exit(ERRORS)
    return selection


def making(step: str, selection: Selection) -> str:
    """What makes a missing step: running its stage, where `--only` asked for another, or running up to it."""
    stage = step.rpartition(".")[0]
    return f"--only {stage}" if selection.only not in (None, stage) else f"--until {step}"


def command(spec: str, plan: PlanFile, seed: int | None, runs: Path) -> str:
    """The command that runs the same plan, whole."""
    words = ["stagespec", "run", spec]
    if not is_plan(Path(spec)):
        words += ["--profile", plan.binding.profile]
    if seed is not None:
        words += ["--seed", str(seed)]
    if runs != Path(RUNS):
        words += ["--runs", str(runs)]
    return shlex.join(words)
