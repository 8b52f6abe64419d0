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
    """Compile every stage in files and folders, under every profile, and report all that is wrong."""
    from stagespec.check_output import report as shown
    from stagespec.checking import check as check_all
    from stagespec.fixing import fix_all

    if fix:
        for mended in fix_all(lambda: check_all(paths)[:2]):
            click.echo(str(mended), err=True)
    found, sources, stages = check_all(paths)
    if not stages:
        raise Refused(f"no stage is defined in {', '.join(paths)}")
    click.echo(shown(found, sources, stages, format), nl=False)
    if any(item.severity == "error" for item in found):
        raise click.exceptions.Exit(ERRORS)
