"""Evaluations: a closed gate keeps held-out items sealed, and a rehearsal that goes on says so."""

from dataclasses import replace
from importlib import import_module
from types import SimpleNamespace

import pytest

from compiler.plan.expressions import Missing
from compiler.plan.model import (
    Accept,
    Arm,
    Comparison,
    CriticScore,
    CriticUse,
    Cut,
    Dataset,
    Evaluate,
    PromptUse,
    Rules,
    RulesUse,
    Sampling,
    Trim,
)
from runtime.engines.protocol import Completion
from runtime.journal import Journal, read
from runtime.manifest_evaluation import agreement
from runtime.results import GateOutcome, Ruled, _measured
from runtime.rulings import Ruling
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
CHECK = {"kind": "one_of", "forms": ["red"]}
ITEM = {"id": "1", "instruction": "Name a colour.", "check": CHECK}
DEV = Dataset(role="held_out", columns={}, sha256="d", items=1, split="dev")


class Work(SimpleNamespace):
    def decide(self, step, outcome, **fields):
        self.outcomes[step] = outcome
        self.decided = fields

    def runs(self, model):
        return model in self.method.models


def run(monkeypatch, gate_open, rehearsal, step=STEP, items=(ITEM,), dataset=DEV, folder=None):
    """The step over its items, and how often its arms were asked."""
    asked = []
    work = Work(
        binding=SimpleNamespace(rehearsal=rehearsal, engine="transformers"),
        method=SimpleNamespace(models={"base"}, datasets={"test": dataset}, rules={}),
        plan=SimpleNamespace(hashes=SimpleNamespace(plan=folder.name if folder else "p")),
        folder=folder,
        journal=Journal(folder) if folder else None,
        outcomes={"s.ready": GateOutcome((Ruled("kept(good) > 9 kept", gate_open, "3"),))},
        data={"test": items},
        rulings={"s.after.good": Ruling(0, 2.0)},
        taints=[],
        listener=lambda _: None,
    )

    def answer(step, name, _, items, work):
        asked.append(name)
        completion = Completion("x", (), "red", "stop")
        return [module.score_answer(step, item, completion, work) for item in items]

    monkeypatch.setattr(module, "_run_arm", answer)
    evaluate(step, work)
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


def test_an_answer_is_scored_as_it_was_written_too():
    """The cut would hide that the model rambled on to another colour."""
    cut = Rules(columns={"response": "text"}, subject="response", statements=(Cut(at="###"), Trim()))
    step = replace(STEP, needs=(), rules=(RulesUse(rules="cut"),))
    work = SimpleNamespace(method=SimpleNamespace(rules={"cut": cut}))
    item = {**ITEM, "check": {"kind": "choice", "forms": ["red"], "others": ["blue"]}, "drawn by": ("test",)}
    answer = module.score_answer(step, item, Completion("x", (), "red ### blue", "stop"), work)
    assert (answer.text, answer.passed, answer.passed_raw) == ("red", True, False)
    outcome = Evaluation({"raw": [answer]}, None)
    assert (outcome.flags("raw", "check"), outcome.flags_raw("raw", "check")) == ({"1": True}, {"1": False})


def test_a_critics_score_is_asked_at_its_threshold_and_compared(monkeypatch):
    """The comparison is by the score that the plan names, and not by the checks."""
    accept = Accept(by="margin", at_least=1.0)
    critic = CriticScore(critic=CriticUse(critic="good", model="base"), accept=accept)
    step = replace(STEP, needs=(), score=("check", "good"), critics={"good": critic})
    answers = {
        arm: [module.Answer(f"{i}", "test", "all", text, text, None, "stop", False, False) for i in range(4)]
        for arm, text in (("raw", "short"), ("tuned", "a longer answer"))
    }
    items = [{"id": f"{i}", "instruction": "Say."} for i in range(4)]
    asked = []

    def scores(_, key, use, records, accept):
        asked.append((key, use.critic, accept.at_least))
        return [float(len(record.columns["response"].split())) for record in records]

    monkeypatch.setattr(module, "use_scores", scores)
    values = {"good": module._values(step, "good", answers, items, None)}
    assert asked == [("s.after.good/raw", "good", 1.0), ("s.after.good/tuned", "good", 1.0)]
    work = SimpleNamespace(rulings={"s.after.good": Ruling(0, 2.0)})
    outcome = module.judged_by(step, Evaluation(answers, None, {}, step.score, values), work)
    assert (outcome.rate("raw", "good"), outcome.rate("tuned", "good")) == (0.0, 1.0)
    assert outcome.rate("tuned", "check") == 0.0
    with pytest.raises(Missing, match="has no other"):
        outcome.rate("tuned", "other")


