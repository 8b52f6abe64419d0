"""Compare: how much a critic prefers one of a record's texts to another, as a column."""

from __future__ import annotations

from compiler.plan.model import Compare
from runtime.records import Record
from runtime.steps.scoring import differences, scored
from runtime.work import Work


def compare(step: Compare, work: Work, records: list[Record]) -> None:
    values = differences(work, step.id, step.critic, step.first, step.second, records)
    work.keep(step.id, scored(step.id, records, values), ())
