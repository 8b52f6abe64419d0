"""`stagespec doctor`: whether a profile can run here."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from stagespec.commands.options import profile_option, runs_option
from stagespec.endings import ERRORS


@click.command("doctor", short_help="Whether a profile can run on this machine.")
@click.argument("spec", required=False)
@profile_option
@runs_option
@click.option("--format", type=click.Choice(["text", "json"]), default="text", help="text (default) or json.")
def command(spec: str | None, profile: str | None, runs: Path, format: str) -> None:
    """Look whether SPEC can run on this machine under a profile: libraries, GPU, disks, models, network,
    clock. Nothing is fetched. Without SPEC it is the first stage in specs, or else the machine alone."""
    from stagespec.doctor import examine
    from stagespec.doctor.asking import case_of
    from stagespec.doctor.showing import as_json, as_text, closing
    from stagespec.terminal import has_colour

    case = case_of(spec, profile, runs)
    found = []
    for one in examine(case):
        found.append(one)
        if format == "text":
            click.echo(as_text(one, has_colour(sys.stdout)))
    name = case.plan.binding.profile if case.plan else None
    click.echo(as_json(found, name) if format == "json" else closing(found, name))
    if any(one.state == "error" for one in found):
        raise click.exceptions.Exit(ERRORS)
