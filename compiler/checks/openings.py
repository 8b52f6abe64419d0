"""What a condition can come to where some of its measures are known and the others may be anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import ceil, floor

from compiler.plan.expressions import COMPARE, FINISH_REASONS, TEXT_MEASURES, Value
from compiler.plan.model import Expression, Gate, Quality

EITHER = frozenset({True, False})
FAR = 1e12  # from every bound that is written down
NEAR = 1e-9
# The values that a measure may have; None where nothing is known of it.
Known = Callable[[Expression], Sequence[Value] | None]


def can_open(gate: Gate | Quality, known: Known) -> bool:
    """Whether all that a gate requires can hold."""
    return all(True in may_be(required.condition, known) for required in gate.require)


def may_be(condition: Expression | Value, known: Known) -> frozenset[bool]:
    """What a condition can be. Measures are taken one by one, so that it may be thought to be able to do more
    than it can, and never less."""
    if not isinstance(condition, Expression):
        return frozenset({bool(condition)})
    op, args = condition.op, condition.args
    if op == "not":
        return frozenset(not value for value in may_be(args[0], known))
    if op in ("and", "or"):
        decides = op == "or"  # one part that is so decides the whole
        parts = [may_be(arg, known) for arg in args]
        found = {decides} if any(decides in part for part in parts) else set()
        return frozenset(found | ({not decides} if all((not decides) in part for part in parts) else set()))
    if op not in COMPARE:
        return EITHER
    left, right = (known(arg) if isinstance(arg, Expression) else (arg,) for arg in args)
    if left is None or right is None:
        return EITHER
    return frozenset(COMPARE[op](one, other) for one in left for other in right)


def of_records(condition: Expression, columns: Mapping[str, str]) -> frozenset[bool]:
    """What a condition on records with these columns can be, whatever texts and numbers they hold: each is
    taken at, just below and just above all that it may be compared with, and far from it."""
    bounds = list(_numbers(condition))
    scores = [-FAR, *(bound + step for bound in bounds for step in (-NEAR, 0.0, NEAR)), FAR]
    counts = [0, FAR, *(n for b in bounds for n in (ceil(b) - 1, floor(b), floor(b) + 1) if n >= 0)]

    def known(of: Expression) -> Sequence[Value] | None:
        if of.op in TEXT_MEASURES:
            return counts
        type_ = columns.get(str(of.args[0])) if of.op in ("column", "raw") else None
        if type_ == "number":
            return scores
        return FINISH_REASONS if type_ == "finish_reason" else None

    return may_be(condition, known)


def _numbers(condition: Expression | Value) -> Iterator[float]:
    """What stands in a condition to be compared with."""
    if isinstance(condition, Expression):
        for arg in condition.args:
            yield from _numbers(arg)
    elif not isinstance(condition, bool | str):
        yield float(condition)


def joined(condition: Expression) -> Iterator[Expression]:
    """The parts of a condition that must all hold."""
    if condition.op == "and":
        for part in condition.args:
            if isinstance(part, Expression):
                yield from joined(part)
    else:
        yield condition


def measures(condition: Expression | Value, op: str) -> Iterator[Expression]:
    """The measures of one kind that a condition reads: `arm_rate`, `verdict`."""
    if not isinstance(condition, Expression):
        return
    if condition.op == op:
        yield condition
    for arg in condition.args:
        yield from measures(arg, op)


def reads_column(condition: Expression | Value, column: str) -> bool:
    """Whether a condition on records depends on a column, cleaned or raw."""
    return any(column in of.args for op in ("column", "raw") for of in measures(condition, op))