def test_a_second_judge_sees_the_same_share_in_every_arm_and_its_agreement_is_told(monkeypatch):
    accept = Accept(by="margin", at_least=1.0)
    critics = {
        "good": CriticScore(critic=CriticUse(critic="good", model="base"), accept=accept),
        "other": CriticScore(critic=CriticUse(critic="other", model="base"), accept=accept, share=0.5),
    }
    step = replace(STEP, needs=(), score=("good", "other"), critics=critics)
    answers = {
        arm: [module.Answer(f"{i}", "test", "all", text, text, None, "stop", None, None) for i in range(20)]
        for arm, text in (("raw", "short"), ("tuned", "a longer answer"))
    }
    items = [{"id": f"{i}", "instruction": "Say."} for i in range(20)]
    seen = {}

    def scores(_, key, use, records, __):
        seen[key] = [record.id for record in records]
        odd = use.critic == "other"  # the second judge dislikes every answer to an odd item
        return [0.0 if odd and int(r.id) % 2 else float(len(r.columns["response"])) for r in records]

    monkeypatch.setattr(module, "use_scores", scores)
    work = SimpleNamespace(
        binding=SimpleNamespace(seed=3),
        rulings={"s.after.good": Ruling(0, 9.0), "s.after.other": Ruling(0, 9.0)},
    )
    values = {name: module._values(step, name, answers, items, work) for name in critics}
    assert len(seen["s.after.good/raw"]) == 20
    assert len(seen["s.after.other/raw"]) == 10
    assert seen["s.after.other/raw"] == seen["s.after.other/tuned"]
    outcome = module.judged_by(step, Evaluation(answers, None, {}, step.score, values), work)
    odd = sum(int(item) % 2 for item in seen["s.after.other/raw"])
    assert 0 < odd < 10
    assert outcome.rate("tuned", "other") == (10 - odd) / 10
    told = agreement(outcome, "good", "other")
    assert (told["answers"], told["alike"]) == (20, (20 - odd) / 20)
    expected = (10 * (10 - odd) + 10 * (10 + odd)) / 400  # by chance, of what each judge passes
    assert told["kappa"] == pytest.approx(((20 - odd) / 20 - expected) / (1 - expected))


def test_items_without_a_check_are_scored_by_the_critic_alone(monkeypatch):
    critic = CriticScore(
        critic=CriticUse(critic="good", model="base"), accept=Accept(by="margin", at_least=1.0)
    )
    step = replace(STEP, needs=(), score=("good",), critics={"good": critic})
    monkeypatch.setattr(module, "use_scores", lambda *_: [3.0])
    work, _ = run(monkeypatch, True, False, step, ({"id": "1", "instruction": "Say."},))
    outcome = work.outcomes["s.after"]
    assert (outcome.score, outcome.rate("raw", "good")) == ("good", 1.0)
    with pytest.raises(Missing, match="has no check"):
        outcome.rate("raw", "check")


def test_a_set_that_other_plans_opened_leaves_less_alpha(monkeypatch, tmp_path):
    """The second plan has half; the first one run again says what it said, and opens nothing anew."""
    arms = dict.fromkeys(("raw", "tuned"), STEP.arms["raw"])
    compare = Comparison(arm="tuned", baseline="raw", alpha=0.04, smallest_effect=0.1)
    step = replace(STEP, arms=arms, compare=compare)
    sealed = replace(DEV, split="test", sha256="t")

    def verdict(plan, dataset=sealed):
        work, _ = run(monkeypatch, True, False, step, dataset=dataset, folder=tmp_path / plan)
        work.journal.sync()
        return work.outcomes["s.after"].verdict

    assert (verdict("one").opened_before, verdict("one").alpha) == (0, 0.04)
    second = verdict("two")
    assert (second.opened_before, second.alpha) == (1, 0.02)
    assert any("1 other plan opened these items before" in reason for reason in second.reasons)
    assert verdict("two") == second
    assert verdict("one").opened_before == 0
    assert verdict("three").opened_before == 2
    assert verdict("four", replace(sealed, sha256="u")).opened_before == 0
    assert verdict("five", replace(DEV, sha256="t")).opened_before == 0
    assert verdict("six").opened_before == 3
    event = next(event for event in read(tmp_path / "one" / "journal.jsonl") if event["event"] == "opened")
    assert (event["sha256"], event["plan"], event["step"]) == ("t", "one", "s.after")
    assert not list(read(tmp_path / "five" / "journal.jsonl"))
