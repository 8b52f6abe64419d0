"""What a person reads last in the terminal."""

from __future__ import annotations

from compiler.plan.model import Evaluate, Output
from runtime.figures.items import group_lines
from runtime.steps.evaluate import Evaluation
from runtime.work import Work


def closing_lines(work: Work) -> tuple[str, ...]:
    """What a person reads last: what was made, the verdict, and the stage's two answers."""
    lines: list[str] = []
    for stage in work.method.stages:
        for step in stage.steps:
            outcome = work.outcomes.get(step.id)
            if isinstance(step, Evaluate) and isinstance(outcome, Evaluation):
                for score in outcome.scores:
                    rates = ", ".join(f"{name} {outcome.rate(name, score):.1%}" for name in outcome.arms)
                    by = "" if score == "check" else f" by {score}"
                    lines.append(f"{step.id}{by}: {rates}")
                lines += group_lines(step, work)
                if outcome.verdict is not None:
                    lines.append(f"verdict: {outcome.verdict.outcome}")
                    lines += [f"  {reason}" for reason in outcome.verdict.reasons]
            if isinstance(step, Output) and outcome is not None:
                lines.append(f"{step.id}: {outcome}")
    return tuple(lines)
