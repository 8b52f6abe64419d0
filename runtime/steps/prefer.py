"""Prefer: preference pairs, made by a critic's margin or by a rule."""

from __future__ import annotations

from typing import Any

from compiler.plan.expressions import evaluate
from compiler.plan.model import Prefer
from runtime.records import Record, Rejected
from runtime.steps.scoring import differences
from runtime.work import Work

SAME, LENGTH, NOT_PREFERRED = "same", "length", "not preferred"


def prefer(step: Prefer, work: Work, records: list[Record]) -> None:
    """Pairs whose texts differ, are of comparable length, and of which one is preferred surely enough.

    What fails by looking alone is not shown to the critic.
    """
    kept: list[Record] = []
    rejected: list[Rejected] = []
    fit: list[Record] = []
    for record in records:
        sink = _unfit(step, record)
        if sink is None:
            fit.append(record)
        else:
            rejected.append(Rejected(record, sink))
    scores: list[float | None] = [None] * len(fit)
    if step.critic is not None:
        scores = [*differences(work, step.id, step.critic, step.first, step.second, fit)]
    for record, score in zip(fit, scores, strict=True):
        first_chosen = score is None or not step.accept.either or score >= 0
        paired = _paired(step, record, first_chosen, score)
        if _accepted(step, record, score):
            kept.append(paired)
        else:
            rejected.append(Rejected(paired, NOT_PREFERRED))
    work.keep(step.id, kept, rejected)


def _unfit(step: Prefer, record: Record) -> str | None:
    first, second = (str(record.columns[name]).split() for name in (step.first, step.second))
    if first == second:
        return SAME
    shorter, longer = sorted((len(first), len(second)))
    if step.length_ratio is not None and longer > step.length_ratio * shorter:
        return LENGTH
    return None


def _accepted(step: Prefer, record: Record, score: float | None) -> bool:
    accept = step.accept
    if accept.rule is not None:
        return bool(evaluate(accept.rule.condition, lambda _, args: record.columns[args[0]]))
    assert score is not None
    return (abs(score) if accept.either else score) >= accept.at_least


def _paired(step: Prefer, record: Record, first_chosen: bool, score: float | None) -> Record:
    first = (step.first, step.first_finish)
    second = (step.second, step.second_finish)
    chosen, rejected = (first, second) if first_chosen else (second, first)
    made: dict[str, Any] = {} if score is None else {f"{step.id.rpartition('.')[2]}_score": score}
    for name, (column, finish) in (("chosen", chosen), ("rejected", rejected)):
        made[name] = record.columns[column]
        made[f"{name}_finish"] = record.columns[finish] if finish else "stop"
    return record.with_columns(**made)
