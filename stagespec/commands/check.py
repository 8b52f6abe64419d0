"""`stagespec check`: all that is wrong."""

from __future__ import annotations

import click

from stagespec.endings import ERRORS, Refused


@click.command("check", short_help="Report all that is wrong in files and folders.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--format",
    type=click.Choice(["text", "json", "sarif", "github"]),
    default="text",
    help="text (default), json, sarif (2.1.0) or github (annotations of a workflow).",
)
@click.option("--fix", is_flag=True, help="Mend what is certain in the files, and report the rest.")
def command(paths: tuple[str, ...], format: str, fix: bool) -> None:
    """Compile every stage in files and folders under every profile, read every other file by itself, and
    report all that is wrong."""
    from stagespec.check_output import report as shown
    from stagespec.checking import check as check_all
    from stagespec.fixing import fix_all

    if fix:
        for mended in fix_all(lambda: ((now := check_all(paths)).found, now.sources)):
            click.echo(str(mended), err=True)
    checked = check_all(paths)
    if not checked.stages and not checked.shared:
        raise Refused(f"there is no .stage file in {', '.join(paths)}")
    click.echo(shown(checked, format), nl=False)
    if any(item.severity == "error" for item in checked.found):
        raise click.exceptions.Exit(ERRORS)
