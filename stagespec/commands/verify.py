"""`stagespec verify`: an archive, worked out anew."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from stagespec.endings import ERRORS


@click.command("verify", short_help="Verify an archive: hashes, plan, and every number anew.")
@click.argument("folder", metavar="ARCHIVE", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--format", type=click.Choice(["text", "json"]), default="text", help="text (default) or json.")
def command(folder: Path, format: str) -> None:
    """Verify an archive of a run: its files against their hashes, its plan against its specs compiled again,
    and its numbers against the answers and counts that they rest on."""
    from stagespec.archive import verify as verify_all
    from stagespec.archive.showing import as_json, as_text

    verified = verify_all(folder)
    click.echo(as_json(verified) if format == "json" else as_text(verified, sys.stdout), nl=False)
    if verified.failed:
        raise click.exceptions.Exit(ERRORS)
