"""What all steps that ask a critic share: its scores of records, of one text or of two."""

from __future__ import annotations

from dataclasses import replace

from compiler.plan.model import Accept, CriticUse
from runtime.critics import scores
from runtime.records import Record, renamed
from runtime.rulings import ruling
from runtime.work import Work


def use_scores(
    work: Work, key: str, use: CriticUse, records: list[Record], accept: Accept | None = None
) -> list[float]:
    """A critic's score of each record, by the method that its calibration chose. `key` is the step's, with
    what tells apart several askings of one step after a slash."""
    made = ruling(work, key.partition("/")[0], use, accept)
    critic = work.method.critics[use.critic]
    rows = [renamed(record.columns, use.columns, critic.columns) for record in records]
    title = key.partition("/")[0].rpartition(".")[2]
    return scores(work, title, key, critic.methods[made.method], rows, use.model)


def differences(
    work: Work, key: str, use: CriticUse, first: str, second: str, records: list[Record]
) -> list[float]:
    """How much a critic prefers the column `first` to `second`, in its score's unit, record by record.

    One that reads both columns is asked twice, with their places exchanged, so that a liking for a place
    cancels out; one that reads one of them is asked about each.
    """
    columns = work.method.critics[use.critic].columns
    read = {column: use.columns.get(column, column) for column in columns}
    pair = (first, second)
    swapped = {
        column: pair[1 - pair.index(other)] if other in pair else other for column, other in read.items()
    }
    here = use_scores(work, f"{key}/1", _with(use, read), records)
    there = use_scores(work, f"{key}/2", _with(use, swapped), records)
    reads_both = set(pair) <= set(read.values())
    if reads_both:
        return [(a - b) / 2 for a, b in zip(here, there, strict=True)]
    sign = 1 if first in read.values() else -1
    return [sign * (a - b) for a, b in zip(here, there, strict=True)]


def scored(id: str, records: list[Record], values: list[float]) -> list[Record]:
    """The records with a step's scores in the column that is named after the step."""
    column = f"{id.rpartition('.')[2]}_score"
    return [record.with_columns(**{column: value}) for record, value in zip(records, values, strict=True)]


def _with(use: CriticUse, read: dict[str, str]) -> CriticUse:
    return replace(use, columns={c: other for c, other in read.items() if c != other})
