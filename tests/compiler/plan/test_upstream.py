"""Which steps a change reaches, as far as they keep and write otherwise by it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from compiler.compile import compile_spec
from compiler.plan.model import PlanFile
from compiler.plan.reading import adapter
from compiler.plan.upstream import meanings

GOOD = Path(__file__).parents[1] / "good"
RECORDS = {"ideas", "fresh", "clear", "answers", "clean", "good", "data", "pilot", "student"}

Changed = Callable[[str, str], set[str]]


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PlanFile:
    shutil.copytree(GOOD, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return compiled()


def compiled() -> PlanFile:
    plan = compile_spec("stage.stage", "test").plan
    assert plan is not None
    return plan


@pytest.fixture
def changed(plan: PlanFile) -> Changed:
    def changed(old: str, new: str) -> set[str]:
        """Names of the steps that mean something else after an edit."""
        path = Path("stage.stage")
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
        now = compiled()
        before, after = meanings(plan.method, plan.binding), meanings(now.method, now.binding)
        return {id.removeprefix("small.") for id in after if before.get(id) != after[id]}

    return changed


@pytest.mark.parametrize(
    ("old", "new", "reached"),
    [
        ("100 kept in good", "200 kept in good", set()),
        ("20 items", "30 items", set()),
        ("9 rounds", "8 rounds", set()),
        ('doc     = "The smallest', 'doc     = "A small', set()),
        ("margin >= 1.0 nats", "margin >= 2.0 nats", {"good", "data", "pilot", "student"}),
        # The source shows what the filter keeps.
        ("similarity = 80 %", "similarity = 70 %", RECORDS),
        ("epochs     = 2", "epochs     = 3", {"student"}),
        ("accepted(good) >= 50 %", "accepted(good) >= 40 %", {"pilot"}),
    ],
)
def test_a_change_reaches_what_is_behind_it(changed: Changed, old: str, new: str, reached: set[str]) -> None:
    assert changed(old, new) == reached


def test_a_profile_changes_nothing_but_its_checkpoints(plan: PlanFile) -> None:
    binding = replace(plan.binding, seed=plan.binding.seed + 1, scale=0.5, profile="other", held_out=3)
    assert meanings(plan.method, binding) == meanings(plan.method, plan.binding)


def test_a_plan_read_from_a_file_means_the_same(plan: PlanFile) -> None:
    read = adapter(PlanFile).validate_json(adapter(PlanFile).dump_json(plan))
    assert meanings(read.method, read.binding) == meanings(plan.method, plan.binding)
