"""Records, tokens, time and money of a plan; and how earlier runs correct them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from compiler.compile import compile_spec
from compiler.estimate import Measured, Run, quoting, speed
from compiler.estimate.history import model_keys
from compiler.estimate.speed import BUCKET, HOST
from compiler.plan.model import PlanFile, Quote, StepQuote
from compiler.plan.upstream import meanings

GOOD = Path(__file__).parents[1] / "good"
POD = """
profile pod {
  engine     = vllm
  model base = hub("Qwen/Qwen2.5-7B", revision = "d149729398750b98c0af14eb82c78cfe92750796")
  gpu        = { name = "H100 80GB", price = 2 usd per h }
}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(GOOD, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "profiles.stage"
    path.write_text(path.read_text(encoding="utf-8") + POD, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def quoted(profile: str = "test", *runs: Run, spec: str = "stage.stage") -> PlanFile:
    compiled = compile_spec(spec, profile, None, runs)
    assert compiled.plan is not None, [item.message for item in compiled.diagnostics.items]
    return compiled.plan


def step(plan: PlanFile, name: str) -> StepQuote:
    return plan.quote.steps[f"small.{name}"]


def run_of(plan: PlanFile, *steps: Measured, name: str = "earlier") -> Run:
    """A run of this plan that measured these steps."""
    binding = plan.binding
    return Run(
        name,
        binding.engine,
        model_keys(binding),
        binding.profile,
        plan.quote.hardware,
        steps,
        meanings=meanings(plan.method, binding),
    )


def edited(folder: Path, old: str, new: str) -> None:
    path = folder / "stage.stage"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.usefixtures("folder")
def test_every_step_is_quoted_and_all_is_assumed_at_first() -> None:
    plan = quoted()
    assert plan.quote.steps.keys() == {s.id for s in plan.method.stages[0].steps}
    for name in ("ideas", "clear", "answers", "good", "before", "student", "after"):
        assert step(plan, name).tokens > 0
        assert step(plan, name).seconds >= 0
        assert step(plan, name).peak_gib is None
    assert "measured" not in "".join(s.basis for s in plan.quote.steps.values())
    assert plan.quote.usd(3600) is None


@pytest.mark.usefixtures("folder")
def test_every_kind_of_step_is_quoted() -> None:
    plan = quoted(spec="second.stage")
    asked = {"critique", "revise", "negatives", "converse", "generate", "evaluate", "train", "best", "rate"}
    for stage in plan.method.stages:
        for one in stage.steps:
            assert plan.quote.steps[one.id].tokens >= 0
            if one.kind in asked:
                assert plan.quote.steps[one.id].tokens > 0, one.id


@pytest.mark.usefixtures("folder")
def test_a_gpu_gives_money_and_memory() -> None:
    plan = quoted("pod")
    assert plan.quote.usd(1800) == 1.0
    assert plan.quote.gpu_gib == 79.6
    for name in ("ideas", "clear", "before"):
        assert step(plan, name).peak_gib == pytest.approx(0.9 * 79.6, abs=0.1)
        assert 14 < (step(plan, name).needed_gib or 0) < 25
    assert step(plan, "student").needed_gib == step(plan, "student").peak_gib
    assert step(plan, "fresh").peak_gib is None
    assert "data sheet of H100 80GB" in step(plan, "ideas").basis


@pytest.mark.usefixtures("folder")
def test_what_steps_kept_changes_how_much_is_made() -> None:
    plan = quoted("pod")
    strict = run_of(plan, Measured("small.good", "judge", records=1000, kept=30))
    more = quoted("pod", strict)
    assert step(more, "ideas").tokens > 3 * step(plan, "ideas").tokens
    assert "records measured in run earlier" in step(more, "ideas").basis
    assert more.hashes == plan.hashes


@pytest.mark.usefixtures("folder")
def test_a_source_makes_no_more_than_its_rounds_hold() -> None:
    plan = quoted()

    def made(kept: int) -> int:
        run = run_of(plan, Measured("small.good", "judge", records=100_000, kept=kept))
        return step(quoted("test", run), "ideas").tokens

    assert made(50_000) < made(1000) == made(1)


@pytest.mark.usefixtures("folder")
def test_a_kind_tells_of_a_step_that_was_never_run() -> None:
    plan = quoted("pod")
    clear = Measured("small.clear", "judge", records=1000, kept=1000)
    as_assumed = Measured("small.good", "judge", records=1000, kept=600)
    kind, both = run_of(plan, clear), run_of(plan, clear, as_assumed)
    assert step(quoted("pod", kind), "ideas").tokens < step(quoted("pod", both), "ideas").tokens
    other = run_of(plan, Measured("other.judged", "judge", records=1000, kept=1000))
    assert step(quoted("pod", other), "ideas") == step(plan, "ideas")


def test_a_step_that_has_changed_learns_nothing_of_what_it_keeps_and_writes(folder: Path) -> None:
    """One that stands before it does, and how fast work goes is learnt from all."""
    good = Measured("small.good", "judge", records=1000, kept=30, asked=10, requests=10, read=9, seconds=99)
    drawn = Measured("small.answers", "generate", requests=100, asked=100, read=3000, written=200)
    seen = run_of(quoted("pod"), good, drawn)
    edited(folder, "good at margin >= 1.0 nats", "good at margin >= 1.5 nats")
    plan, learnt = quoted("pod"), quoted("pod", seen)
    assert step(learnt, "ideas").tokens == step(plan, "ideas").tokens
    assert "records assumed" in step(learnt, "ideas").basis
    assert "has changed since earlier; speed measured in run earlier" in step(learnt, "good").basis
    assert step(learnt, "good").seconds > 2 * step(plan, "good").seconds
    assert "lengths measured in run earlier" in step(learnt, "answers").basis
    assert "changed" not in step(learnt, "answers").basis


def test_what_flows_into_a_step_changes_it(folder: Path) -> None:
    drawn = Measured("small.answers", "generate", requests=100, asked=100, read=3000, written=200)
    seen = run_of(quoted("pod"), drawn)
    edited(folder, "similarity = 80 %", "similarity = 70 %")
    assert "lengths assumed; the step or what it reads has" in step(quoted("pod", seen), "answers").basis


def test_how_many_are_wanted_changes_no_step(folder: Path) -> None:
    seen = run_of(quoted("pod"), Measured("small.good", "judge", records=1000, kept=30))
    for old, new in (("100 kept", "200 kept"), ("20 items", "40 items"), ("9 rounds", "8 rounds")):
        edited(folder, old, new)
    assert "records measured in run earlier" in step(quoted("pod", seen), "ideas").basis


@pytest.mark.usefixtures("folder")
def test_a_run_that_does_not_say_what_its_steps_meant_tells_of_speed_alone() -> None:
    plan = quoted("pod")
    good = Measured("small.good", "judge", records=1000, kept=30, asked=10, requests=10, read=9, seconds=99)
    old = replace(run_of(plan, good), meanings={}, closed=frozenset({"small"}))
    learnt = quoted("pod", old)
    assert (
        "records assumed; lengths assumed; the step or what it reads may have" in step(learnt, "good").basis
    )
    assert "speed measured in run earlier" in step(learnt, "good").basis
    assert step(learnt, "ideas") == step(plan, "ideas")
    assert learnt.quote.closed == ()


def test_a_gate_that_asks_otherwise_may_fall_otherwise(folder: Path) -> None:
    shut = replace(run_of(quoted("pod")), closed=frozenset({"small"}))
    assert quoted("pod", shut).quote.closed == ("small",)
    edited(folder, "accepted(good) >= 50 %", "accepted(good) >= 5 %")
    assert quoted("pod", shut).quote.closed == ()


@pytest.mark.usefixtures("folder")
def test_lengths_are_those_that_were_drawn() -> None:
    plan = quoted("pod")
    drawn = run_of(
        plan, Measured("small.answers", "generate", requests=100, asked=100, read=3000, written=200)
    )
    learnt = quoted("pod", drawn)
    assert "lengths measured in run earlier" in step(learnt, "answers").basis
    assert step(learnt, "answers").tokens < step(plan, "answers").tokens


@pytest.mark.usefixtures("folder")
def test_speed_is_learnt_on_the_same_machine_only() -> None:
    plan = quoted("pod")
    slow = Measured("small.student", "train", trained=1_000_000, optimizer_steps=1000, seconds=1e4)
    here = quoted("pod", run_of(plan, slow))
    slower = quoted("pod", run_of(plan, replace(slow, seconds=3e4)))
    assert step(here, "student").seconds > 2 * step(plan, "student").seconds
    assert step(slower, "student").seconds == pytest.approx(3 * step(here, "student").seconds, rel=0.01)
    assert step(slower, "ideas").seconds == step(plan, "ideas").seconds
    assert "speed measured in run earlier" in step(here, "student").basis
    for other in (
        replace(run_of(plan, slow), profile="another"),
        replace(run_of(plan, slow), hardware="a desk"),
        replace(run_of(plan, slow), engine="transformers"),
        replace(run_of(plan, slow), models=frozenset({"another"})),
    ):
        assert step(quoted("pod", other), "student") == step(plan, "student")


@pytest.mark.usefixtures("folder")
def test_steps_that_work_alike_are_corrected_together() -> None:
    plan = quoted("pod")
    slow = Measured("small.answers", "generate", asked=100, requests=100, read=5000, written=900, seconds=500)
    here = quoted("pod", run_of(plan, slow))
    assert step(here, "ideas").seconds > 2 * step(plan, "ideas").seconds
    assert step(here, "clear").seconds == step(plan, "clear").seconds


@pytest.mark.usefixtures("folder")
def test_answers_that_were_known_tell_nothing_of_speed() -> None:
    plan = quoted("pod")
    told_again = Measured("small.good", "judge", asked=100, requests=10, read=1000, seconds=500)
    assert step(quoted("pod", run_of(plan, told_again)), "good").seconds == step(plan, "good").seconds


@pytest.mark.usefixtures("folder")
def test_a_small_step_costs_its_rounds_and_a_training_its_process() -> None:
    """A round lasts as long as its longest completion, however few are in it."""
    plan = quoted("pod")
    rounds = run_of(plan, Measured("small.good", "judge", records=10_000, kept=500))
    few, many = step(plan, "ideas"), step(quoted("pod", rounds), "ideas")
    assert few.seconds > 0.5
    assert many.seconds > 2 * few.seconds
    assert step(plan, "student").seconds > HOST.training


@pytest.mark.usefixtures("folder")
def test_a_draw_from_a_large_pool_goes_through_a_few_of_its_items(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 885 on average it goes through all, or for each of the three that it draws through a bucket."""
    monkeypatch.setattr(speed, "HOST", replace(HOST, drawn=1.0))
    rounds = run_of(quoted("pod"), Measured("small.good", "judge", records=10_000, kept=500))
    small = step(quoted("pod", rounds), "ideas").seconds
    monkeypatch.setattr(quoting, "FEW", 500)
    large = step(quoted("pod", rounds), "ideas").seconds
    assert large / small == pytest.approx(3 * BUCKET / 884.8, rel=0.01)


@pytest.mark.usefixtures("folder")
def test_what_a_run_takes_around_its_steps_is_learnt_on_the_same_machine() -> None:
    plan = quoted("pod")
    assert plan.quote.around_seconds > 60
    here = replace(run_of(plan), around=33.0)
    learnt = quoted("pod", run_of(plan), here).quote
    assert (learnt.around_seconds, learnt.around_basis) == (33.0, "measured in run earlier")
    assert learnt.seconds() == pytest.approx(33.0 + sum(s.seconds for s in learnt.steps.values()))
    assert quoted("pod", replace(here, profile="another")).quote.around_seconds == plan.quote.around_seconds


@pytest.mark.usefixtures("folder")
def test_a_stage_that_ends_with_its_pilot_takes_less() -> None:
    plan = quoted("pod")
    for name in ("ideas", "clear", "student", "after"):
        at_pilot = step(plan, name).at_pilot_s
        assert at_pilot is not None
        assert at_pilot < step(plan, name).seconds, name
    assert step(plan, "student").at_pilot_s == 0
    assert step(plan, "before").at_pilot_s == step(plan, "before").seconds
    assert plan.quote.seconds(["small"]) < plan.quote.seconds() == plan.quote.seconds(["another"])


@pytest.mark.usefixtures("folder")
def test_a_rehearsal_goes_on_past_its_pilot() -> None:
    plan = quoted("test")
    assert plan.binding.rehearsal
    assert all(s.at_pilot_s == s.seconds for s in plan.quote.steps.values())


@pytest.mark.usefixtures("folder")
def test_gates_may_fall_as_they_did() -> None:
    plan = quoted("pod")
    unasked = replace(run_of(plan), name="unasked")
    shut = replace(run_of(plan), name="shut", closed=frozenset({"small", "another"}))
    open_ = replace(run_of(plan), name="open", opened=frozenset({"small"}))
    assert (plan.quote.closed, plan.quote.closed_run) == ((), "")
    foreseen = quoted("pod", unasked, shut, open_).quote
    assert (foreseen.closed, foreseen.closed_run) == (("small",), "shut")
    assert quoted("pod", open_, shut).quote.closed == ()


@pytest.mark.usefixtures("folder")
def test_the_newest_run_is_believed() -> None:
    plan = quoted("pod")
    new = run_of(plan, Measured("small.good", "judge", records=10, kept=9), name="new")
    old = run_of(plan, Measured("small.good", "judge", records=10, kept=1), name="old")
    assert "in run new" in step(quoted("pod", new, old), "ideas").basis


@pytest.mark.usefixtures("folder")
def test_a_handful_does_not_outweigh_thousands() -> None:
    """A run whose pilot closed its gate has seen next to nothing of a step."""
    plan = quoted("pod")
    pilot = run_of(plan, Measured("small.good", "judge", records=10, kept=1), name="pilot")
    whole = run_of(plan, Measured("small.good", "judge", records=1000, kept=900), name="whole")
    assert "in run whole" in step(quoted("pod", pilot, whole), "ideas").basis


@pytest.mark.usefixtures("folder")
def test_what_rounds_after_the_pilot_kept_counts() -> None:
    plan = quoted("pod")
    late = Measured("small.good", "judge", records=200, kept=120, rounds=2)
    better = replace(late, pilot_records=100, pilot_kept=20)
    worse = replace(late, pilot_records=100, pilot_kept=90)
    made = [step(quoted("pod", run_of(plan, one)), "ideas").tokens for one in (better, late, worse)]
    assert made == sorted(made)
    assert made[0] < made[-1]


def test_a_smaller_gpu_is_slower_and_several_cost_more(folder: Path) -> None:
    fast = quoted("pod")
    path = folder / "profiles.stage"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"H100 80GB"', '"L40S", number = 2 gpus'), encoding="utf-8")
    slow = quoted("pod")
    assert step(slow, "ideas").seconds > 2 * step(fast, "ideas").seconds
    assert slow.quote.usd_per_hour == 4.0
    assert slow.quote.hardware == "2 L40S"
    assert slow.hashes == fast.hashes


def test_what_is_said_of_a_gpu_overrides_what_is_known(folder: Path) -> None:
    path = folder / "profiles.stage"
    text = path.read_text(encoding="utf-8")
    own = '"mine", memory = 40 GiB, speed = 100 TFLOP per s, bandwidth = 1 TB per s'
    path.write_text(text.replace('"H100 80GB"', own), encoding="utf-8")
    assert quoted("pod").quote.gpu_gib == 40


def test_money_is_a_share_of_an_hour() -> None:
    quote = Quote(hardware="", usd_per_hour=2.49, steps={})
    assert quote.usd(7200) == pytest.approx(4.98)
