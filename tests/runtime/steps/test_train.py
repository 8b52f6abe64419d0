"""Train: what is said where there is no new model, and of one that a rehearsal trained all the same."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest
from small_work import SmallWork, records
from test_jobs import step as train_step

from compiler.plan.model import Supervised
from runtime.results import GateOutcome, Ruled
from runtime.steps.train import train

MODULE = import_module("runtime.steps.train")  # the package gives the function by this name
CLOSED = GateOutcome((Ruled("accepted(pairs) >= 25 %", False, "10 %"),))
STEP = train_step(Supervised(target="response"), start="base", needs=("s.pilot",))


@dataclass(frozen=True)
class Trained:
    """As much of a training's result as the step itself looks at."""

    adapter_sha256: str
    foreseen_gib: float | None = None


def work(rehearsal: bool, kept: int = 3) -> SmallWork:
    small = SmallWork(
        {"s.ordered": records(*[{}] * kept)},
        not_trained={},
        adapters={},
        runs=lambda model: model == "base",
        plan=SimpleNamespace(quote=SimpleNamespace(steps={})),
    )
    small.binding.rehearsal = rehearsal
    small.outcomes["s.pilot"] = CLOSED
    return small


@pytest.mark.parametrize(
    ("rehearsal", "kept", "why"),
    [(False, 3, "gate pilot is closed"), (True, 0, "no record was accepted that it could learn from")],
)
def test_why_a_step_is_not_trained_is_kept(rehearsal: bool, kept: int, why: str) -> None:
    small = work(rehearsal, kept)
    train(STEP, small)  # type: ignore[arg-type]
    assert small.outcomes["s.student"] is None
    assert small.not_trained == {"s.student": why}
    assert small.decided["why"] == why
    assert small.taints == []


def test_a_training_past_a_closed_gate_is_a_taint_that_names_its_stage(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    small = work(rehearsal=True)
    monkeypatch.setattr(MODULE, "job_of", lambda *_: SimpleNamespace(out=str(tmp_path)))
    monkeypatch.setattr(MODULE, "_trained", lambda *_: Trained("a"))
    monkeypatch.setattr(MODULE, "_certify_adapter", lambda *_: None)
    train(STEP, small)  # type: ignore[arg-type]
    assert small.taints == ["s.student was trained past a closed gate: pilot"]
    assert small.not_trained == {}
