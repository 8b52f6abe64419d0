"""Rate: a critic's score of each record, as a column."""

from __future__ import annotations

from compiler.plan.model import Rate
from runtime.records import Record
from runtime.steps.scoring import scored, use_scores
from runtime.work import Work


def rate(step: Rate, work: Work, records: list[Record]) -> None:
    values = use_scores(work, step.id, step.critic, records)
    work.keep(step.id, scored(step.id, records, values), ())
