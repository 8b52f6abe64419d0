"""Revise: a model writes a text anew."""

from __future__ import annotations

from compiler.plan.model import Revise
from runtime.records import Record, Rejected
from runtime.steps.completing import completed
from runtime.work import Work

UNCHANGED = "unchanged"


def revise(step: Revise, work: Work, records: list[Record]) -> None:
    """One revision of each record; a copy of the text, in other white space or not, teaches nothing."""
    kept: list[Record] = []
    rejected: list[Rejected] = []
    for record in completed(step, work, records):
        before, after = (" ".join(str(record.columns[name]).split()) for name in (step.of, step.into))
        if before == after:
            rejected.append(Rejected(record, UNCHANGED))
        else:
            kept.append(record)
    work.keep(step.id, kept, rejected)
