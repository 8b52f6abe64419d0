"""Gate: conditions over measured results."""

from __future__ import annotations

from compiler.plan.model import Gate
from runtime.results import GateOutcome, rule
from runtime.steps.gates import decide
from runtime.work import Work


def gate(step: Gate, work: Work) -> None:
    decide(step.id, GateOutcome(tuple(rule(r, work) for r in step.require)), work)
