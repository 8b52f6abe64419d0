"""Critique and revise: a model says how a text keeps to principles, and writes it anew."""

from __future__ import annotations

from compiler.plan.model import Critique, Revise
from runtime.records import Record, Rejected
from runtime.steps.completing import completions
from runtime.steps.principles import with_principles
from runtime.work import Work

UNCHANGED = "unchanged"


def critique(step: Critique, work: Work, records: list[Record]) -> None:
    """One critique of each record. The principles it goes by are kept with it."""
    if step.sample is not None:
        records = with_principles(step.sample, work, records)
    work.keep(step.id, _completed(step, work, records), ())


def revise(step: Revise, work: Work, records: list[Record]) -> None:
    """One revision of each record; a copy of the text, in other white space or not, teaches nothing."""
    kept: list[Record] = []
    rejected: list[Rejected] = []
    for record in _completed(step, work, records):
        before, after = (" ".join(str(record.columns[name]).split()) for name in (step.of, step.into))
        if before == after:
            rejected.append(Rejected(record, UNCHANGED))
        else:
            kept.append(record)
    work.keep(step.id, kept, rejected)


def _completed(step: Critique | Revise, work: Work, records: list[Record]) -> list[Record]:
    rows = [(record.id, record.columns) for record in records]
    answers = completions(work, step.id, step.model, step.prompt, step.sampling, rows)
    return [
        record.with_columns(**{step.into: answer.text, step.finish: answer.finish})
        for record, answer in zip(records, answers, strict=True)
    ]
