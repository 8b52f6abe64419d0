"""Judge: keep what a calibrated critic accepts."""

from __future__ import annotations

from compiler.plan.model import Judge
from runtime.critics import rows_for, scores
from runtime.records import Record, Rejected
from runtime.work import Work

SINK = "not accepted"


def judge(step: Judge, work: Work, records: list[Record]) -> None:
    """Accept at the threshold that calibration set before anything was made; see `runtime.bind`."""
    ruling = work.rulings[step.id]
    critic = work.method.critics[step.critic.critic]
    name = step.id.rpartition(".")[2]
    rows = rows_for(step.critic, critic.columns, records)
    values = scores(work, name, step.id, critic.methods[ruling.method], rows, work.adapter(step.critic.model))
    kept: list[Record] = []
    rejected: list[Rejected] = []
    for record, value in zip(records, values, strict=True):
        scored = record.with_columns(**{f"{name}_score": value})
        if ruling.threshold is not None and value >= ruling.threshold:
            kept.append(scored)
        else:
            rejected.append(Rejected(scored, SINK))
    work.keep(step.id, kept, rejected)
