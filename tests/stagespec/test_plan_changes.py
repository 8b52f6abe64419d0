"""What a dry run says of an earlier plan: marks, reasons, and with which run it is compared."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from compiler.compile import compile_spec
from compiler.plan.model import PlanFile
from runtime.folders import run_folder
from stagespec.change_lines import reason, summary
from stagespec.cli import main
from stagespec.dry_run import render_plan
from stagespec.dry_run_colour import coloured
from stagespec.last_run import compare
from stagespec.plan_file import write_plan

SPEC = "specs/stage.stage"
RUNS = Path("runs")


def cli(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, prog_name="stagespec")


def dry_run(*arguments: str) -> Result:
    return cli("compile", SPEC, "--profile", "test", "--dry-run", *arguments)


def ran(plan: PlanFile, at: float = 0) -> Path:
    """A run of a plan, so far as comparing looks at it."""
    path = run_folder(plan, RUNS) / "plan.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_plan(plan, path)
    if at:
        os.utime(path, (at, at))
    return path


def compiled(seed: int | None = None) -> PlanFile:
    result = compile_spec(SPEC, "test", seed, unchecked=True)
    assert result.plan is not None, result.diagnostics.items
    return result.plan


def edit(specs: Path, *changes: tuple[str, str, str]) -> None:
    for name, old, new in changes:
        path = specs / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")


def told(plan: PlanFile, since: PlanFile) -> str:
    """All that is said of the changes: steps with a reason, then the summary."""
    compared = compare(plan, RUNS, _written(since))

    def lines() -> Iterator[str]:
        for step in compared.steps:
            why = reason(plan, step)
            yield f"{step.mark} {step.kind} {step.id.partition('.')[2]}{f': {why}' if why else ''}"
        yield from summary(plan, compared)

    return "\n".join(lines()) + "\n"


def _written(plan: PlanFile) -> Path:
    write_plan(plan, Path("before.json"))
    return Path("before.json")


UNCHANGED = """\
= evaluate before
= gate gap
= generate ideas
= filter fresh
= judge clear
= generate answers
= filter clean
= judge good
= split data
= quality pilot
= train student
= evaluate after
= gate ship
= output model
"""

ONE_PROMPT = """\
= evaluate before
= gate gap
~ generate ideas: prompt list_more, template changed (specs/shared.stage:34)
= filter fresh: behind ideas, which changed
= judge clear: behind ideas, which changed
= generate answers: behind ideas, which changed
= filter clean: behind ideas, which changed
= judge good: behind ideas, which changed
= split data: behind ideas, which changed
= quality pilot: behind ideas, which changed
= train student: behind ideas, which changed
= evaluate after: behind ideas, which changed
= gate ship: behind ideas, which changed
= output model: behind ideas, which changed
since before.json: 1 changed (~), 13 the same (=); a step behind a changed one asks again only what is \
not known yet
"""

FILTER_REMOVED = """\
= evaluate before
= gate gap
= generate ideas
= filter fresh
= judge clear
= generate answers
~ judge good: input: clean → answers (line 44)
= split data: behind good, which changed
~ quality pilot: require: rate(clean, rejected as "empty") < 5 % taken out (line 58)
= train student: behind good, which changed
= evaluate after: behind good, which changed
= gate ship: behind good, which changed
= output model: behind good, which changed
- filter clean: taken out
since before.json: 2 changed (~), 11 the same (=), 1 taken out (-); a step behind a changed one asks again \
only what is not known yet
"""

SEED = """\
~ evaluate before: seed: 0 → 4
= gate gap: behind before, which changed
~ generate ideas: seed: 0 → 4
= filter fresh: behind ideas, which changed
= judge clear: behind ideas, which changed
~ generate answers: seed: 0 → 4
= filter clean: behind answers, which changed
= judge good: behind answers, which changed
~ split data: seed: 0 → 4
= quality pilot: behind answers, which changed
~ train student: seed: 0 → 4
~ evaluate after: seed: 0 → 4
= gate ship: behind after, which changed
= output model: behind student and after, which changed
since before.json: 6 changed (~), 8 the same (=); a step behind a changed one asks again only what is \
not known yet
seed: 0 → 4
"""


def test_one_edited_prompt(specs: Path, plan: PlanFile) -> None:
    edit(specs, ("shared.stage", "Some tasks:", "More tasks:"))
    assert told(compiled(), plan) == ONE_PROMPT


def test_another_seed(plan: PlanFile) -> None:
    assert told(compiled(seed=4), plan) == SEED


def test_another_scale(specs: Path, plan: PlanFile) -> None:
    edit(specs, ("profiles.stage", "= 50 %", "= 60 %"))
    lines = told(compiled(), plan).split("\n")
    assert lines[2] == "~ generate ideas: kept at this scale: 50 → 60 (specs/profiles.stage:6)"
    assert lines[-2] == "scale: 50 % → 60 % (specs/profiles.stage:6)"


def test_order_and_comments(specs: Path, plan: PlanFile) -> None:
    path = specs / "stage.stage"
    text = path.read_text(encoding="utf-8")
    gate = "  gate gap {\n    require = before.few_shot.check < 70 %\n  }\n"
    path.write_text(
        text.replace(gate, "").rstrip().removesuffix("}") + f"# moved\n{gate}}}\n", encoding="utf-8"
    )
    assert told(compiled(), plan) == f"{UNCHANGED}none since before.json\n"


def test_descriptions_make_nothing_again(specs: Path, plan: PlanFile) -> None:
    edit(specs, ("stage.stage", "The smallest stage", "A small stage"))
    assert told(compiled(), plan) == (
        f"{UNCHANGED}since before.json: 14 the same (=)\nonly descriptions differ: nothing is made again\n"
    )


def test_a_filter_that_is_taken_out(specs: Path, plan: PlanFile) -> None:
    edit(
        specs,
        ("stage.stage", "  filter clean {\n    input = answers\n    rules = [whole_answer]\n  }\n", ""),
        ("stage.stage", "input  = clean\n", "input  = answers\n"),
        ("stage.stage", 'rate(clean, rejected as "empty") < 5 %, ', ""),
    )
    assert told(compiled(), plan) == FILTER_REMOVED


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (
            "shared.stage",
            "words(instruction) > 12",
            "words(instruction) > 11",
            'rules one_task, reject "long": 12 → 11 (specs/shared.stage:95)',
        ),
        (
            "shared.stage",
            '  reject "truncated" when finish == length\n',
            '  reject "truncated" when finish == length\n'
            '  reject "dots" when response matches /\\.\\.\\./\n'
            '  example reject "dots" { response = "An ..." }\n',
            'rules whole_answer, reject "dots" added (specs/shared.stage:107)',
        ),
        (
            "stage.stage",
            "[dev_items, test_items, seeds]",
            "[dev_items, test_items]",
            "apart_from: seeds taken out (line 25)",
        ),
        ("stage.stage", "rules      = [one_task]", "rules = []", "rules: one_task taken out (line 23)"),
        (
            "stage.stage",
            "    dedup      = near(instruction, similarity = 80 %)\n",
            "",
            "dedup taken out (line 21)",
        ),
        ("stage.stage", "similarity = 80 %", "similarity = 75 %", "dedup: 80 % → 75 % (line 24)"),
        (
            "stage.stage",
            "margin >= 1.0 nats",
            "precision >= 90 %",
            "accept: good at margin >= 1 nats → good at precision >= 90 % (line 50)",
        ),
        (
            "stage.stage",
            "accepted(good) >= 50 %",
            "accepted(good) >= 40 %",
            "require[1]: accepted(good) >= 50 % → accepted(good) >= 40 % (line 62)",
        ),
        (
            "stage.stage",
            "rank = 8, alpha = 16",
            "rank = 4, alpha = 8",
            "lora.rank: 8 → 4 (line 85), and 1 more difference",
        ),
        (
            "profiles.stage",
            "engine    = mock",
            "engine = transformers",
            "engine: mock → transformers (specs/profiles.stage:4)",
        ),
        (
            "profiles.stage",
            "rehearsal = true",
            "rehearsal = true\n  held_out = 2 items",
            "held_out set to 2 (specs/profiles.stage:9)",
        ),
    ],
    ids=lambda text: text[:24],
)
def test_reasons(specs: Path, plan: PlanFile, file: str, old: str, new: str, said: str) -> None:
    edit(specs, (file, old, new))
    reasons = {line.partition(": ")[2] for line in told(compiled(), plan).split("\n") if line.startswith("~")}
    assert said in reasons
    assert len(reasons) == 1 or file == "shared.stage" or "rules" in said


# --- with what a plan is compared ------------------------------------------------------------------


def test_no_earlier_run_is_one_line_and_no_marks(plan: PlanFile) -> None:
    text = dry_run().stdout
    assert "changes   no earlier run of this stage and profile in runs\n" in text
    assert re.search(r"^[+~=-] ", text, re.MULTILINE) is None
    bare = render_plan(plan)
    assert text.replace("changes   no earlier run of this stage and profile in runs\n", "") == bare


@pytest.mark.usefixtures("specs")
def test_the_last_run_is_the_one_started_last() -> None:
    ran(compiled(seed=1), at=1000)
    ran(compiled(seed=2), at=3000)
    ran(compiled(seed=3), at=2000)
    assert "seed: 2 → 0" in dry_run().stdout
    assert "seed: 2 → 9" in dry_run("--seed", "9").stdout


@pytest.mark.usefixtures("specs")
def test_runs_of_other_profiles_and_stages_are_others(plan: PlanFile) -> None:
    path = ran(plan)
    for name in ("small-test_2-12345678", "smaller-test-12345678", "small-test-12345678-old"):
        other = RUNS / name / "plan.json"
        other.parent.mkdir()
        other.write_text("not a plan")
    assert f"none since the run {path.parent.name}" in dry_run().stdout
    assert "no earlier run of this stage and profile in elsewhere" in dry_run("--runs", "elsewhere").stdout


@pytest.mark.parametrize("text", ["", "{}", '{"stagespec_plan": 1, "method": {"old": true}}', "\udcff"])
def test_a_plan_of_another_version_is_one_line_and_no_marks(plan: PlanFile, text: str) -> None:
    path = ran(plan)
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    result = dry_run()
    assert result.exit_code == 0, result.output
    assert f"changes   the last run's plan cannot be read ({path})" in result.stdout
    assert re.search(r"^[+~=-] ", result.stdout, re.MULTILINE) is None


def test_against_a_plan_that_is_named(specs: Path, plan: PlanFile) -> None:
    ran(plan)
    before = _written(compiled(seed=7))
    edit(specs, ("stage.stage", "fresh", "novel"))
    text = dry_run("--against", str(before)).stdout
    assert "since before.json: " in text
    assert "was called fresh; behind ideas, which changed" in text.replace("\n" + " " * 21, " ")
    assert "seed: 7 → 0" in text
    for wrong in ("missing.json", str(specs / "stage.stage")):
        assert dry_run("--against", wrong).exit_code == 1
    assert cli("compile", SPEC, "--profile", "test", "--against", str(before)).exit_code == 2


def test_the_screen_with_marks(specs: Path, plan: PlanFile) -> None:
    edit(specs, ("shared.stage", "A list:", "Lists:"), ("stage.stage", "fresh", "novel"))
    new = compiled()
    text = render_plan(new, compared=compare(new, RUNS, _written(plan)))
    lines = text.split("\n")
    assert max(map(len, lines)) <= 100
    [at] = [number for number, line in enumerate(lines) if line.startswith("~")]
    assert lines[at].startswith("~ judge     clear    clear_task by base")
    assert lines[at + 1].strip() == "~ critic clear_task, methods[0].neutral changed (specs/shared.stage:69)"
    assert re.search(r"^= filter    novel .*(\n .*)* · was called fresh$", text, re.MULTILINE)
    assert re.search(r"^= output    model .*\s· behind clear, which changed$", text, re.MULTILINE)
    plain = re.sub(r"\x1b\[\d+m", "", coloured(text))
    assert plain == text
