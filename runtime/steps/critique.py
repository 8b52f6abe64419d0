"""Critique: a model says how a text keeps to principles."""

from __future__ import annotations

from compiler.plan.model import Critique
from runtime.records import Record
from runtime.steps.completing import completed
from runtime.steps.principles import with_principles
from runtime.work import Work


def critique(step: Critique, work: Work, records: list[Record]) -> None:
    """One critique of each record. The principles it goes by are kept with it."""
    if step.sample is not None:
        records = with_principles(step.sample, work, records)
    work.keep(step.id, completed(step, work, records), ())
