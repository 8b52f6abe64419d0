"""Running a plan from the command line: progress while it runs, the report when it has ended."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from compiler.plan.model import PlanFile
from compiler.plan.selection import Selection
from runtime.failures import ResultsMissing, RunFailed, RunStopped
from runtime.folders import MANIFEST, run_folder
from runtime.run import run
from stagespec.progress_bars import watching
from stagespec.report import write_report
from stagespec.selecting import making


def run_plan(
    plan: PlanFile, runs: Path, selection: Selection, command: str, tensorboard: bool = False
) -> None:
    """Run, say how it ended, and write the report. RunStopped and RunFailed pass through.

    `command` is the one that runs the whole plan: with it a person is told how to make what is missing.
    """
    click.echo(f"the run's folder is {run_folder(plan, runs)}", err=True)
    try:
        with watching(plan, sys.stderr, steps=selection.run) as listener:
            summary = run(plan, runs, listener, selection, tensorboard)
    except ResultsMissing as missing:
        help = f"This makes it: {command} {making(missing.step, selection)}"
        raise RunFailed(str(missing), help) from None
    except RunStopped:
        _report(run_folder(plan, runs))
        raise
    for line in summary.lines:
        click.echo(line)
    _report(summary.folder)


def _report(folder: Path) -> None:
    if (folder / MANIFEST).exists():
        click.echo(f"report: {write_report(folder)}")
