"""Negatives: bad answers of several kinds, written by a model, one to each record."""

from __future__ import annotations

from compiler.plan.model import Negatives
from runtime.identity import share
from runtime.records import Record
from runtime.steps.completing import drawing
from runtime.work import Work


def negatives(step: Negatives, work: Work, records: list[Record]) -> None:
    """Which kind a record gets follows from its id alone, so that one more record changes no other."""
    kinds = [_kind(step, work.binding.seed, record.id) for record in records]
    requests = [
        drawing(
            work,
            record.id,
            step.model,
            step.kinds[kind],
            work.render(step.kinds[kind], record.columns, record.id),
            step.sampling,
        )
        for record, kind in zip(records, kinds, strict=True)
    ]
    answers = work.complete(step.id.rpartition(".")[2], step.id, requests)
    kept = [
        record.with_columns(
            **{step.into: answers[record.id].text, "negative": kind, step.finish: answers[record.id].finish}
        )
        for record, kind in zip(records, kinds, strict=True)
    ]
    work.keep(step.id, kept, ())


def _kind(step: Negatives, seed: int, id: str) -> str:
    kinds = sorted(step.kinds)
    return kinds[int(share(seed, "negative", id) * len(kinds))]
