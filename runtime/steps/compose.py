"""Compose: fill a template with a record's columns. No model is asked."""

from __future__ import annotations

from compiler.plan.model import Compose
from runtime.records import Record
from runtime.work import Work


def compose(step: Compose, work: Work, records: list[Record]) -> None:
    work.keep(
        step.id,
        [r.with_columns(**{step.into: work.render(step.prompt, r.columns, r.id)}) for r in records],
        (),
    )
