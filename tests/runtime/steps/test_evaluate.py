"""Evaluations: a closed gate keeps held-out items sealed, and a rehearsal that goes on says so."""

from importlib import import_module
from types import SimpleNamespace

import pytest

from compiler.plan.expressions import Missing
from compiler.plan.model import Accept, Arm, CriticScore, CriticUse, Evaluate, PromptUse, Sampling
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


def test_a_critics_score_is_asked_at_its_threshold_and_compared(monkeypatch):
    """The comparison is by the score that the plan names, and not by the checks."""
    accept = Accept(by="margin", at_least=1.0)
    critic = CriticScore(critic=CriticUse(critic="good", model="base"), accept=accept)
    step = STEP.model_copy(update={"needs": (), "score": ("check", "good"), "critics": {"good": critic}})
    answers = {
        arm: [module.Answer(f"{i}", "all", text, text, None, "stop", False, False) for i in range(4)]
        for arm, text in (("raw", "short"), ("tuned", "a longer answer"))
    }
    items = [{"id": f"{i}", "instruction": "Say."} for i in range(4)]
    asked = []

    def scores(_, key, use, records, accept):
        asked.append((key, use.critic, accept.at_least))
        return [float(len(record.columns["response"].split())) for record in records]

    monkeypatch.setattr(module, "use_scores", scores)
    monkeypatch.setattr(module, "ruling", lambda *_: SimpleNamespace(threshold=2.0))
    judged = {"good": module._judged(step, "good", answers, items, None)}
    assert asked == [("s.after.good/raw", "good", 1.0), ("s.after.good/tuned", "good", 1.0)]
    outcome = Evaluation(answers, None, judged)
    assert (outcome.rate("raw", "good"), outcome.rate("tuned", "good")) == (0.0, 1.0)
    assert outcome.rate("tuned", "check") == 0.0
    with pytest.raises(Missing, match="has no other"):
        outcome.rate("tuned", "other")
