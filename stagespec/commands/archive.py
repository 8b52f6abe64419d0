"""`stagespec archive`: a run, frozen."""

from __future__ import annotations

from pathlib import Path

import click

from stagespec.endings import Refused


@click.command("archive", short_help="Freeze a finished run in a small folder that can be verified.")
@click.argument("run_folder", metavar="RUN", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("name", required=False)
def command(run_folder: Path, name: str | None) -> None:
    """Freeze the finished run in the folder RUN as archive/NAME: plan, specs, manifest, report, scores item
    by item, samples of records and hashes of all else; no weights. NAME is the run's own, unless given."""
    from stagespec.archive import freeze
    from stagespec.archive.showing import as_text

    folder, verified = freeze(run_folder, name)
    if verified.failed:
        click.echo(as_text(verified), err=True, nl=False)
        raise Refused(f'"{run_folder}" would make an archive that does not verify, so none was written')
    click.echo(f"the archive is in {folder}; verify it with: stagespec verify {folder}")
    click.echo(f"sha256 {verified.sha256}")
