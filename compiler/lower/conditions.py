"""Conditions: of rules over one record, and of gates over measured results. Typed while they are lowered."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from compiler.diagnostics import Diagnostics, Fix, Label, did_you_mean, listing, respelled
from compiler.frozen import Frozen
from compiler.lower.regexes import regex_is_sound
from compiler.plan.expressions import COMPARE, FINISH_REASONS, TEXT_MEASURES
from compiler.plan.model import Expression
from compiler.syntax import tree
from compiler.units import UNITS, dimension, in_base_unit, meant, spelling, unit_is_certain

Value = Expression | float | int | bool | str


class Typed(Frozen):
    """A lowered expression and its type: truth, number, text, a dimension, or a closed set of words."""

    value: Value
    type: str


Leaf = Callable[[tree.Node], Typed | None]


def lower_condition(node: tree.Node, leaf: Leaf, found: Diagnostics) -> Expression | None:
    """A condition that is true or false. None: reported."""
    typed = lower_value(node, leaf, found)
    if typed is None:
        return None
    if typed.type != "truth" or not isinstance(typed.value, Expression):
        found.error("SS411", f"this is {called_type(typed.type)}, not a condition", node.span)
        return None
    return typed.value


def lower_value(node: tree.Node, leaf: Leaf, found: Diagnostics) -> Typed | None:
    """Operators and constants; everything else is the leaf's."""
    match node:
        case tree.Number(value=value):
            return Typed(_plain(value), "number")
        case tree.Quantity(value=value, unit=unit):
            return Typed(_plain(in_base_unit(value, unit)), dimension(unit))
        case tree.Text(value=value):
            return Typed(value, "text")
        case tree.Truth(value=value):
            return Typed(value, "truth")
        case tree.Operation(op="matches", operands=(left, tree.Regex() as regex)):
            inner = lower_value(left, leaf, found)
            if inner is None or not regex_is_sound(regex, found):
                return None
            if inner.type != "text":
                found.error(
                    "SS424", f"only a text can match, and this is {called_type(inner.type)}", left.span
                )
                return None
            return Typed(Expression(op="matches", args=(inner.value, regex.pattern)), "truth")
        case tree.Operation(op=op, operands=operands) if op in COMPARE or op in ("and", "or", "not"):
            parts = [lower_value(part, leaf, found) for part in operands]
            known = [part for part in parts if part is not None]
            if len(known) < len(parts):
                return None
            check = _comparable if op in COMPARE else _truths
            if not check(op, operands, known, found):
                return None
            return Typed(Expression(op=op, args=tuple(part.value for part in known)), "truth")
        case _:
            return leaf(node)


def _plain(value: float) -> float:
    """1.0 and 1 mean the same, and so must have the same hash."""
    return int(value) if value == int(value) else value


def _truths(op: str, nodes: tuple[tree.Node, ...], parts: list[Typed], found: Diagnostics) -> bool:
    for node, part in zip(nodes, parts, strict=True):
        if part.type != "truth":
            found.error("SS424", f'"{op}" joins conditions, and this is {called_type(part.type)}', node.span)
            return False
    return True


def _comparable(op: str, nodes: tuple[tree.Node, ...], parts: list[Typed], found: Diagnostics) -> bool:
    left, right = parts
    for (node, number), other in (((nodes[0], left), right), ((nodes[1], right), left)):
        if isinstance(node, tree.Number) and number.type == "number" and other.type in MEASURED:
            text = meant(node.value, other.type)
            found.error(
                "SS303",
                f"{node.value} needs a unit here: {spelling(other.type)}",
                Label(node.span, f"write {text}"),
                fix=Fix(node.span, text, unit_is_certain(other.type, node.value)),
            )
            return False
        if isinstance(node, tree.Quantity) and other.type == "share" == number.type and _no_share(node):
            found.error("SS302", f"{node.value} % is out of bounds from 0 to 100 %", node.span)
            return False
    if left.type != right.type:
        found.error(
            "SS424",
            f"{called_type(left.type)} cannot be compared with {called_type(right.type)}",
            Label(nodes[0].span, called_type(left.type)),
            Label(nodes[1].span, called_type(right.type)),
        )
        return False
    if op not in ("==", "!=") and left.type not in ORDERED:
        found.error("SS424", f'{called_type(left.type)} has no order: "{op}" compares numbers', nodes[0].span)
        return False
    return True


def _no_share(quantity: tree.Quantity) -> bool:
    return not 0 <= in_base_unit(quantity.value, quantity.unit) <= 1


MEASURED = frozenset(of for of, _ in UNITS.values())
ORDERED = MEASURED | {"number"}


def called_type(type_: str) -> str:
    """A type as a message calls it."""
    words = {"truth": "a condition", "check": "a check", "label": "a label", "items": "a list"}
    if type_ in MEASURED:
        return f"a quantity in {spelling(type_)}"
    return words.get(type_, f"a {type_.replace('_', ' ')}")


def record_leaf(columns: Mapping[str, str], found: Diagnostics, tokens: bool = False) -> Leaf:
    """Columns, `raw(column)`, and the measures chars, words and lines; with `tokens` that one too, which
    needs the bound model and so cannot stand in rules."""

    measures = (*TEXT_MEASURES, *(("tokens",) if tokens else ()))

    def leaf(node: tree.Node) -> Typed | None:
        match node:
            case tree.Name(value=name) if name in columns:
                return Typed(Expression(op="column", args=(name,)), columns[name])
            case tree.Name(value=name) if name in FINISH_REASONS:
                return Typed(name, "finish_reason")
            case tree.Call(function=tree.Name(value="raw"), arguments=(tree.Name(value=name),), named=()) if (
                name in columns
            ):
                return Typed(Expression(op="raw", args=(name,)), columns[name])
            case tree.Call(function=tree.Name(value=measure), arguments=(inner,), named=()) if (
                measure in measures
            ):
                value = lower_value(inner, leaf, found)
                if value is None:
                    return None
                if value.type == "text":
                    unit = "tokens" if measure == "tokens" else "number"
                    return Typed(Expression(op=measure, args=(value.value,)), unit)
                found.error(
                    "SS424", f"{measure}() measures a text, not {called_type(value.type)}", inner.span
                )
            case (
                tree.Name(value=name)
                | tree.Call(function=tree.Name(value="raw"), arguments=(tree.Name(value=name),))
            ):
                span = node.span if isinstance(node, tree.Name) else node.arguments[0].span
                found.error(
                    "SS409",
                    f'there is no column "{name}" here',
                    Label(span, did_you_mean(name, [*columns, *FINISH_REASONS])),
                    help=f"The columns are {listing(columns)}.",
                    fix=respelled(span, name, [*columns, *FINISH_REASONS]),
                )
            case tree.Call(function=tree.Name(value=name, span=called)) if name not in (
                "raw",
                *measures,
            ):
                known = ["raw", *measures]
                found.error(
                    "SS410",
                    f'"{name}(...)" is not known here',
                    Label(node.span, did_you_mean(name, known)),
                    help=f"Of a column, {listing(known)} can be asked.",
                    fix=respelled(called, name, known),
                )
            case tree.Call(function=tree.Name(value=name)):
                found.error("SS410", f"{name}() is asked of one column", node.span)
            case _:
                found.error(
                    "SS411",
                    "this cannot stand in a condition",
                    node.span,
                    help="Conditions are built as in: chars(response) == 0 or response matches /.../",
                )
        return None

    return leaf
