"""Order: in which order records are learnt."""

from __future__ import annotations

from compiler.plan.model import Order
from runtime.records import Record
from runtime.work import Work


def order(step: Order, work: Work) -> None:
    """Records by a column; ties keep their order. Their index is their new place."""
    records = work.records[step.source].kept
    sign = -1 if step.first == "high" else 1
    ranked = sorted(records, key=lambda record: sign * float(record.columns[step.by]))
    work.keep(step.id, [Record(r.id, r.round, i, r.columns) for i, r in enumerate(ranked)], ())
