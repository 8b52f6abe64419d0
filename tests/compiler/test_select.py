"""A part of a plan: what its names mean, what it needs, and what rests on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.compile import compile_spec
from compiler.diagnostics import Diagnostics
from compiler.plan.model import Method
from compiler.plan.selection import Selection, behind, everything, reach
from compiler.select import named_part

GOOD = Path(__file__).parent / "good"
ROUNDS = {"ideas", "fresh", "clear", "answers", "clean", "good"}


@pytest.fixture(scope="module")
def one() -> Method:
    return compiled("stage.stage")


@pytest.fixture(scope="module")
def two() -> Method:
    return compiled("second.stage")


def compiled(name: str) -> Method:
    plan = compile_spec(str(GOOD / name), "test").plan
    assert plan is not None
    return plan.method


def part(
    method: Method, only: str | None = None, start: str | None = None, until: str | None = None
) -> Selection:
    found = Diagnostics()
    selection = named_part(method, only, start, until, found)
    assert selection is not None, found.items
    return selection


def short(ids: frozenset[str]) -> set[str]:
    return {id.removeprefix("small.") for id in ids}


def test_nothing_named_is_the_whole_plan(two: Method) -> None:
    assert part(two) == everything(two)
    assert part(two).asked == ""


def test_until_takes_what_the_step_needs_and_no_more(one: Method) -> None:
    gap = part(one, until="gap")
    assert short(gap.run) == {"before", "gap"}
    assert (gap.until, gap.given, gap.anew) == ("small.gap", frozenset(), frozenset())
    assert short(part(one, until="student").run) == {*ROUNDS, "pilot", "data", "before", "gap", "student"}


@pytest.mark.parametrize("step", sorted(ROUNDS))
def test_a_step_in_rounds_needs_all_of_them_and_passes_no_gate_by(one: Method, step: str) -> None:
    """How many rounds there are hangs on the step that says what is enough."""
    assert short(part(one, until=step).run) == {*ROUNDS, "pilot"}


def test_from_makes_anew_what_rests_on_the_step(one: Method) -> None:
    redone = part(one, start="answers")
    assert redone.run == everything(one).run
    rest = {"pilot", "data", "student", "after", "ship", "model"}
    assert short(redone.anew) == {"answers", "clean", "good", *rest}
    assert short(redone.given) == {"ideas", "fresh", "clear"}


def test_a_source_does_not_come_after_the_filter_that_its_prompts_show(one: Method) -> None:
    assert short(part(one, start="fresh").given) == {"ideas"}
    assert "small.ideas" not in behind(one, "small.fresh")
    assert "small.ideas" in reach(one, {"small.fresh"})


def test_between_two_steps(one: Method) -> None:
    between = part(one, start="clean", until="good")
    assert short(between.run) == {*ROUNDS, "pilot"}
    assert short(between.anew) == {"clean", "good", "pilot"}
    assert between.asked == "--from small.clean --until small.good"


def test_only_is_given_what_other_stages_made(two: Method) -> None:
    second = part(two, only="second")
    steps = {stage.name: {step.id for step in stage.steps} for stage in two.stages}
    assert second.run - second.given == steps["second"]
    assert second.given == steps["small"]
    assert part(two, only="small").run == steps["small"]
    redone = part(two, only="small", start="small.data")
    assert redone.anew == behind(two, "small.data") & steps["small"] < behind(two, "small.data")


@pytest.mark.parametrize(
    ("only", "start", "until", "code", "said"),
    [
        ("smal", None, None, "SS801", 'Did you mean "small"?'),
        ("other", None, None, "SS801", "There is small and second."),
        (None, "small.goood", None, "SS801", 'Did you mean "small.good"?'),
        ("small", None, "x", "SS801", "There is before, gap, ideas,"),
        (None, "ideas", None, "SS802", "Write small.ideas or second.ideas."),
        ("small", None, "critiques", "SS803", "--only runs this one stage."),
        ("small", "data", "gap", "SS804", "A run that ends with small.gap would never come to small.data."),
    ],
)
def test_wrong_names_are_told(
    two: Method, only: str | None, start: str | None, until: str | None, code: str, said: str
) -> None:
    found = Diagnostics()
    assert named_part(two, only, start, until, found) is None
    (item,) = found.items
    assert item.code == code
    assert item.help.startswith(said)


def test_a_name_that_one_stage_has_needs_no_stage(two: Method) -> None:
    assert part(two, until="critiques").until == "second.critiques"
    assert part(two, only="small", until="good").until == "small.good"
