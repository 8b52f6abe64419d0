"""What the manifest says of a stage, and of an evaluation: every score, and of several sets each."""

import subprocess
from types import SimpleNamespace

from compiler.plan.model import Allowed, Arm, Evaluate, PromptUse, Sampling, Stage
from runtime import manifest
from runtime.manifest_evaluation import evaluation
from runtime.steps.evaluate import Answer, Evaluation

STEP = Evaluate(
    id="s.after",
    items=("test", "older"),
    arms={"tuned": Arm(model="s.student", prompt=PromptUse(prompt="bare"))},
    answer="response",
    sampling=Sampling(max_tokens=5),
    score=("check", "good"),
)


def test_rates_are_told_by_score_and_by_set():
    answers = [
        Answer(f"{of}/{n}", of, "all", "a", "a", None, "stop", passed=n < 2, passed_raw=n < 1)
        for of, many in (("test", 4), ("older", 2))
        for n in range(many)
    ]
    judged = {"good": {"tuned": {a.item: a.items == "older" for a in answers}}}
    work = SimpleNamespace(
        outcomes={STEP.id: Evaluation({"tuned": answers}, None, judged, STEP.score)},
        data={
            "test": [{"id": n, "instruction": "Say."} for n in range(4)],
            "older": [{"id": n, "instruction": "Say."} for n in range(2)],
        },
    )
    told = evaluation(STEP, work)
    assert (told["score"], told["scores"], told["number_of_items"]) == ("check", ["check", "good"], 6)
    arm = told["arms"]["tuned"]
    assert (arm["passed"], arm["passed_raw"]) == (4, 2)
    assert {score: found["passed"] for score, found in arm["scores"].items()} == {"check": 4, "good": 2}
    by_set = {
        score: {of: part["rate"]["value"] for of, part in found["sets"].items()}
        for score, found in arm["scores"].items()
    }
    assert by_set == {"check": {"test": 0.5, "older": 1.0}, "good": {"test": 0.0, "older": 1.0}}


def test_the_gpu_is_named_as_it_names_itself(monkeypatch):
    def told(*_, **__):
        return subprocess.CompletedProcess([], 0, stdout="NVIDIA H200, 580.1\nNVIDIA H200, 580.1\n")

    monkeypatch.setattr(manifest.subprocess, "run", told)
    assert manifest._gpu() == "NVIDIA H200, 580.1"

    def missing(*_, **__):
        raise FileNotFoundError("nvidia-smi")

    monkeypatch.setattr(manifest.subprocess, "run", missing)
    assert manifest._gpu() is None


def test_what_a_stage_allows_is_taken_down():
    allowed = (Allowed(code="SS613", because="each is new"),)
    stage = Stage(name="s", doc="", learner="base", budget_usd=None, steps=(), allowed=allowed)
    method = SimpleNamespace(stages=(stage,), datasets={}, rules={}, prompts={}, constitutions={})
    binding = SimpleNamespace(seed=0)
    work = SimpleNamespace(
        records={}, outcomes={}, interventions=(), method=method, binding=binding, not_trained={}
    )
    assert manifest._stage(stage, work)["allowed"] == [{"code": "SS613", "because": "each is new"}]
