"""`stagespec compile`: a stage as a plan."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stagespec.commands.options import plan_format_option, profile_option, runs_option, seed_option

if TYPE_CHECKING:
    from compiler.plan.model import PlanFile


@click.command("compile", short_help="Turn a stage into a plan, and show it or write it.")
@click.argument("spec")
@profile_option
@seed_option
@click.option("--dry-run", is_flag=True, help="Show the plan: every step, what it rests on, what it takes.")
@click.option("-v", "--verbose", is_flag=True, help="With --dry-run: prompts, rules, critics, all settings.")
@runs_option
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    metavar="PLAN.JSON",
    help="With --dry-run or html: mark what changed since this plan, not since the last run.",
)
@plan_format_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the plan, or with --format html the page, to a file.",
)
def command(
    spec: str,
    profile: str | None,
    seed: int | None,
    dry_run: bool,
    verbose: bool,
    runs: Path,
    against: Path | None,
    format: str,
    out: Path | None,
) -> None:
    """Compile the stage file SPEC into a plan; report everything that is wrong with it."""
    from stagespec.compiling import compiled_or_exit

    shown = dry_run or verbose
    if against is not None and not (format == "html" or (shown and format == "text")):
        raise click.UsageError("--against goes with --dry-run, as text or html")
    plan = compiled_or_exit(spec, profile, seed, format, quiet=shown or format == "json", runs=runs)
    if format == "html":
        _write_page(plan, runs, against, out)
        return
    if out is not None:
        from stagespec.plan_file import write_plan

        write_plan(plan, out)
        click.echo(f"the plan is in {out}; run it with: stagespec run {out}", err=True)
    if format == "json":
        if out is None:
            from compiler.plan.reading import text_of

            click.echo(text_of(plan))
    elif shown:
        _show_plan(plan, verbose, runs, against)
    elif out is None:
        from compiler.plan.counting import counted

        steps = sum(len(stage.steps) for stage in plan.method.stages)
        click.echo(f"{plan.method.name}: {counted(steps, 'step')}, no errors; plan {plan.hashes.plan[:12]}")
        click.echo("--dry-run shows it, --out FILE writes it", err=True)


def _write_page(plan: PlanFile, runs: Path, against: Path | None, out: Path | None) -> None:
    from stagespec.last_run import compare
    from stagespec.plan_file import write_text
    from stagespec.plan_page import render_page

    page = render_page(plan, compare(plan, runs, against))
    if out is None:
        click.echo(page, nl=False)
    else:
        write_text(page, out)
        click.echo(f"the page is in {out}", err=True)


def _show_plan(plan: PlanFile, verbose: bool, runs: Path, against: Path | None) -> None:
    from stagespec.dry_run import render_plan
    from stagespec.dry_run_colour import coloured
    from stagespec.last_run import compare
    from stagespec.terminal import columns, has_colour

    text = render_plan(plan, verbose, compare(plan, runs, against), columns(sys.stdout))
    click.echo(coloured(text) if has_colour(sys.stdout) else text, nl=False)
