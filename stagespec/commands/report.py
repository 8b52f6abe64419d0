"""`stagespec report`: what a run has measured."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("report", short_help="Show what a run has measured, and write its page again.")
@click.argument("run_folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
def command(run_folder: Path) -> None:
    """Show in the terminal what the run in RUN_FOLDER has measured, and write its report.html anew."""
    from stagespec.report import read_manifest, render_text, write_report

    click.echo(render_text(read_manifest(run_folder)), nl=False)
    click.echo(f"report: {write_report(run_folder)}", err=True)
