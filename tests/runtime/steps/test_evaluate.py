"""Evaluations: a closed gate keeps held-out items sealed, and a rehearsal that goes on says so."""

from importlib import import_module
from types import SimpleNamespace

import pytest

from compiler.plan.expressions import Missing
from compiler.plan.model import Arm, Evaluate, PromptUse, Sampling
from runtime.engines.protocol import Completion
from runtime.results import GateOutcome, Ruled, _measured
from runtime.steps.evaluate import Evaluation, evaluate

module = import_module("runtime.steps.evaluate")  # its package exports a function of the same name

STEP = Evaluate(
    id="s.after",
    needs=("s.ready",),
    items=("test",),
    arms={"raw": Arm(model="base", prompt=PromptUse(prompt="bare"))},
    answer="response",
    sampling=Sampling(max_tokens=5),
)
ITEM = {"id": "1", "instruction": "Name a colour.", "check": {"kind": "one_of", "forms": ["red"]}}


class Work(SimpleNamespace):
    def decide(self, step, outcome, **fields):
        self.outcomes[step] = outcome
        self.decided = fields

    def runs(self, model):
        return model in self.method.models


def run(monkeypatch, gate_open, rehearsal):
    """The step over one item, and how often its arms were asked."""
    asked = []
    work = Work(
        binding=SimpleNamespace(rehearsal=rehearsal),
        method=SimpleNamespace(models={"base"}),
        outcomes={"s.ready": GateOutcome((Ruled("kept(good) > 9 kept", gate_open, "3"),))},
        data={"test": [ITEM]},
        taints=[],
        listener=lambda _: None,
    )

    def answer(step, name, _, items, work):
        asked.append(name)
        completion = Completion("x", (), "red", "stop")
        return [module._score(step, item, completion, work) for item in items]

    monkeypatch.setattr(module, "_run_arm", answer)
    evaluate(STEP, work)
    return work, asked


def test_an_open_gate_lets_the_arms_answer(monkeypatch):
    work, asked = run(monkeypatch, gate_open=True, rehearsal=False)
    assert asked == ["raw"]
    assert work.taints == []
    assert isinstance(work.outcomes["s.after"], Evaluation)


def test_a_closed_gate_keeps_the_items_sealed_and_closes_what_asks_for_the_result(monkeypatch):
    work, asked = run(monkeypatch, gate_open=False, rehearsal=False)
    assert asked == []
    assert work.decided == {"run": False, "closed": ["ready"]}
    with pytest.raises(Missing, match="has not been run"):
        _measured("arm_rate", ("s.after", "raw", "check"), work, None)


def test_a_rehearsal_goes_on_and_is_tainted(monkeypatch):
    work, asked = run(monkeypatch, gate_open=False, rehearsal=True)
    assert asked == ["raw"]
    assert work.taints == ["s.after was run past a closed gate: ready"]
