"""Numbers, times and expressions as people write them."""

from __future__ import annotations

import json
from math import isfinite

from compiler.plan.counting import counted, noun
from compiler.plan.expressions import COMPARE, FINISH_REASONS, Value
from compiler.plan.model import Expression, ModelBinding

# A run outside of its steps.
AROUND = "start of engines, certificate, end"


def count(number: float) -> str:
    """`15,000`"""
    return f"{number:,.0f}"


def many(number: float, thing: str) -> str:
    """`1 item`, `15,000 items`"""
    return f"{count(number)} {noun(number, thing)}"


def in_points(value: float) -> str:
    """A difference of shares: `1 point`, `2.5 points`"""
    return counted(value * 100, "point")


def rough(number: float) -> str:
    """`43 k`, `1.9 M`: an estimate, to two figures or so."""
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if number >= size * 0.9995:
            scaled = number / size
            return f"{scaled:.1f} {unit}" if scaled < 9.95 else f"{scaled:,.0f} {unit}"
    return f"{number:.0f}"


def duration(seconds: float) -> str:
    """`41 s`, `16 min`, `1 h 21 min`"""
    if 0 < seconds < 0.95:
        return "< 1 s"
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{minutes} min"
    return f"{hours:,} h {rest} min" if rest else f"{hours:,} h"


def money(usd: float) -> str:
    """`< $0.01`, `$9.40`, `$1,250`"""
    if 0 < usd < 0.005:
        return "< $0.01"
    return f"${usd:,.2f}" if usd < 999.995 else f"${usd:,.0f}"


def share(value: float) -> str:
    """`0.5 %`"""
    return f"{value * 100:.4g} %"


def points(value: float) -> str:
    """A difference of shares: `7.1`, or `none` where no difference is large enough."""
    return f"{value * 100:.1f}" if isfinite(value) else "none"


def source_of(binding: ModelBinding) -> str:
    """Where a model's weights come from."""
    source = binding.source
    if source.source == "hub":
        return f"{source.repository} at {source.revision[:12]}"
    if source.source == "folder":
        return f"folder {source.path}"
    if source.source == "mock":
        return "mock: canned text and random weights"
    first = f"{source.packages[0]} {source.versions[0]}"
    parts = f" and {len(source.packages) - 1} more parts" if len(source.packages) > 1 else ""
    return f"{first}{parts}, GGUF dequantised"


def condition(expression: Expression | Value) -> str:
    """A rule's condition in the words of the language: `chars(response) == 0`."""
    if isinstance(expression, str):
        return expression if expression in FINISH_REASONS else json.dumps(expression, ensure_ascii=False)
    if not isinstance(expression, Expression):
        return f"{expression:g}" if isinstance(expression, float) else str(expression).lower()
    op, args = expression.op, expression.args
    if op == "column":
        return str(args[0])
    if op == "not":
        return f"not {_inner(args[0])}"
    if op in ("and", "or"):
        return f" {op} ".join(_inner(arg) for arg in args)
    if op == "matches":
        return f"{condition(args[0])} matches /{args[1]}/"
    if op in COMPARE:
        return f"{condition(args[0])} {op} {condition(args[1])}"
    return f"{op}({', '.join(str(arg) if isinstance(arg, str) else condition(arg) for arg in args)})"


def _inner(expression: Expression | Value) -> str:
    """An operand, in brackets where it would otherwise be read with its neighbour."""
    written = condition(expression)
    return (
        f"({written})" if isinstance(expression, Expression) and expression.op in ("and", "or") else written
    )
