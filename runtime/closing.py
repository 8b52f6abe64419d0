"""What a person reads last in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from compiler.plan.model import Evaluate, Output
from runtime.figures.items import group_lines
from runtime.steps.evaluate import Evaluation
from runtime.work import Work


def closing_lines(work: Work) -> tuple[str, ...]:
    """What a person reads last: what was made, the verdicts, and what each stage gives out. What every
    verdict has to admit is told once."""
    verdicts = [
        outcome.verdict.reasons
        for outcome in work.outcomes.values()
        if isinstance(outcome, Evaluation) and outcome.verdict is not None
    ]
    shared = [
        reason
        for reason in (verdicts[0] if len(verdicts) > 1 else ())
        if all(reason in reasons for reasons in verdicts)
    ]
    lines: list[str] = []
    for stage in work.method.stages:
        for step in stage.steps:
            outcome = work.outcomes.get(step.id)
            if isinstance(step, Evaluate) and isinstance(outcome, Evaluation):
                lines += _evaluation(step, outcome, work, shared)
            if isinstance(step, Output) and outcome is not None:
                lines.append(f"{step.id}: {outcome}")
    if shared:
        lines += ["of every verdict:", *(f"  {reason}" for reason in shared)]
    return tuple(lines)


def _evaluation(step: Evaluate, outcome: Evaluation, work: Work, shared: Sequence[str]) -> Iterator[str]:
    for score in outcome.scores:
        rates = ", ".join(f"{name} {outcome.rate(name, score):.1%}" for name in outcome.arms)
        yield f"{step.id}{'' if score == 'check' else f' by {score}'}: {rates}"
    if step.compare is not None and step.compare.test == "mcnemar":
        yield from group_lines(step, work)  # of all evaluations, types are in the report
    if outcome.verdict is not None:
        yield f"verdict: {outcome.verdict.outcome}"
        yield from (f"  {reason}" for reason in outcome.verdict.reasons if reason not in shared)
