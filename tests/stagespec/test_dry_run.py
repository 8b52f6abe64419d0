"""The plan for a person: everything it must say, on one screen, and the detail behind it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from compiler.compile import compile_spec
from compiler.plan.model import Expression, PlanFile, StepQuote
from stagespec.documenting import page_of
from stagespec.dry_run import render_plan
from stagespec.dry_run_colour import coloured
from stagespec.plan_page.page import render_page
from stagespec.wording import condition, duration, rough, share

THINGS = "arm draft epoch example item label point principle record round stage statement step thread time"
SEVERAL = re.compile(rf"(?<![\d.,])1 (?:{'|'.join(THINGS.split())})s\b")


def quoted(plan: PlanFile, tokens: int, seconds: float, usd: float | None = None) -> PlanFile:
    """The plan with the same estimate for every step."""
    steps = {id: StepQuote(tokens=tokens, seconds=seconds, basis="") for id in plan.quote.steps}
    quote = replace(plan.quote, steps=steps, usd_per_hour=usd)
    return replace(plan, quote=quote)


def on_a_gpu(plan: PlanFile, usd: float | None = None) -> PlanFile:
    """The plan with figures of a GPU of 80 GiB, the same for every step but the trained one."""
    steps = {id: StepQuote(tokens=1000, seconds=90, basis="") for id in plan.quote.steps}
    for step in plan.method.stages[0].steps:
        memory = {"peak_gib": 71.6, "needed_gib": 65.1, "memory": "weights 61.0"}
        if step.kind == "train":
            memory = {"peak_gib": 29.0, "needed_gib": 29.0, "memory": "weights 20.8"}
        if step.kind in ("generate", "judge", "evaluate", "train"):
            steps[step.id] = replace(steps[step.id], **memory)
    quote = replace(plan.quote, steps=steps, gpu_gib=79.6, usd_per_hour=usd)
    return replace(plan, quote=quote)


def test_the_first_screen(plan: PlanFile, snapshot: SnapshotAssertion) -> None:
    text = render_plan(quoted(plan, 1000, 90))
    assert text == snapshot
    assert len(text.splitlines()) <= 45


def test_everything_behind_it(plan: PlanFile, snapshot: SnapshotAssertion) -> None:
    assert render_plan(quoted(plan, 1000, 90), verbose=True) == snapshot


def test_no_line_is_wider_than_100_columns(plan: PlanFile) -> None:
    assert max(map(len, render_plan(plan, verbose=True).splitlines())) <= 100


def test_money_is_named_only_where_there_is_a_price(plan: PlanFile) -> None:
    assert "usd" not in render_plan(plan)
    text = render_plan(quoted(plan, 1000, 3600, usd=2.0))
    assert text.startswith("small   $28.00 of 5   14 h\n")
    assert re.search(r"^total .* 14 k +14 h +\$28\.00$", text, re.M)


def test_memory_is_named_only_where_there_is_a_gpu(plan: PlanFile) -> None:
    assert "GiB" not in render_plan(quoted(plan, 1000, 90))
    text = render_plan(on_a_gpu(plan))
    assert text.startswith("small   21 min   peak 72 GiB of 80\n")
    assert re.search(r"^ {2}train .* 29$", text, re.M)
    assert re.search(r"^ {2}judge .* 72$", text, re.M)
    assert "needs 65 GiB, takes 72: weights 61.0" in text
    assert "student needs 29 GiB: weights 20.8" in text


def test_one_of_a_thing_is_not_several(specs: Path) -> None:
    spec = specs / "stage.stage"
    text = spec.read_text(encoding="utf-8")
    for several, one in (
        ("pilot    = 20 items", "pilot    = 1 items"),
        ("epochs     = 2", "epochs     = 1"),
        ("until    = 100 kept", "until    = 1 kept"),
        ("at_most  = 9 rounds", "at_most  = 1 rounds"),
        ("{ max = 40 tokens }", "{ max = 1 tokens }"),
        ("batch      = 8 items", "batch      = 1 items"),
        ("patience = 2", "patience = 1"),
        ("{ raw = base with answer_bare, few_shot", "{ few_shot"),
        ("smallest_effect = 40 %", "smallest_effect = 1 %"),
        (
            "    rules      = [one_task]",
            "    rules      = [one_task]\n    caps       = { instruction = 1 items }",
        ),
    ):
        assert several in text
        text = text.replace(several, one)
    spec.write_text(text, encoding="utf-8")
    profiles = specs / "profiles.stage"
    bound = profiles.read_text(encoding="utf-8")
    profiles.write_text(
        bound.replace("profile test {", "profile test {\n  threads = 1 threads\n"), encoding="utf-8"
    )
    compiled = compile_spec(f"{specs.name}/stage.stage", "test")
    assert compiled.plan is not None, compiled.diagnostics.items
    told = {
        "dry run": render_plan(compiled.plan, verbose=True),
        "page": re.sub(r"<[^>]+>", " ", render_page(compiled.plan)),
        "methods": page_of(spec),
    }
    assert {where: SEVERAL.findall(text) for where, text in told.items()} == {where: [] for where in told}
    for where, one in (
        ("dry run", "1 epoch,"),
        ("page", "at most 1 round;"),
        ("methods", "1 epoch in batches"),
    ):
        assert one in told[where]


def test_estimates_say_whether_a_run_has_been_seen(plan: PlanFile) -> None:
    assert "estimates are assumed: no run" in render_plan(quoted(plan, 1000, 90))
    changed = {
        id: replace(
            step, basis="records assumed; the step or what it reads has changed since old; speed assumed"
        )
        for id, step in quoted(plan, 1000, 90).quote.steps.items()
    }
    passed_over = replace(plan, quote=replace(plan.quote, steps=changed))
    assert "estimates are assumed: steps have changed since old, or may have" in render_plan(passed_over)
    steps = {
        id: replace(step, basis="records measured in run small-test-1234; speed assumed")
        for id, step in quoted(plan, 1000, 90).quote.steps.items()
    }
    learnt = replace(plan, quote=replace(plan.quote, steps=steps))
    assert "estimates rest on small-test-1234" in render_plan(learnt)
    assert "records measured in run small-test-1234" in render_plan(learnt, verbose=True)


def test_what_a_run_takes_around_its_steps_is_in_the_sum(plan: PlanFile) -> None:
    own = quoted(plan, 1000, 60)
    text = render_plan(replace(own, quote=replace(own.quote, around_seconds=120)))
    assert text.startswith("small   16 min\n")
    assert re.search(r"^ {2}start of engines, certificate, end +2 min$", text, re.M)
    assert re.search(r"^total .* 16 min$", text, re.M)
    nothing = quoted(plan, 0, 0)
    assert "start of engines" not in render_plan(
        replace(nothing, quote=replace(nothing.quote, around_seconds=9))
    )


def test_what_it_takes_if_gates_close_is_said(plan: PlanFile) -> None:
    own = quoted(plan, 1000, 3600, usd=2.0)
    assert "gates" not in [line.partition(" ")[0] for line in render_plan(own).splitlines()]
    steps = {id: replace(step, at_pilot_s=600.0) for id, step in own.quote.steps.items()}
    quote = replace(own.quote, steps=steps, around_seconds=0.0)
    text = render_plan(replace(own, quote=quote))
    assert "gates     figures are for all open; 2 h 20 min and $4.67 if the pilot does not pass" in text


@pytest.mark.parametrize("width", [80, 90])
def test_a_narrow_terminal_gets_narrow_lines(plan: PlanFile, width: int) -> None:
    whole = render_plan(on_a_gpu(plan, usd=2.49), width=width)
    assert max(map(len, whole.splitlines())) <= width
    same = render_plan(on_a_gpu(plan, usd=2.49))
    assert sorted(whole.replace("·", "").split()) == sorted(same.replace("·", "").split())


def test_a_rehearsal_says_what_it_cannot_do(plan: PlanFile) -> None:
    assert "goes on past closed gates; no verdict can be reached" in render_plan(plan)
    full = replace(plan, binding=replace(plan.binding, rehearsal=False))
    assert "verdict can be reached" not in render_plan(full)


def test_fewer_held_out_items_are_named(plan: PlanFile) -> None:
    capped = replace(plan, binding=replace(plan.binding, held_out=2))
    text = render_plan(capped)
    assert "2 items of each held-out set" in text
    assert re.search(r"test_items, 2 of \d+ items", text)
    assert re.search(r"power .*all \d+ items", text)


@pytest.mark.parametrize("verbose", [False, True])
def test_a_warning_that_is_allowed_stays_in_sight(specs: Path, verbose: bool) -> None:
    spec = specs / "stage.stage"
    text = spec.read_text(encoding="utf-8")
    for old, new in (
        ("    dedup      = near(instruction, similarity = 80 %)\n", ""),
        ("  learner = base\n", '  learner = base\n  allow(SS613, because = "each is new")\n'),
    ):
        assert old in text
        text = text.replace(old, new)
    spec.write_text(text, encoding="utf-8")
    plan = compile_spec("specs/stage.stage", "test").plan
    assert plan is not None
    shown = render_plan(plan, verbose=verbose)
    assert "\nallowed   SS613 in small: each is new\n" in shown
    assert "\x1b[1mallowed\x1b[0m   SS613" in re.sub(r"\x1b\[33m", "", coloured(shown))


def test_colour_changes_nothing_but_colour(plan: PlanFile) -> None:
    text = render_plan(plan, verbose=True)
    assert re.sub(r"\x1b\[\d+m", "", coloured(text)) == text


def test_numbers_as_people_write_them() -> None:
    assert [rough(n) for n in (7, 999, 1000, 16_630, 999_600, 1_900_000, 52_000_000)] == [
        "7",
        "999",
        "1.0 k",
        "17 k",
        "1.0 M",
        "1.9 M",
        "52 M",
    ]
    assert [duration(s) for s in (0, 0.3, 41, 59.7, 940, 3600, 4860)] == [
        "0 s",
        "< 1 s",
        "41 s",
        "1 min",
        "16 min",
        "1 h",
        "1 h 21 min",
    ]
    assert share(0.005) == "0.5 %"


def test_conditions_in_the_words_of_the_language() -> None:
    column = Expression(op="column", args=("finish",))
    limit = Expression(op="==", args=(column, "length"))
    long = Expression(op=">", args=(Expression(op="words", args=(column,)), 40.0))
    raw = Expression(op="matches", args=(Expression(op="raw", args=("finish",)), "a|b"))
    either = Expression(op="or", args=(limit, long))
    assert condition(Expression(op="not", args=(either,))) == "not (finish == length or words(finish) > 40)"
    assert (
        condition(Expression(op="and", args=(raw, limit))) == "raw(finish) matches /a|b/ and finish == length"
    )
    assert condition(Expression(op="==", args=(column, "a word"))) == 'finish == "a word"'


@pytest.mark.usefixtures("specs")
def test_lists_in_a_prompt_are_shown_with_their_fields() -> None:
    """Prompts over principles and turns run over records that are not there yet."""
    plan = compile_spec("specs/second.stage", "test").plan
    assert plan is not None
    text = render_plan(plan, verbose=True)
    assert "│ ⟨principles: text⟩" in text
    assert "│ User: ⟨turns: user⟩" in text
