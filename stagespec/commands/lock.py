"""`stagespec lock`: what the compiler has to know of the models."""

from __future__ import annotations

from pathlib import Path

import click

from stagespec.commands.options import profile_option


@click.command("lock", short_help="Measure a profile's models, for exact token counts.")
@click.argument("spec")
@profile_option
def command(spec: str, profile: str | None) -> None:
    """Measure the models that a profile binds, and write what the compiler needs of them to models.lock."""
    from compiler.resolve import spec_root
    from stagespec.compiling import compiled_or_exit
    from stagespec.locking import update_lock

    plan = compiled_or_exit(spec, profile, None, quiet=True, may_lack_lock=True)
    path, keys = update_lock(plan, spec_root(Path(spec)))
    for key in keys:
        click.echo(f"measured {key}")
    click.echo(f"written to {path}" if keys else "a mock needs no lock")
