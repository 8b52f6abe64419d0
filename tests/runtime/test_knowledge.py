"""What a stage's people wrote, counted from its plan, and what its model knows and does."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from compiler.compile import compile_spec
from compiler.plan.model import Evaluate, PlanFile
from runtime.calibration import calibrate
from runtime.knowledge import StageAnswers, stage_answers
from runtime.statistics import share
from runtime.steps.evaluate import Answer, Evaluation

GOOD = Path(__file__).parents[1] / "compiler" / "good"


@pytest.fixture(scope="module")
def plan() -> PlanFile:
    compiled = compile_spec(str(GOOD / "second.stage"), "test")
    assert compiled.plan is not None
    return compiled.plan


def told(plan: PlanFile, stage: str, **more: Any) -> StageAnswers:
    fields: dict[str, Any] = {
        "method": plan.method,
        "binding": plan.binding,
        "records": {},
        "outcomes": {},
        "calibrations": {},
        "interventions": [],
    }
    work: Any = SimpleNamespace(**(fields | more))
    return stage_answers(next(s for s in plan.method.stages if s.name == stage), work)


def test_each_stage_counts_what_it_uses_itself(plan: PlanFile) -> None:
    """10 seeds, 6 worked examples, 40 + 40 labels; the second adds a constitution and its own labels."""
    first, second = told(plan, "small"), told(plan, "second")
    assert first.written_by_people.data == {"pool": 10, "exemplars": 6}
    assert (first.labels_by_people, second.labels_by_people) == (80, 120)
    assert (first.held_out_by_people, second.held_out_by_people) == (60, 60)
    assert (first.written_by_people.principles, second.written_by_people.principles) == (0, 2)
    assert second.written_by_people.templates > first.written_by_people.templates > 10
    assert first.written_by_people.rules > 0


def test_reviews_are_counted_where_they_stand_and_restarts_nowhere(plan: PlanFile) -> None:
    said = ["second.look: I read all", "2026-01-01T00:00:00"]
    assert told(plan, "second", interventions=said).interventions == 1
    assert told(plan, "small", interventions=said).interventions == 0


def test_a_critic_is_known_once_by_its_best_method(plan: PlanFile) -> None:
    bad, good = calibrate([1.0, 2.0], [1.0, 2.0], margin=0.0), calibrate([3.0, 4.0], [1.0, 2.0], margin=0.0)
    calibrations = {"small.good": (bad, good), "small.clear": (bad,)}
    known = {one.critic: one for one in told(plan, "small", calibrations=calibrations).knows}
    assert (known["does_it"].model, known["does_it"].auc.value) == ("base", 1.0)
    assert known["does_it"].auc.low == good.auc_low
    assert known["clear_task"].auc.value == 0.5


def test_before_and_after_are_the_learner_and_the_trained_model_with_one_prompt(plan: PlanFile) -> None:
    step = next(s for s in plan.method.stages[1].steps if s.id == "second.after")
    assert isinstance(step, Evaluate)
    right = {"raw": 1, "few_shot": 3, "tuned": 4}
    arms = {
        name: [Answer(str(n), "t", "", "a", "a", None, "stop", n < many, n < many) for n in range(5)]
        for name, many in right.items()
    }
    (done,) = told(plan, "second", outcomes={step.id: Evaluation(arms, None)}).does
    assert (done.before_arm, done.after_arm, done.items) == ("raw", "tuned", 5)
    assert (done.before, done.after) == (share(1, 5), share(4, 5))
    del arms["tuned"]
    (closed,) = told(plan, "second", outcomes={step.id: Evaluation(arms, None)}).does
    assert closed.after is None
