"""What a condition can come to where some of its measures are known and the others may be anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from compiler.plan.expressions import COMPARE, Value
from compiler.plan.model import Expression, Gate, Quality

EITHER = frozenset({True, False})
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


def measures(condition: Expression | Value, op: str) -> Iterator[Expression]:
    """The measures of one kind that a condition reads: `arm_rate`, `verdict`."""
    if not isinstance(condition, Expression):
        return
    if condition.op == op:
        yield condition
    for arg in condition.args:
        yield from measures(arg, op)
