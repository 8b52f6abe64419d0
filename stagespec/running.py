"""Running a plan from the command line: progress while it runs, the report when it has ended."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from compiler.plan.hashing import plain
from compiler.plan.model import PlanFile
from compiler.plan.selection import Selection
from runtime.failures import ResultsMissing, RunFailed, RunStopped
from runtime.folders import MANIFEST, run_folder
from runtime.run import run
from stagespec.endings import Refused
from stagespec.progress_bars import watching
from stagespec.report import read_manifest, write_report
from stagespec.selecting import making


def run_plan(
    plan: PlanFile, runs: Path, selection: Selection, command: str, tensorboard: bool = False
) -> None:
    """Run, say how it ended, and write the report. RunStopped and RunFailed pass through.

    A part of a run that is whole is there already. Nothing is run then: the manifest of the part alone would
    take the place of the whole one.

    `command` is the one that runs the whole plan: with it a person is told how to make what is missing.
    """
    folder = run_folder(plan, runs)
    click.echo(f"the run's folder is {folder}", err=True)
    if selection.asked and not selection.anew and _is_whole(folder, plan):
        click.echo("the run is whole; nothing to do")
        return
    try:
        with watching(plan, sys.stderr, steps=selection.run) as listener:
            summary = run(plan, runs, listener, selection, tensorboard)
    except ResultsMissing as missing:
        help = f"This makes it: {command} {making(missing.step, selection)}"
        raise RunFailed(str(missing), help) from None
    except RunStopped:
        _report(folder)
        raise
    for line in summary.lines:
        click.echo(line)
    _report(summary.folder)


def _is_whole(folder: Path, plan: PlanFile) -> bool:
    """Whether the folder's manifest is of this very plan, and of all its steps."""
    try:
        manifest = read_manifest(folder)
    except Refused:
        return False
    same = manifest["plan"]["hashes"] == plain(plan.hashes)
    return same and manifest.get("stopped") is None and manifest.get("not_run") == []


def _report(folder: Path) -> None:
    if (folder / MANIFEST).exists():
        click.echo(f"report: {write_report(folder)}")
