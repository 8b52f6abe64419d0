"""`stagespec run`: a stage or a plan, from where it was."""

from __future__ import annotations

from pathlib import Path

import click

from stagespec.commands.options import profile_option, runs_option, seed_option


@click.command("run", short_help="Run a stage, or a plan that was reviewed before.")
@click.argument("spec", metavar="SPEC|PLAN.JSON")
@profile_option
@seed_option
@runs_option
@click.option("--only", metavar="STAGE", help="This stage alone, on what runs of the ones before it made.")
@click.option("--from", "start", metavar="STEP", help="Make this step and all that rests on it anew.")
@click.option("--until", metavar="STEP", help="Run what this step needs, and end with it.")
@click.option("--tensorboard", is_flag=True, help="Write each training's measures for TensorBoard too.")
def command(
    spec: str,
    profile: str | None,
    seed: int | None,
    runs: Path,
    only: str | None,
    start: str | None,
    until: str | None,
    tensorboard: bool,
) -> None:
    """Run a stage, or a plan that was compiled and reviewed before. A run that was stopped goes on.

    STEP is step, or stage.step where several stages have a step of that name."""
    from stagespec.compiling import compiled_or_exit
    from stagespec.plan_file import is_plan, read_plan
    from stagespec.selecting import command, selected_or_exit
    from stagespec.staleness import refuse_stale

    if is_plan(Path(spec)):
        if profile is not None or seed is not None:
            raise click.UsageError(
                "a plan has its profile and seed in it; --profile and --seed go with a spec"
            )
        plan = read_plan(Path(spec))
        refuse_stale(Path(spec), plan)
    else:
        plan = compiled_or_exit(spec, profile, seed, runs=runs)
    selection = selected_or_exit(plan, only, start, until)
    from stagespec.running import run_plan

    run_plan(plan, runs, selection, command(spec, plan, seed, runs), tensorboard)
