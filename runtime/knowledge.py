"""A stage's two answers: what the model knows against what it does; and how much was automated."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.plan.model import Evaluate, Judge, Stage
from runtime.measured import Measured
from runtime.steps.evaluate import Evaluation


@dataclass(frozen=True, slots=True)
class StageAnswers:
    """`knows` is the AUC of each critic's best method on its labelled examples, before any training;
    `does` the share of held-out items that pass by the evaluation's score, by arm."""

    knows: dict[str, float]
    does_before: dict[str, float]
    does_after: dict[str, float]
    written_by_people: dict[str, int]
    labels_by_people: int
    held_out_by_people: int
    interventions: int
    written_by_model: int


def stage_answers(stage: Stage, work: Measured) -> StageAnswers:
    """Counted from the plan and the records; held-out items stand apart, since they teach nothing."""
    judges = [step for step in stage.steps if isinstance(step, Judge)]
    knows = {
        j.critic.critic: max(c.auc for c in work.calibrations[j.id])
        for j in judges
        if j.id in work.calibrations
    }
    before: dict[str, float] = {}
    after: dict[str, float] = {}
    for step in stage.steps:
        outcome = work.outcomes.get(step.id)
        if isinstance(step, Evaluate) and isinstance(outcome, Evaluation):
            place = after if step.compare else before
            place.update({name: round(outcome.rate(name, outcome.score), 4) for name in outcome.arms})
    by_role: dict[str, int] = {}
    for dataset in work.method.datasets.values():
        by_role[dataset.role] = by_role.get(dataset.role, 0) + dataset.items
    sources = [step.id for step in stage.steps if getattr(step, "until_step", None)]
    return StageAnswers(
        knows=knows,
        does_before=before,
        does_after=after,
        written_by_people={role: n for role, n in by_role.items() if role in ("pool", "exemplars")},
        labels_by_people=by_role.get("labelled", 0),
        held_out_by_people=by_role.get("held_out", 0),
        interventions=len(work.interventions),
        written_by_model=sum(len(work.records[id].kept) for id in sources if id in work.records),
    )
