"""Rounds: they end when enough is kept, and a shortfall is told or ends the run."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from compiler.plan.model import Filter, Generate, PromptUse, Sampling, Scaled, Stage
from compiler.plan.selection import Selection
from runtime import scheduler
from runtime.failures import RunStopped
from runtime.records import Record, StepRecords


def stage(shortfall: str = "taint") -> Stage:
    source = Generate(
        id="s.ideas",
        model="base",
        prompt=PromptUse(prompt="p"),
        sampling=Sampling(max_tokens=5),
        into="instruction",
        until_kept=10,
        until_step="s.fresh",
        pilot_items=4,
        at_most_rounds=3,
        shortfall=shortfall,  # type: ignore[arg-type]
    )
    steps = (source, Filter(id="s.fresh", inputs=("s.ideas",)))
    return Stage(name="s", doc="", learner="base", budget_usd=None, steps=steps)


class Work(SimpleNamespace):
    """Each round makes four records, of which `good` are kept."""

    def __init__(self, of: Stage, good: int) -> None:
        super().__init__(
            method=SimpleNamespace(stages=(of,)),
            selection=Selection(frozenset(step.id for step in of.steps)),
            binding=SimpleNamespace(counts={"s.ideas": Scaled(until_kept=10, at_most_rounds=3)}),
            records={},
            taints=[],
            step_seconds={},
            tally=Counter(),
            step_tallies={},
            journal=SimpleNamespace(append=lambda *_, **__: None),
            listener=lambda _: None,
            good=good,
        )

    def add(self, id: str, many: list[Record]) -> None:
        self.records.setdefault(id, StepRecords()).add(many, ())


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    def write(_: Any, work: Work, round: int) -> None:
        work.add("s.ideas", [Record(f"r{round}/{i}", round, i, {}) for i in range(4)])

    def keep(_: Any, work: Work, records: list[Record]) -> None:
        work.add("s.fresh", records[: work.good])

    monkeypatch.setattr(scheduler, "write", write)
    monkeypatch.setattr(scheduler, "MAPS", {"filter": keep, "generate": keep})


def test_rounds_end_when_enough_is_kept() -> None:
    work = Work(stage(), good=4)
    scheduler.execute(work)  # type: ignore[arg-type]
    assert [len(work.records[id].kept) for id in ("s.ideas", "s.fresh")] == [12, 12]
    assert work.taints == []


def test_too_few_records_taint_or_stop() -> None:
    work = Work(stage(), good=1)
    scheduler.execute(work)  # type: ignore[arg-type]
    assert work.taints == ["only 3 of 10 wanted records in fresh after 3 rounds"]
    with pytest.raises(RunStopped, match="only 3 of 10"):
        scheduler.execute(Work(stage("stop"), good=1))  # type: ignore[arg-type]


def test_steps_that_are_not_selected_are_left_out() -> None:
    work = Work(stage(), good=4)
    work.selection = Selection(frozenset({"s.fresh"}))
    work.records["s.ideas"] = StepRecords([Record("r0/0", 0, 0, {})])
    scheduler.execute(work)  # type: ignore[arg-type]
    assert list(work.step_seconds) == ["s.fresh"]
    assert work.step == ""
