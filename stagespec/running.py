"""Running a plan from the command line: progress while it runs, the report when it has ended."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from compiler.plan.model import PlanFile
from runtime.failures import RunStopped
from runtime.folders import MANIFEST, run_folder
from runtime.run import run
from stagespec.progress_bars import watching
from stagespec.report import write_report


def run_plan(plan: PlanFile, runs: Path) -> None:
    """Run, say how it ended, and write the report. RunStopped and RunFailed pass through."""
    click.echo(f"the run's folder is {run_folder(plan, runs)}", err=True)
    try:
        with watching(plan, sys.stderr) as listener:
            summary = run(plan, runs, listener)
    except RunStopped:
        _report(run_folder(plan, runs))
        raise
    for line in summary.lines:
        click.echo(line)
    _report(summary.folder)


def _report(folder: Path) -> None:
    if (folder / MANIFEST).exists():
        click.echo(f"report: {write_report(folder)}")
