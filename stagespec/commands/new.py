"""`stagespec new`: something to begin with."""

from __future__ import annotations

from pathlib import Path

import click


@click.group("new", short_help="Write something new that compiles as it is.")
def command() -> None:
    """Write something new that compiles as it is, to be changed."""


@command.command(name="stage")
@click.argument("name")
@click.option(
    "--in",
    "folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default="specs",
    show_default=True,
    metavar="DIR",
    help="The spec folder.",
)
def new_stage_command(name: str, folder: Path) -> None:
    """Write a whole stage, NAME.stage, that trains a base model on what it writes and judges itself."""
    from stagespec.new_stage import NotWritten, new_stage

    try:
        path, reported = new_stage(name, folder)
    except NotWritten as reason:
        raise click.UsageError(str(reason)) from None
    click.echo(f"wrote {path}: {len(reported) or 'nothing'} to report")
    click.echo(f"stagespec compile {path} --dry-run")
