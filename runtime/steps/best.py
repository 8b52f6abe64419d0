"""Best: of a record's drafts the one that a critic scores highest."""

from __future__ import annotations

from compiler.plan.model import Best
from runtime.records import Record, Rejected
from runtime.steps.scoring import scored, use_scores
from runtime.work import Work

NOT_BEST = "not best"


def best(step: Best, work: Work, records: list[Record]) -> None:
    """The best draft of each record: drafts have the record's id and a number. Ties go to the first."""
    values = use_scores(work, step.id, step.critic, records)
    rated = scored(step.id, records, values)
    first: dict[str, int] = {}
    for i, record in enumerate(records):
        of = record.id.rpartition("/")[0]
        if of not in first or values[i] > values[first[of]]:
            first[of] = i
    chosen = set(first.values())
    work.keep(
        step.id,
        [record for i, record in enumerate(rated) if i in chosen],
        [Rejected(record, NOT_BEST) for i, record in enumerate(rated) if i not in chosen],
    )
