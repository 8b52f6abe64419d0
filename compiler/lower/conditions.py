"""Conditions: of rules over one record, and of gates over measured results. Typed while they are lowered."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from compiler.diagnostics import Diagnostics, Fix, Label, did_you_mean, listing, quoted, respelled
from compiler.plan.expressions import COMPARE, TEXT_MEASURES
from compiler.plan.model import Expression
from compiler.schema import FINISH_REASONS
from compiler.syntax import tree
from compiler.units import UNITS, dimension, in_base_unit, spelling, unit_is_certain

Value = Expression | float | int | bool | str


@dataclass(frozen=True, slots=True)
class Typed:
    """A lowered expression and its type: truth, number, text, a dimension, or a closed set of words."""

    value: Value
    type: str


Leaf = Callable[[tree.Node], Typed | None]


def lower_condition(node: tree.Node, leaf: Leaf, found: Diagnostics) -> Expression | None:
    """A condition that is true or false. None: reported."""
    typed = _lower(node, leaf, found)
    if typed is None:
        return None
    if typed.type != "truth" or not isinstance(typed.value, Expression):
        found.error("SS411", f"this is {_a(typed.type)}, not a condition", node.span)
        return None
    return typed.value


def _lower(node: tree.Node, leaf: Leaf, found: Diagnostics) -> Typed | None:
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
            inner = _lower(left, leaf, found)
            if inner is None or not regex_is_sound(regex, found):
                return None
            if inner.type != "text":
                found.error("SS424", f"only a text can match, and this is {_a(inner.type)}", left.span)
                return None
            return Typed(Expression(op="matches", args=(inner.value, regex.pattern)), "truth")
        case tree.Operation(op=op, operands=operands) if op in COMPARE or op in ("and", "or", "not"):
            parts = [_lower(part, leaf, found) for part in operands]
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
            found.error("SS424", f'"{op}" joins conditions, and this is {_a(part.type)}', node.span)
            return False
    return True


def _comparable(op: str, nodes: tuple[tree.Node, ...], parts: list[Typed], found: Diagnostics) -> bool:
    left, right = parts
    for (node, number), other in (((nodes[0], left), right), ((nodes[1], right), left)):
        if isinstance(node, tree.Number) and number.type == "number" and other.type in MEASURED:
            unit = spelling(other.type)
            text = f"{node.value} {unit}"
            found.error(
                "SS303",
                f"{node.value} needs a unit here: {unit}",
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
            f"{_a(left.type)} cannot be compared with {_a(right.type)}",
            Label(nodes[0].span, _a(left.type)),
            Label(nodes[1].span, _a(right.type)),
        )
        return False
    if op not in ("==", "!=") and left.type not in ORDERED:
        found.error("SS424", f'{_a(left.type)} has no order: "{op}" compares numbers', nodes[0].span)
        return False
    return True


def _no_share(quantity: tree.Quantity) -> bool:
    return not 0 <= in_base_unit(quantity.value, quantity.unit) <= 1


MEASURED = frozenset(of for of, _ in UNITS.values())
ORDERED = MEASURED | {"number"}


def _a(type_: str) -> str:
    """A type as a message calls it."""
    words = {"truth": "a condition", "check": "a check", "label": "a label", "items": "a list"}
    if type_ in MEASURED:
        return f"a quantity in {spelling(type_)}"
    return words.get(type_, f"a {type_.replace('_', ' ')}")


def regex_is_sound(regex: tree.Regex, found: Diagnostics) -> bool:
    try:
        re.compile(regex.pattern)
    except re.error as error:
        place = regex.span
        if error.pos is not None:
            start = place.start + 1 + error.pos
            place = type(place)(place.file, min(start, place.end - 1), min(start + 1, place.end))
        found.error("SS408", f"this regular expression cannot be read: {error.msg}", place)
        return False
    return True


def record_leaf(columns: Mapping[str, str], found: Diagnostics) -> Leaf:
    """Columns, `raw(column)`, and the measures chars, words and lines."""

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
                measure in TEXT_MEASURES
            ):
                value = _lower(inner, leaf, found)
                if value is None:
                    return None
                if value.type == "text":
                    return Typed(Expression(op=measure, args=(value.value,)), "number")
                found.error("SS424", f"{measure}() measures a text, not {_a(value.type)}", inner.span)
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
                *TEXT_MEASURES,
            ):
                known = ["raw", *TEXT_MEASURES]
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


OUTCOMES = ("improved", "no_difference_shown", "worse", "not_shown")


@dataclass(frozen=True, slots=True)
class StepFacts:
    """What conditions may ask of a step: its columns, its sinks, or its arms, scores and comparison."""

    id: str
    kind: str
    columns: Mapping[str, str]
    sinks: tuple[str, ...] = ()
    arms: tuple[str, ...] = ()
    scores: tuple[str, ...] = ()
    compares: bool = False


class ResultLeaf:
    """accepted(judge), kept(step), rate(filter, rejected as "sink"), rate(step, condition),
    evaluate.arm.check, evaluate.verdict."""

    def __init__(
        self,
        kinds: Mapping[str, str],
        steps: Mapping[str, StepFacts],
        unread: frozenset[str],
        may_lack_names: bool,
        found: Diagnostics,
    ) -> None:
        """`kinds` are all steps of the stage; `steps` those that could be lowered so far."""
        self.kinds = kinds
        self.steps = steps
        self.unread = unread
        self.may_lack_names = may_lack_names
        self.found = found

    def __call__(self, node: tree.Node) -> Typed | None:
        match node:
            case tree.Call(
                function=tree.Name(value=("accepted" | "kept") as asked),
                arguments=(tree.Name() as name,),
                named=(),
            ):
                kinds = ("judge", "filter") if asked == "accepted" else ("generate", "judge", "filter")
                facts = self._step(name, kinds, asked)
                type_ = "share" if asked == "accepted" else "kept"
                return Typed(Expression(op=asked, args=(facts.id,)), type_) if facts else None
            case tree.Call(function=tree.Name(value="rate"), arguments=(tree.Name() as name, what), named=()):
                return self._rate(name, what)
            case tree.Attribute(of=tree.Name() as name, name=tree.Name(value="verdict") as word):
                return self._verdict(name, word)
            case tree.Attribute(of=tree.Attribute(of=tree.Name() as name, name=arm), name=score):
                return self._arm_rate(name, arm, score)
            case tree.Name(value=outcome) if outcome in OUTCOMES:
                return Typed(outcome.replace("_", " "), "verdict")
        self.found.error(
            "SS415",
            "this is not a measured result",
            node.span,
            help='Write accepted(judge), kept(step), rate(filter, rejected as "sink"), '
            "rate(step, condition), evaluate.arm.check or evaluate.verdict.",
        )
        return None

    def _step(self, name: tree.Name, kinds: tuple[str, ...], asked: str) -> StepFacts | None:
        kind = self.kinds.get(name.value)
        if kind in kinds:
            return self.steps.get(name.value)
        if kind is not None:
            what = listing(kinds).replace(" and ", " or ")
            self.found.error("SS412", f'"{asked}" is asked of a {what} step, not of a {kind} step', name.span)
        elif not self.may_lack_names and name.value not in self.unread:
            near = [n for n, k in self.kinds.items() if k in kinds]
            self.found.error(
                "SS205",
                f'there is no step "{name.value}" in this stage',
                Label(name.span, did_you_mean(name.value, near)),
                fix=respelled(name.span, name.value, near),
            )
        return None

    def _rate(self, name: tree.Name, what: tree.Node) -> Typed | None:
        if isinstance(what, tree.Phrase):
            return self._rate_rejected(name, what)
        facts = self._step(name, ("generate", "filter", "judge"), "rate")
        if facts is None:
            return None
        inner = lower_condition(what, record_leaf(facts.columns, self.found), self.found)
        return None if inner is None else Typed(Expression(op="rate_where", args=(facts.id, inner)), "share")

    def _rate_rejected(self, name: tree.Name, what: tree.Phrase) -> Typed | None:
        match what:
            case tree.Phrase(head=tree.Name(value="rejected"), links=(("as", tree.Text(value=sink)),)):
                facts = self._step(name, ("filter",), "rejected as")
                if facts is None:
                    return None
                if sink in facts.sinks:
                    return Typed(Expression(op="rate_rejected", args=(facts.id, sink)), "share")
                self.found.error(
                    "SS413",
                    f'"{name.value}" rejects nothing as "{sink}"',
                    Label(what.links[0][1].span, did_you_mean(sink, facts.sinks)),
                    help=f"It rejects as {listing(facts.sinks)}." if facts.sinks else "It rejects nothing.",
                    fix=quoted(respelled(what.links[0][1].span, sink, facts.sinks)),
                )
            case _:
                self.found.error("SS411", 'this must be rejected as "...", or a condition', what.span)
        return None

    def _verdict(self, name: tree.Name, word: tree.Name) -> Typed | None:
        facts = self._step(name, ("evaluate",), "verdict")
        if facts is None:
            return None
        if not facts.compares:
            self.found.error(
                "SS414",
                f'"{name.value}" has no verdict: it compares no arms',
                word.span,
                help="Add: compare = ARM over ARM { test = mcnemar, alpha = 1 %, smallest_effect = 10 % }",
            )
            return None
        return Typed(Expression(op="verdict", args=(facts.id,)), "verdict")

    def _arm_rate(self, name: tree.Name, arm: tree.Name, score: tree.Name) -> Typed | None:
        facts = self._step(name, ("evaluate",), f"{arm.value}.{score.value}")
        if facts is None:
            return None
        for word, known, what in ((arm, facts.arms, "arm"), (score, facts.scores, "score")):
            if word.value not in known:
                self.found.error(
                    "SS414",
                    f'"{name.value}" has no {what} "{word.value}"',
                    Label(word.span, did_you_mean(word.value, known)),
                    help=f"It has {listing(known)}.",
                    fix=respelled(word.span, word.value, known),
                )
                return None
        return Typed(Expression(op="arm_rate", args=(facts.id, arm.value, score.value)), "share")


def asked_steps(expression: Value) -> set[str]:
    """The ids of the steps whose results an expression reads."""
    if not isinstance(expression, Expression):
        return set()
    if expression.op in ("accepted", "kept", "rate_rejected", "rate_where", "arm_rate", "verdict"):
        return {str(expression.args[0])}
    return {step for arg in expression.args for step in asked_steps(arg)}
