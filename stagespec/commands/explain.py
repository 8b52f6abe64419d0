"""`stagespec explain`: what a code means."""

from __future__ import annotations

import click


@click.command("explain", short_help="Say what an error code means.")
@click.argument("code")
def command(code: str) -> None:
    """Say what an error code means, and which mistake it guards against."""
    from stagespec.explain import explanation, nearest

    text = explanation(code.upper())
    if text is None:
        hint = nearest(code.upper())
        raise click.UsageError(f'there is no code "{code}"{f"; {hint}" if hint else ""}')
    click.echo(text)
