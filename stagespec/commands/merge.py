"""`stagespec merge`: a trained model as one checkpoint."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from stagespec.endings import Refused


@click.command("merge", short_help="Write a base and its trained adapter as one checkpoint.")
@click.argument("run_folder", metavar="RUN", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("model")
@click.argument("folder", type=click.Path(path_type=Path))
def command(run_folder: Path, model: str, folder: Path) -> None:
    """Merge MODEL's adapter into its base and write the whole as FOLDER, which must not be there yet. MODEL
    is what a stage of the run in RUN gave out (generation.model), or a training (generation.student).

    Adapters are served as they are; a merged model is for other programs. Its log-probabilities must be those
    of base and adapter, as an engine's must.
    """
    from runtime.folders import PLAN
    from stagespec.merging import merge_into, trained
    from stagespec.plan_file import read_plan
    from stagespec.progress_bars import watching

    if folder.exists():
        raise Refused(f'"{folder}" is there already; name a new folder')
    of = trained(run_folder, model)
    if not of.given_out:
        click.echo(f"note: {of.step} was given out by no stage: a gate that asks for it is closed", err=True)
    plan = read_plan(run_folder / PLAN)
    with watching(plan, sys.stderr) as listener:
        line = merge_into(plan, of, folder, listener)
    click.echo(f"{of.step} and its base are in {folder}")
    click.echo(line.explanation)
