"""Judge: keep what a calibrated critic accepts."""

from __future__ import annotations

from compiler.plan.model import Judge
from runtime.records import Record, Rejected
from runtime.rulings import ruling
from runtime.steps.scoring import use_scores
from runtime.work import Work

SINK = "not accepted"


def judge(step: Judge, work: Work, records: list[Record]) -> None:
    """Accept at the threshold that calibration set before anything was judged; see `runtime.rulings`."""
    made = ruling(work, step.id, step.critic, step.accept)
    name = step.id.rpartition(".")[2]
    values = use_scores(work, step.id, step.critic, records, step.accept)
    kept: list[Record] = []
    rejected: list[Rejected] = []
    for record, value in zip(records, values, strict=True):
        scored = record.with_columns(**{f"{name}_score": value})
        if made.threshold is not None and value >= made.threshold:
            kept.append(scored)
        else:
            rejected.append(Rejected(scored, SINK))
    work.keep(step.id, kept, rejected)
