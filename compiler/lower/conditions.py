"""Conditions: of rules over one record, and of gates over measured results."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from compiler.diagnostics import Diagnostics, Label, did_you_mean, listing
from compiler.plan.expressions import COMPARE, TEXT_MEASURES
from compiler.plan.model import Expression
from compiler.schema import FINISH_REASONS
from compiler.syntax import tree
from compiler.units import in_base_unit

Lowered = Expression | float | int | bool | str | None
Leaf = Callable[[tree.Node], Lowered]


def lower_condition(node: tree.Node, leaf: Leaf, found: Diagnostics) -> Lowered:
    """Operators and constants; everything else is the leaf's. None: reported."""
    match node:
        case tree.Number(value=value):
            return value
        case tree.Quantity(value=value, unit=unit):
            return in_base_unit(value, unit)
        case tree.Text(value=value):
            return value
        case tree.Truth(value=value):
            return value
        case tree.Operation(op="matches", operands=(left, tree.Regex() as regex)):
            inner = lower_condition(left, leaf, found)
            if inner is None or not regex_is_sound(regex, found):
                return None
            return Expression(op="matches", args=(inner, regex.pattern))
        case tree.Operation(op=op, operands=operands) if op in COMPARE or op in ("and", "or", "not"):
            parts = [lower_condition(part, leaf, found) for part in operands]
            if any(part is None for part in parts):
                return None
            return Expression(op=op, args=tuple(part for part in parts if part is not None))
        case _:
            return leaf(node)


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

    def leaf(node: tree.Node) -> Lowered:
        match node:
            case tree.Name(value=name) if name in columns:
                return Expression(op="column", args=(name,))
            case tree.Name(value=name) if name in FINISH_REASONS:
                return name
            case tree.Call(function=tree.Name(value="raw"), arguments=(tree.Name(value=name),)) if (
                name in columns
            ):
                return Expression(op="raw", args=(name,))
            case tree.Call(function=tree.Name(value=measure), arguments=(inner,)) if measure in TEXT_MEASURES:
                value = lower_condition(inner, leaf, found)
                return None if value is None else Expression(op=measure, args=(value,))
            case tree.Name(value=name):
                known = [*columns, *FINISH_REASONS]
                found.error(
                    "SS409",
                    f'these rules have no column "{name}"',
                    Label(node.span, did_you_mean(name, known)),
                    help=f"They read {listing(columns)}.",
                )
            case tree.Call(function=tree.Name(value=name)):
                known = ["raw", *TEXT_MEASURES]
                found.error(
                    "SS410",
                    f'"{name}(...)" is not known in a rule',
                    Label(node.span, did_you_mean(name, known)),
                    help=f"Rules know {listing(known)} of a column.",
                )
            case _:
                found.error("SS411", "this cannot stand in a condition", node.span)
        return None

    return leaf


OUTCOMES = ("improved", "no_difference_shown", "worse", "not_shown")
SCORES = ("check", "critic")


@dataclass(frozen=True, slots=True)
class StepFacts:
    """What conditions may ask of a step: its id and kind, its columns, its sinks or its arms."""

    id: str
    kind: str
    columns: Mapping[str, str]
    sinks: tuple[str, ...] = ()
    arms: tuple[str, ...] = ()


def result_leaf(steps: Mapping[str, StepFacts], found: Diagnostics) -> Leaf:
    """accepted(judge), kept(step), rate(filter, rejected as "sink"), rate(step, condition),
    evaluate.arm.check, evaluate.verdict."""

    def step(name: tree.Name, kinds: tuple[str, ...], asked: str) -> StepFacts | None:
        facts = steps.get(name.value)
        if facts is None:
            near = did_you_mean(name.value, [n for n, f in steps.items() if f.kind in kinds])
            found.error("SS205", f'there is no step "{name.value}" in this stage', Label(name.span, near))
        elif facts.kind not in kinds:
            found.error(
                "SS412",
                f"{asked} is asked of a {' or '.join(kinds)} step, not of a {facts.kind} step",
                name.span,
            )
            return None
        return facts

    def rate(name: tree.Name, what: tree.Node) -> Lowered:
        if isinstance(what, tree.Phrase):
            facts = step(name, ("filter",), "rejected as")
            match what:
                case tree.Phrase(head=tree.Name(value="rejected"), links=(("as", tree.Text(value=sink)),)):
                    if facts is None:
                        return None
                    if sink not in facts.sinks:
                        near = did_you_mean(sink, facts.sinks)
                        found.error(
                            "SS413", f'"{name.value}" rejects nothing as "{sink}"', Label(what.span, near)
                        )
                        return None
                    return Expression(op="rate_rejected", args=(facts.id, sink))
                case _:
                    found.error("SS411", 'this must be rejected as "sink", or a condition', what.span)
                    return None
        facts = step(name, ("generate", "filter", "judge"), "rate")
        if facts is None:
            return None
        inner = lower_condition(what, record_leaf(facts.columns, found), found)
        return None if inner is None else Expression(op="rate_where", args=(facts.id, inner))

    def leaf(node: tree.Node) -> Lowered:
        match node:
            case tree.Call(function=tree.Name(value="accepted"), arguments=(tree.Name() as name,)):
                facts = step(name, ("judge", "filter"), "accepted")
                return Expression(op="accepted", args=(facts.id,)) if facts else None
            case tree.Call(function=tree.Name(value="kept"), arguments=(tree.Name() as name,)):
                facts = step(name, ("generate", "judge", "filter"), "kept")
                return Expression(op="kept", args=(facts.id,)) if facts else None
            case tree.Call(function=tree.Name(value="rate"), arguments=(tree.Name() as name, what)):
                return rate(name, what)
            case tree.Attribute(of=tree.Name() as name, name=tree.Name(value="verdict")):
                facts = step(name, ("evaluate",), "a verdict")
                return Expression(op="verdict", args=(facts.id,)) if facts else None
            case tree.Attribute(of=tree.Attribute(of=tree.Name() as name, name=arm), name=score):
                facts = step(name, ("evaluate",), "an arm's score")
                if facts is None:
                    return None
                for word, known, what_ in ((arm, facts.arms, "arm"), (score, SCORES, "score")):
                    if word.value not in known:
                        near = did_you_mean(word.value, known)
                        found.error(
                            "SS414", f'"{name.value}" has no {what_} "{word.value}"', Label(word.span, near)
                        )
                        return None
                return Expression(op="arm_rate", args=(facts.id, arm.value, score.value))
            case tree.Name(value=outcome) if outcome in OUTCOMES:
                return outcome.replace("_", " ")
            case _:
                found.error(
                    "SS415",
                    "this is not a measured result",
                    node.span,
                    help='Write accepted(judge), kept(step), rate(filter, rejected as "sink"), '
                    "rate(step, condition), evaluate.arm.check or evaluate.verdict.",
                )
                return None

    return leaf


def asked_steps(expression: Lowered) -> set[str]:
    """The ids of the steps whose results an expression reads."""
    if not isinstance(expression, Expression):
        return set()
    if expression.op in ("accepted", "kept", "rate_rejected", "rate_where", "arm_rate", "verdict"):
        return {str(expression.args[0])}
    return {step for arg in expression.args for step in asked_steps(arg)}
