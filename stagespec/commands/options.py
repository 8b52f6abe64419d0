"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path

import click

profile_option = click.option("--profile", metavar="NAME", help="How to run it: see profiles.stage.")
seed_option = click.option("--seed", type=click.IntRange(0, 2**31 - 1), help="Instead of the profile's seed.")
runs_option = click.option(
    "--runs",
    type=click.Path(path_type=Path, file_okay=False),
    default="runs",
    show_default=True,
    metavar="DIR",
    help="Folder that holds the runs.",
)
plan_format_option = click.option(
    "--format",
    type=click.Choice(["text", "json", "html"]),
    default="text",
    help="text (default), json (the plan) or html (a page to look at it).",
)
