"""What a condition may be, where something is known of its measures: never less than what it can be."""

from __future__ import annotations

from itertools import product

import pytest

from compiler.checks.openings import EITHER, may_be
from compiler.plan.expressions import Value, evaluate
from compiler.plan.model import Expression


def measure(name: str) -> Expression:
    return Expression(op="arm_rate", args=("s.before", name, "check"))


def node(op: str, *args: Expression | Value) -> Expression:
    return Expression(op=op, args=args)


A, B = node("<", measure("a"), 0.7), node(">=", 0.5, measure("b"))
CONDITIONS = {
    "one": A,
    "not": node("not", A),
    "and": node("and", A, B),
    "or": node("or", A, node("not", B)),
    "nested": node("and", node("or", A, B), node("not", node("and", A, B))),
    "two measures": node("!=", measure("a"), measure("b")),
}
VALUES: dict[str, tuple[float, ...]] = {"a": (0.0, 0.7, 1.0), "b": (0.5, 0.6)}


@pytest.mark.parametrize("condition", CONDITIONS.values(), ids=CONDITIONS)
def test_it_may_be_all_that_it_can_be(condition: Expression) -> None:
    can_be = set()
    for values in product(*VALUES.values()):
        by_name = dict(zip(VALUES, values, strict=True))
        can_be.add(evaluate(condition, lambda _, args, by_name=by_name: by_name[args[1]]))
    for told in ({"a", "b"}, {"a"}, {"b"}, set()):
        known = {name: VALUES[name] for name in told}
        assert can_be <= may_be(condition, lambda of, known=known: known.get(of.args[1]))


def test_what_is_known_decides() -> None:
    def known(value: float, name: str = "a") -> dict[str, tuple[float, ...]]:
        return {name: (value,)}

    def of(condition: Expression, values: dict[str, tuple[float, ...]]) -> frozenset[bool]:
        return may_be(condition, lambda measure: values.get(str(measure.args[1])))

    assert of(CONDITIONS["and"], known(0.9)) == {False}
    assert of(CONDITIONS["and"], known(0.1)) == EITHER
    assert of(CONDITIONS["or"], known(0.1)) == {True}
    assert of(CONDITIONS["not"], known(0.9)) == {True}
    assert of(CONDITIONS["one"], {}) == EITHER
