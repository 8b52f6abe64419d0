"""Prefer steps: two texts of a record, and which of them is to be preferred."""

from __future__ import annotations

from compiler.lower.conditions import lower_condition, record_leaf
from compiler.lower.steps.gates import as_written
from compiler.lower.steps.judging import judges_between, lower_bound, lower_critic_use
from compiler.lower.steps.scope import StepBody, finish_of
from compiler.plan.model import AnyStep, PairAccept, Prefer, Requirement
from compiler.shapes import Ref
from compiler.syntax import tree

MADE = {"chosen": "text", "rejected": "text"}


def lower_prefer(body: StepBody) -> AnyStep | None:
    values = body.values
    read, pair = body.input(), _pair(body)
    if read is None or pair is None:
        return None
    first, second = pair
    if not all(body.text_column(ref, read.columns) for ref in pair):
        return None
    accept = _accept(body, read.columns, either="between" in values)
    critic = None
    if "critic" in values:
        critic = lower_critic_use(body, values.get("critic"), read.columns)
        if critic is None or not judges_between(body, critic, first, second):
            return None
    if accept is None or not _decides(body, accept, asks=critic is not None):
        return None
    ends = {f"{name}_finish": "finish_reason" for name in MADE}
    scored = {f"{body.name}_score": "number"} if critic else {}
    return Prefer(
        **body.from_input(read, {**read.columns, **MADE, **ends, **scored}),
        first=first.name,
        second=second.name,
        first_finish=finish_of(first.name, read.columns),
        second_finish=finish_of(second.name, read.columns),
        accept=accept,
        critic=critic,
        length_ratio=float(values.get("length_ratio")) if "length_ratio" in values else None,
    )


def _pair(body: StepBody) -> tuple[Ref, Ref] | None:
    """`chosen` and `rejected`, or the two that the critic decides between."""
    values, found = body.values, body.scope.low.found
    named = [name for name in ("chosen", "rejected") if name in values]
    if "between" in values and not named:
        columns: tuple[Ref, ...] = values.get("between")
        if len(columns) == 2:
            return columns[0], columns[1]
        found.error("SS354", "a pair is between two columns", values.place("between"))
    elif len(named) == 2 and "between" not in values:
        return values.get("chosen"), values.get("rejected")
    else:
        found.error(
            "SS354",
            "a pair is written chosen = column and rejected = column, or between = [column, column]",
            body.place,
        )
    return None


def _accept(body: StepBody, columns: dict[str, str], either: bool) -> PairAccept | None:
    node, found = body.values.get("accept"), body.scope.low.found
    match node:
        case tree.Phrase(head=tree.Name(value=("chosen" | "either") as word), links=(("at", bound),)):
            if (word == "either") != either:
                found.error(
                    "SS355",
                    'between two texts, "either" is accepted at a margin'
                    if either
                    else '"either" is for between = [column, column]; here the text chosen is known',
                    node.head.span,
                )
                return None
            accept = lower_bound(body, bound)
            if accept is None:
                return None
            if accept.by != "margin":
                found.error("SS355", "pairs are accepted at a margin, in nats", bound.span)
                return None
            return PairAccept(by="margin", at_least=accept.at_least, either=either)
        case tree.Name(value="chosen" | "either"):
            found.error(
                "SS605",
                "accepting without a margin ignores how sure the critic is",
                node.span,
                help="Write chosen at margin >= 1.0 nats.",
            )
            return None
        case _:
            condition = lower_condition(node, record_leaf(columns, found), found)
            if condition is None:
                return None
            rule = Requirement(condition=condition, text=as_written(body, node))
            return PairAccept(by="rule", rule=rule)


def _decides(body: StepBody, accept: PairAccept, asks: bool) -> bool:
    """A margin needs a critic, and a critic a margin."""
    if (accept.by == "margin") == asks:
        return True
    place = body.values.place("accept" if accept.by == "margin" else "critic")
    message = (
        "a margin is a critic's, and no critic is named"
        if accept.by == "margin"
        else "a critic is named, and its score is not asked for"
    )
    body.scope.low.found.error(
        "SS355",
        message,
        place,
        help="Write critic = CRITIC by MODEL and accept = chosen at margin >= 1.0 nats.",
    )
    return False
