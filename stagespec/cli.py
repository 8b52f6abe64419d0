"""The command line. Each command imports what it needs when it runs, so that --help is instant."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stagespec.endings import ERRORS, Face, Refused

if TYPE_CHECKING:
    from compiler.plan.model import PlanFile

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
format_option = click.option(
    "--format",
    type=click.Choice(["text", "json", "html"]),
    default="text",
    help="text (default), json (the plan) or html (a page to look at it).",
)


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


@main.command(short_help="Turn a stage into a plan, and show it or write it.")
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
@format_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the plan, or with --format html the page, to a file.",
)
def compile(
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
        steps = sum(len(stage.steps) for stage in plan.method.stages)
        click.echo(f"{plan.method.name}: {steps} steps, no errors; plan {plan.hashes.plan[:12]}")
        click.echo("--dry-run shows it, --out FILE writes it", err=True)


@main.command(short_help="Run a stage, or a plan that was reviewed before.")
@click.argument("spec", metavar="SPEC|PLAN.JSON")
@profile_option
@seed_option
@runs_option
@click.option("--only", metavar="STAGE", help="This stage alone, on what runs of the ones before it made.")
@click.option("--from", "start", metavar="STEP", help="Make this step and all that rests on it anew.")
@click.option("--until", metavar="STEP", help="Run what this step needs, and end with it.")
def run(
    spec: str,
    profile: str | None,
    seed: int | None,
    runs: Path,
    only: str | None,
    start: str | None,
    until: str | None,
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

    run_plan(plan, runs, selection, command(spec, plan, seed, runs))


@main.command(short_help="Measure a profile's models, for exact token counts.")
@click.argument("spec")
@profile_option
def lock(spec: str, profile: str | None) -> None:
    """Measure the models that a profile binds, and write what the compiler needs of them to models.lock."""
    from compiler.resolve import spec_root
    from stagespec.compiling import compiled_or_exit
    from stagespec.locking import update_lock

    plan = compiled_or_exit(spec, profile, None, quiet=True, may_lack_lock=True)
    path, keys = update_lock(plan, spec_root(Path(spec)))
    for key in keys:
        click.echo(f"measured {key}")
    click.echo(f"written to {path}" if keys else "a mock needs no lock")


@main.command(short_help="Report all that is wrong in files and folders.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--format",
    type=click.Choice(["text", "json", "sarif", "github"]),
    default="text",
    help="text (default), json, sarif (2.1.0) or github (annotations of a workflow).",
)
@click.option("--fix", is_flag=True, help="Mend what is certain in the files, and report the rest.")
def check(paths: tuple[str, ...], format: str, fix: bool) -> None:
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


@main.command(short_help="Lay out stage files in the one way.")
@click.argument("paths", nargs=-1, metavar="[PATH...]")
@click.option("--check", is_flag=True, help="Write nothing; list what would change, and exit 1 if any.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
def fmt(paths: tuple[str, ...], check: bool, diff: bool) -> None:
    """Lay out .stage files in the one way: their meaning, comments and blank lines stay.

    PATH is a file, a folder, or - to read standard input and write standard output; without any, it is
    the current folder. A file with syntax errors is reported and left alone."""
    from stagespec.formatting import STDIN, format_files, format_stdin

    if paths == (STDIN,):
        format_stdin(check, diff)
    elif STDIN in paths:
        raise click.UsageError("- stands alone: standard input and files do not go together")
    else:
        format_files(paths or (".",), check, diff)


@main.command(short_help="Write the methods section of stage files.")
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...")
@click.option("--check", is_flag=True, help="Write nothing; list what would change, and exit 1 if any.")
def docs(specs: tuple[str, ...], check: bool) -> None:
    """Write, beside each stage file, a page that tells its methods: SPEC.md beside SPEC.stage.

    SPEC is a file, or a folder of them. The page holds all that is claimed and nothing of a profile."""
    from stagespec.documenting import document

    document(specs, check)


@main.command(short_help="Say what an error code means.")
@click.argument("code")
def explain(code: str) -> None:
    """Say what an error code means, and which mistake it guards against."""
    from stagespec.explain import explanation, nearest

    text = explanation(code.upper())
    if text is None:
        hint = nearest(code.upper())
        raise click.UsageError(f'there is no code "{code}"{f"; {hint}" if hint else ""}')
    click.echo(text)


@main.group(short_help="Write something new that compiles as it is.")
def new() -> None:
    """Write something new that compiles as it is, to be changed."""


@new.command(name="stage")
@click.argument("name")
@click.option(
    "--in",
    "folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default="specs",
    show_default=True,
    metavar="DIR",
    help="The spec folder.",
)
def new_stage_command(name: str, folder: Path) -> None:
    """Write a whole stage, NAME.stage, that trains a base model on what it writes and judges itself."""
    from stagespec.new_stage import NotWritten, new_stage

    try:
        path, reported = new_stage(name, folder)
    except NotWritten as reason:
        raise click.UsageError(str(reason)) from None
    click.echo(f"wrote {path}: {len(reported) or 'nothing'} to report")
    click.echo(f"stagespec compile {path} --dry-run")


@main.command(short_help="Answer a review that a run waits for.")
@click.argument("run_folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("step")
@click.option("--open/--closed", "opens", default=None, help="Whether the gate opens.")
@click.option("--why", default="", metavar="TEXT", help="What you saw: an empty review is no approval.")
def review(run_folder: Path, step: str, opens: bool | None, why: str) -> None:
    """Answer the review STEP of a run, after looking at its records; then run the same plan again."""
    from stagespec.reviewing import answer_or_show

    click.echo(answer_or_show(run_folder, step, opens, why))


@main.command(short_help="Show what a run has measured, and write its page again.")
@click.argument("run_folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
def report(run_folder: Path) -> None:
    """Show in the terminal what the run in RUN_FOLDER has measured, and write its report.html anew."""
    from stagespec.report import read_manifest, render_text, write_report

    click.echo(render_text(read_manifest(run_folder)), nl=False)
    click.echo(f"report: {write_report(run_folder)}", err=True)


@main.command(short_help="Freeze a finished run in a small folder that can be verified.")
@click.argument("run_folder", metavar="RUN", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("name", required=False)
def archive(run_folder: Path, name: str | None) -> None:
    """Freeze the finished run in the folder RUN as archive/NAME: plan, specs, manifest, report, scores item
    by item, samples of records and hashes of all else; no weights. NAME is the run's own, unless given."""
    from stagespec.archive import freeze
    from stagespec.archive.showing import as_text

    folder, verified = freeze(run_folder, name)
    if verified.failed:
        click.echo(as_text(verified), err=True, nl=False)
        raise Refused(f'"{run_folder}" would make an archive that does not verify, so none was written')
    click.echo(f"the archive is in {folder}; verify it with: stagespec verify {folder}")
    click.echo(f"sha256 {verified.sha256}")


@main.command(short_help="Verify an archive: hashes, plan, and every number anew.")
@click.argument("folder", metavar="ARCHIVE", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--format", type=click.Choice(["text", "json"]), default="text", help="text (default) or json.")
def verify(folder: Path, format: str) -> None:
    """Verify an archive of a run: its files against their hashes, its plan against its specs compiled again,
    and its numbers against the answers and counts that they rest on."""
    from stagespec.archive import verify as verify_all
    from stagespec.archive.showing import as_json, as_text

    verified = verify_all(folder)
    click.echo(as_json(verified) if format == "json" else as_text(verified, sys.stdout), nl=False)
    if verified.failed:
        raise click.exceptions.Exit(ERRORS)


@main.command(short_help="Whether a profile can run on this machine.")
@click.argument("spec", required=False)
@profile_option
@runs_option
@click.option("--format", type=click.Choice(["text", "json"]), default="text", help="text (default) or json.")
def doctor(spec: str | None, profile: str | None, runs: Path, format: str) -> None:
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
