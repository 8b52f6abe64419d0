"""Rounds: they end when enough is kept, and a shortfall is told or ends the run."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from compiler.plan.model import (
    Expression,
    Filter,
    Generate,
    PromptUse,
    Quality,
    Requirement,
    Sampling,
    Scaled,
    Stage,
)
from compiler.plan.selection import Selection
from runtime import scheduler
from runtime.failures import RunStopped
from runtime.records import Record, StepRecords
from runtime.steps.generate import prompts_in_round
from runtime.work import Work as RealWork


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
            binding=SimpleNamespace(
                rehearsal=False, counts={"s.ideas": Scaled(until_kept=10, at_most_rounds=3)}
            ),
            records={},
            taints=[],
            step_seconds={},
            tally=Counter(),
            step_tallies={},
            journal=SimpleNamespace(append=lambda *_, **__: None),
            listener=lambda _: None,
            good=good,
            outcomes={},
            runs=lambda model: model == "base",
            keep=lambda id, kept, _: self.add(id, list(kept)),
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
    assert work.taints == ["only 3 of 10 wanted records in s.fresh after 3 rounds"]
    with pytest.raises(RunStopped, match="only 3 of 10"):
        scheduler.execute(Work(stage("stop"), good=1))  # type: ignore[arg-type]


def test_a_step_that_takes_longer_than_its_limit_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its time counts over all rounds: 40 seconds are within a minute, and twice 40 are not."""
    seconds = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: seconds[0])
    source, kept = stage().steps
    work = Work(replace(stage(), steps=(source, replace(kept, limit_seconds=60.0))), good=4)
    work.journal.sync = lambda: None

    def slow(_: Any, work: Work, records: list[Record]) -> None:
        seconds[0] += 40
        in_time(work, "fresh")  # type: ignore[arg-type]
        work.add("s.fresh", records)

    in_time = RealWork.in_time
    monkeypatch.setattr(scheduler, "MAPS", {"filter": slow})
    with pytest.raises(RunStopped, match="fresh has taken longer than its limit"):
        scheduler.execute(work)  # type: ignore[arg-type]
    assert len(work.records["s.fresh"].kept) == 4


def test_steps_that_are_not_selected_are_left_out() -> None:
    work = Work(stage(), good=4)
    work.selection = Selection(frozenset({"s.fresh"}))
    work.records["s.ideas"] = StepRecords([Record("r0/0", 0, 0, {})])
    scheduler.execute(work)  # type: ignore[arg-type]
    assert list(work.step_seconds) == ["s.fresh"]
    assert work.step == ""


@pytest.mark.parametrize(("rehearsal", "rounds"), [(False, 1), (True, 3)])
def test_a_closed_pilot_ends_the_rounds_of_all_but_a_rehearsal(
    rehearsal: bool, rounds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def close(step: Quality, work: Work) -> None:
        work.outcomes[step.id] = SimpleNamespace(open=False)

    monkeypatch.setattr(scheduler, "DECIDES", {"quality": close})
    plain = stage()
    pilot = Quality(id="s.pilot", inputs=("s.ideas",), round=0, require=())
    work = Work(replace(plain, steps=(*plain.steps, pilot)), good=4)
    work.binding.rehearsal = rehearsal
    scheduler.execute(work)  # type: ignore[arg-type]
    assert len(work.records["s.ideas"].kept) == 4 * rounds


def test_what_a_model_was_to_do_that_was_not_trained_is_not_done() -> None:
    plain = stage()
    again = Generate(
        id="s.again",
        inputs=("s.fresh",),
        model="s.student",
        prompt=PromptUse(prompt="p"),
        sampling=Sampling(max_tokens=5),
        into="response",
    )
    work = Work(replace(plain, steps=(*plain.steps, again)), good=4)
    said: list[str] = []
    work.listener = lambda event: said.append(getattr(event, "text", ""))
    scheduler.execute(work)  # type: ignore[arg-type]
    assert len(work.records["s.fresh"].kept) == 12
    assert work.records["s.again"].kept == []
    assert "again passes nothing on: s.student was not trained" in said


def with_retries(good: int, monkeypatch: pytest.MonkeyPatch) -> tuple[Work, list[int]]:
    """A pilot that wants six of all there are, and may be asked twice more; the prompts of each round."""
    enough = Expression(op=">=", args=(Expression(op="kept", args=("s.fresh",)), 6))
    require = (Requirement(condition=enough, text="kept(fresh) >= 6 kept"),)
    pilot = Quality(id="s.pilot", inputs=("s.ideas",), round=0, require=require, retries=2)
    plain = stage()
    work = Work(replace(plain, steps=(*plain.steps, pilot)), good)
    work.decide = lambda id, outcome, **_: work.outcomes.__setitem__(id, outcome)
    sizes: list[int] = []

    def write(step: Generate, work: Work, round: int) -> None:
        sizes.append(prompts_in_round(step, work, round))  # type: ignore[arg-type]
        work.outcomes["s.ideas/prompts"] = sizes
        work.add("s.ideas", [Record(f"r{round}/{i}", round, i, {}) for i in range(4)])

    monkeypatch.setattr(scheduler, "write", write)
    return work, sizes


def test_a_closed_pilot_is_asked_again_of_all_records(monkeypatch: pytest.MonkeyPatch) -> None:
    work, sizes = with_retries(3, monkeypatch)
    scheduler.execute(work)  # type: ignore[arg-type]
    outcome = work.outcomes["s.pilot"]
    assert (outcome.open, outcome.rounds, outcome.ruled[0].measured) == (True, 2, "6")
    assert sizes[:2] == [4, 4]  # the second as large as the pilot
    assert sizes[2] != 4  # and then as many as are needed


def test_after_its_retries_a_closed_pilot_stops_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    work, sizes = with_retries(1, monkeypatch)
    with pytest.raises(RunStopped, match=r"kept\(fresh\) >= 6 kept \(measured 3\)"):
        scheduler.execute(work)  # type: ignore[arg-type]
    assert sizes == [4, 4, 4]


def test_a_pilot_that_opens_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    work, _ = with_retries(6, monkeypatch)
    monkeypatch.setattr(scheduler, "MAPS", {"filter": lambda _, work, __: work.add("s.fresh", SIX)})
    scheduler.execute(work)  # type: ignore[arg-type]
    assert (work.outcomes["s.pilot"].open, work.outcomes["s.pilot"].rounds) == (True, 1)


SIX = [Record(f"r0/{i}", 0, i, {}) for i in range(6)]
