"""`stagespec docs`: methods sections."""

from __future__ import annotations

import click


@click.command("docs", short_help="Write the methods section of stage files.")
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...")
@click.option("--check", is_flag=True, help="Write nothing; list what would change, and exit 1 if any.")
def command(specs: tuple[str, ...], check: bool) -> None:
    """Write, beside each stage file, a page that tells its methods: SPEC.md beside SPEC.stage.

    SPEC is a file, or a folder of them. The page holds all that is claimed and nothing of a profile."""
    from stagespec.documenting import document

    document(specs, check)
