"""The command line. A command is loaded when it is asked for, and imports what it needs when it runs."""

from __future__ import annotations

from importlib import import_module

import click

from stagespec.endings import Endings

# Each is `command` in the module of its name.
COMMANDS = (
    *("compile", "run", "lock", "check", "fmt", "docs", "explain", "new", "review", "report"),
    *("archive", "verify", "merge", "doctor"),
)

EXAMPLES = """
\b
Look at what a stage would do, then do it:
  stagespec compile specs/stage_1_explicit_instructions.stage --dry-run
  stagespec run specs/stage_1_explicit_instructions.stage --profile laptop

\b
Review a plan here and run exactly that plan elsewhere:
  stagespec compile specs/stage_1_explicit_instructions.stage --profile pod --out plan.json
  stagespec run plan.json

\b
Exit codes: 0 fine, 1 the spec has errors, 2 wrong use, 3 a gate stopped the run, 4 the run failed.
"""


class Face(Endings):
    """The group of all commands."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"stagespec.commands.{cmd_name}").command
        return command


def _version(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        from compiler import VERSION

        click.echo(f"stagespec {VERSION}")
        ctx.exit()


@click.group(
    cls=Face,
    epilog=EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version."
)
def main() -> None:
    """Compile and run stages: experiments in which a base language model writes, judges and is
    trained on its own data."""
