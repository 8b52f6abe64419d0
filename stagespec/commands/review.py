"""`stagespec review`: the answer that a run waits for."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("review", short_help="Answer a review that a run waits for.")
@click.argument("run_folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("step")
@click.option("--open/--closed", "opens", default=None, help="Whether the gate opens.")
@click.option("--why", default="", metavar="TEXT", help="What you saw: an empty review is no approval.")
def command(run_folder: Path, step: str, opens: bool | None, why: str) -> None:
    """Answer the review STEP of a run, after looking at its records; then run the same plan again."""
    from stagespec.reviewing import answer_or_show

    click.echo(answer_or_show(run_folder, step, opens, why))
