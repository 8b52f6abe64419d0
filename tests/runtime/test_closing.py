"""The last lines in a terminal: each verdict with its own reasons, and once what all have to admit."""

from types import SimpleNamespace

from compiler.plan.model import Evaluate, Output, Sampling
from runtime.closing import closing_lines
from runtime.steps.evaluate import Answer, Evaluation

SHARED = "a rehearsal may go on past closed gates"


def work(*own: str) -> SimpleNamespace:
    """A stage for each reason, whose verdict has that one and the shared one."""
    stages, outcomes = [], {}
    for number, reason in enumerate(own):
        after = Evaluate(
            id=f"s{number}.after",
            items=("test",),
            arms={},
            answer="response",
            sampling=Sampling(max_tokens=5),
            score=("check",),
        )
        out = Output(id=f"s{number}.model", model="base", gate="gate", otherwise="base")
        stages.append(SimpleNamespace(steps=(after, out)))
        answers = [Answer("1", "test", "all", "a", "a", None, "stop", passed=True, passed_raw=True)]
        verdict = SimpleNamespace(outcome="not shown", reasons=(reason, SHARED), score="check")
        outcomes[after.id] = Evaluation({"tuned": answers}, verdict)  # type: ignore[arg-type]
        outcomes[out.id] = "base"
    return SimpleNamespace(method=SimpleNamespace(stages=stages), outcomes=outcomes)


def test_what_every_verdict_admits_is_told_once() -> None:
    assert closing_lines(work("p is not below alpha", "the lift is too small")) == (  # type: ignore[arg-type]
        "s0.after: tuned 100.0%",
        "verdict: not shown",
        "  p is not below alpha",
        "s0.model: base",
        "s1.after: tuned 100.0%",
        "verdict: not shown",
        "  the lift is too small",
        "s1.model: base",
        "of every verdict:",
        f"  {SHARED}",
    )


def test_one_verdict_keeps_its_reasons_together() -> None:
    assert closing_lines(work("p is not below alpha")) == (  # type: ignore[arg-type]
        "s0.after: tuned 100.0%",
        "verdict: not shown",
        "  p is not below alpha",
        f"  {SHARED}",
        "s0.model: base",
    )
