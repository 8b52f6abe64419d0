"""Measured results, as conditions ask for them. What is not there is Missing, and closes a gate."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from statistics import median
from typing import Any

from compiler.plan.expressions import Missing, Value, evaluate
from compiler.plan.model import Expression, Requirement
from runtime.measured import Measured
from runtime.records import Record, StepRecords


@dataclass(frozen=True, slots=True)
class Ruled:
    """One requirement, what was measured for it, and whether it holds."""

    text: str
    holds: bool
    measured: str


@dataclass(frozen=True, slots=True)
class GateOutcome:
    """A gate's answer. `open` needs every requirement to hold. A quality gate was asked of `rounds`."""

    ruled: tuple[Ruled, ...]
    rounds: int = 1

    @property
    def open(self) -> bool:
        return bool(self.ruled) and all(r.holds for r in self.ruled)


def rule(requirement: Requirement, work: Measured, rounds: Container[int] | None = None) -> Ruled:
    """Whether a requirement holds, over some rounds' records or over all. Fails closed."""
    seen: list[str] = []

    def leaf(op: str, args: tuple[Any, ...]) -> Value:
        value = _measured(op, args, work, rounds)
        seen.append(f"{value:.1%}" if isinstance(value, float) and op != "median" else str(value))
        return value

    try:
        holds = bool(evaluate(requirement.condition, leaf))
    except Missing as missing:
        return Ruled(requirement.text, False, str(missing))
    return Ruled(requirement.text, holds, ", ".join(seen))


def _measured(op: str, args: tuple[Any, ...], work: Measured, rounds: Container[int] | None) -> Value:
    step = str(args[0])
    name = step.rpartition(".")[2]
    if op in ("verdict", "arm_rate"):
        outcome = work.outcomes.get(step)
        if outcome is None:
            raise Missing(f"{name} has not been run")
        return (
            str(outcome.verdict.outcome)
            if op == "verdict"
            else float(outcome.rate(str(args[1]), str(args[2])))
        )
    records = work.records.get(step, StepRecords())
    if rounds is not None:
        records = records.of_rounds(rounds)
    if op == "kept":
        return len(records.kept)
    if op == "median":
        return _median(args[1], records.kept, work, name)
    value = (
        records.rate_kept()
        if op == "accepted"
        else records.rate_rejected(str(args[1]))
        if op == "rate_rejected"
        else records.rate_where(lambda record: _holds(args[1], record))
    )
    if value is None:
        raise Missing(f"{name} has seen no records")
    return value


def _median(measure: Expression, records: list[Record], work: Measured, name: str) -> float:
    """The middle value of a number over records; `tokens` counts those of the bound model."""
    if not records:
        raise Missing(f"{name} has kept no records")

    def value(record: Record) -> float:
        if measure.op == "tokens":
            column = measure.args[0]
            assert isinstance(column, Expression)
            return len(work.tokens.continuation_ids(str(record.columns[str(column.args[0])])))
        return float(evaluate(measure, lambda _, args: record.columns[args[0]]))

    return float(median(value(record) for record in records))


def _holds(condition: Expression, record: Record) -> bool:
    return bool(evaluate(condition, lambda _, args: record.columns[args[0]]))
