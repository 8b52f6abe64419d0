"""What critics said: how a step's scores are spread, and how many records it accepted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from compiler.plan.meaning import critic_uses
from compiler.plan.model import AnyStep, Evaluate, Judge, Prefer, Stage
from runtime.records import Record
from runtime.statistics import Interval, share
from runtime.work import Work


@dataclass(frozen=True, slots=True)
class Spread:
    """The 10th, 50th and 90th percentile of `n` values (linear between neighbours), in the scores' unit."""

    n: int
    low: float
    median: float
    high: float


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """One step's scores. `accepted` counts all records that came in, also those that were never scored;
    None where the step accepts and rejects nothing by its critic alone."""

    step: str
    kind: str
    every: Spread | None
    kept: Spread | None
    accepted: Interval | None
    threshold: float | None


def spread(values: Sequence[float]) -> Spread | None:
    if not values:
        return None
    low, middle, high = np.percentile(values, (10, 50, 90))
    return Spread(len(values), float(low), float(middle), float(high))


def score_of(step: AnyStep, record: Record) -> float | None:
    """What the step's critic said of a record: the margin, where either of a pair may be the chosen one."""
    value = record.columns.get(f"{step.id.rpartition('.')[2]}_score")
    if value is None:
        return None
    return abs(value) if isinstance(step, Prefer) and step.accept.either else float(value)


def score_rows(stage: Stage, work: Work) -> Iterator[ScoreRow]:
    """A row for each step that asked a critic, in the plan's order."""
    for step in stage.steps:
        records = work.records.get(step.id)
        if records is None or isinstance(step, Evaluate) or not critic_uses(step):
            continue
        kept = _scores(step, records.kept)
        rejected = _scores(step, [item.record for item in records.rejected])
        decides = isinstance(step, Judge | Prefer)
        yield ScoreRow(
            step=step.id,
            kind=step.kind,
            every=spread([*kept, *rejected]),
            kept=spread(kept),
            accepted=share(len(kept), records.seen) if decides and records.seen else None,
            threshold=_threshold(step, work),
        )


def _threshold(step: AnyStep, work: Work) -> float | None:
    if isinstance(step, Prefer):
        return step.accept.at_least if step.accept.by == "margin" else None
    ruling = work.rulings.get(step.id)
    return ruling.threshold if ruling else None


def _scores(step: AnyStep, records: Sequence[Record]) -> list[float]:
    found = (score_of(step, record) for record in records)
    return [value for value in found if value is not None]
