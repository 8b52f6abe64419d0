"""How many records steps read: what a mix leaves over, and how many rounds a source has."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from compiler.compile import compile_spec
from compiler.estimate import History
from compiler.estimate.counts import Counts, count
from compiler.plan.model import LATER_ROUND, Mix, PlanFile, Scaled

GOOD = Path(__file__).parents[1] / "good"


@pytest.fixture
def plans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, PlanFile]:
    shutil.copytree(GOOD, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    found = {}
    for name in ("stage", "second"):
        plan = compile_spec(f"{name}.stage", "test").plan
        assert plan is not None
        found[name] = plan
    return found


def counted(plan: PlanFile, kept: int, rounds: int) -> Counts:
    scaled = {id: Scaled(until_kept=kept, at_most_rounds=rounds) for id in plan.binding.counts}
    return count(plan.method.stages, scaled, History())


def test_rounds_after_the_pilot_hold_ten_times_as_many(plans: dict[str, PlanFile]) -> None:
    few, many = (counted(plans["stage"], kept, 40) for kept in (1, 10_000))
    (source,) = few.rounds
    pilot = few.at_pilot[source]
    assert few.rounds[source] == 1
    assert few.reads[source] == pilot
    assert many.rounds[source] > 2
    assert many.reads[source] <= pilot * (1 + LATER_ROUND * (many.rounds[source] - 1))
    capped = counted(plans["stage"], 10_000, 2)
    assert capped.rounds[source] == 2
    assert capped.reads[source] == pilot * (1 + LATER_ROUND)


def test_what_is_behind_a_split_is_not_gone_through_in_rounds(plans: dict[str, PlanFile]) -> None:
    counts = counted(plans["stage"], 100, 40)
    kinds = {step.id: step.kind for step in plans["stage"].method.stages[0].steps}
    assert {kinds[id] for id in counts.source} == {"generate", "filter", "judge"}


def test_a_mix_is_as_long_as_its_shortest_part_allows(plans: dict[str, PlanFile]) -> None:
    plan = plans["second"]
    counts = counted(plan, 100, 40)
    mixes = [step for stage in plan.method.stages for step in stage.steps if isinstance(step, Mix)]
    assert mixes
    for mix in mixes:
        given = [counts.gives[id] / share for id, share in mix.shares.items()]
        assert counts.gives[mix.id] == pytest.approx(min(given) * sum(mix.shares.values()))
        assert counts.gives[mix.id] < counts.reads[mix.id]
