"""What expressions mean: one evaluator for rules at compile time, rules at run time, and gates.

There is one comparator per operator, so `>=` in a spec can never become `>` in a script.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from compiler.plan.model import Expression

Value = float | int | bool | str
Leaf = Callable[[str, tuple[Any, ...]], Value]

FINISH_REASONS = ("stop", "eos", "length")
COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Missing(Exception):
    """A result that an expression needs is not there; whoever asked must fail closed."""


def evaluate(expression: Expression | Value, leaf: Leaf) -> Value:
    """The value of an expression; what is not an operator or a text function is asked of `leaf`.

    Raises Missing when `leaf` does.
    """
    if not isinstance(expression, Expression):
        return expression
    op, args = expression.op, expression.args
    if op == "and":
        return all(evaluate(arg, leaf) for arg in args)
    if op == "or":
        return any(evaluate(arg, leaf) for arg in args)
    if op == "not":
        return not evaluate(args[0], leaf)
    if op in COMPARE:
        return COMPARE[op](evaluate(args[0], leaf), evaluate(args[1], leaf))
    if op == "matches":
        return re.search(str(args[1]), str(evaluate(args[0], leaf))) is not None
    if op in TEXT_MEASURES:
        return TEXT_MEASURES[op](str(evaluate(args[0], leaf)))
    return leaf(op, args)


TEXT_MEASURES: Mapping[str, Callable[[str], int]] = {
    "chars": len,
    "words": lambda text: len(text.split()),
    "lines": lambda text: len([line for line in text.splitlines() if line.strip()]),
}
