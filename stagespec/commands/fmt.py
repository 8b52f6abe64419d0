"""`stagespec fmt`: the one layout."""

from __future__ import annotations

import click


@click.command("fmt", short_help="Lay out stage files in the one way.")
@click.argument("paths", nargs=-1, metavar="[PATH...]")
@click.option("--check", is_flag=True, help="Write nothing; list what would change, and exit 1 if any.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
def command(paths: tuple[str, ...], check: bool, diff: bool) -> None:
    """Lay out .stage files in the one way: their meaning, comments and blank lines stay.

    PATH is a file, a folder, or - to read standard input and write standard output; without any, it is
    the current folder. A file with syntax errors is reported and left alone."""
    from stagespec.formatting import STDIN, format_files, format_stdin

    if paths == (STDIN,):
        format_stdin(check, diff)
    elif STDIN in paths:
        raise click.UsageError("- stands alone: standard input and files do not go together")
    else:
        format_files(paths or (".",), check, diff)
