"""What the manifest says of a stage, and of an evaluation: every score, and of several sets each."""

from types import SimpleNamespace

from compiler.plan.model import Allowed, Arm, Evaluate, PromptUse, Sampling, Stage
from runtime.manifest import _stage
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


def test_what_a_stage_allows_is_taken_down():
    allowed = (Allowed(code="SS613", because="each is new"),)
    stage = Stage(name="s", doc="", learner="base", budget_usd=None, steps=(), allowed=allowed)
    method = SimpleNamespace(stages=(stage,), datasets={}, rules={}, prompts={}, constitutions={})
    binding = SimpleNamespace(seed=0)
    work = SimpleNamespace(records={}, outcomes={}, interventions=(), method=method, binding=binding)
    assert _stage(stage, work)["allowed"] == [{"code": "SS613", "because": "each is new"}]
