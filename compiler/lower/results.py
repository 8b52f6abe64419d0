"""Conditions of gates: what may be asked of the results of steps, typed while it is lowered."""

from __future__ import annotations

from collections.abc import Mapping

from compiler.diagnostics import Diagnostics, Label, did_you_mean, listing, quoted, respelled
from compiler.frozen import Frozen
from compiler.lower.conditions import Typed, Value, called_type, lower_condition, lower_value, record_leaf
from compiler.plan.model import Expression
from compiler.syntax import tree

OUTCOMES = ("improved", "no_worse", "no_difference_shown", "worse", "not_shown")
ACCEPTING = ("judge", "filter", "prefer", "best")
WRITING = ("generate", "compose", "principles", "critique", "revise", "negatives", "converse")
RECORDS = (*WRITING, "filter", "judge", "rate", "best", "compare", "prefer", "mix", "order")
SINKING = ("filter", "generate", "judge", "best", "revise", "prefer", "mix", "converse")
OPS = ("accepted", "kept", "rate_rejected", "rate_where", "median", "arm_rate", "verdict")


class StepFacts(Frozen):
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
    median(step, words(column)), evaluate.arm.check, evaluate.verdict."""

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
                kinds = ACCEPTING if asked == "accepted" else RECORDS
                facts = self._step(name, kinds, asked)
                type_ = "share" if asked == "accepted" else "kept"
                return Typed(Expression(op=asked, args=(facts.id,)), type_) if facts else None
            case tree.Call(function=tree.Name(value="rate"), arguments=(tree.Name() as name, what), named=()):
                return self._rate(name, what)
            case tree.Call(
                function=tree.Name(value="median"), arguments=(tree.Name() as name, what), named=()
            ):
                return self._median(name, what)
            case tree.Attribute(of=tree.Name() as name, name=tree.Name(value="verdict") as word):
                return self._verdict(name, word)
            case tree.Attribute(of=tree.Attribute(of=tree.Name() as name, name=arm), name=score):
                return self._arm_rate(name, arm, score)
            case tree.Name(value=outcome) if outcome in OUTCOMES:
                return Typed(outcome.replace("_", " "), "verdict")
        misspelt = node.value if isinstance(node, tree.Name) else ""
        self.found.error(
            "SS415",
            "this is not a measured result",
            Label(node.span, did_you_mean(misspelt, OUTCOMES)),
            help='Write accepted(judge), kept(step), rate(filter, rejected as "sink"), '
            "rate(step, condition), median(step, words(column)), evaluate.arm.check or evaluate.verdict.",
            fix=respelled(node.span, misspelt, OUTCOMES),
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
        facts = self._step(name, RECORDS, "rate")
        if facts is None:
            return None
        inner = lower_condition(what, record_leaf(facts.columns, self.found), self.found)
        return None if inner is None else Typed(Expression(op="rate_where", args=(facts.id, inner)), "share")

    def _median(self, name: tree.Name, what: tree.Node) -> Typed | None:
        """The middle value of a number over what a step kept: `words(column)`, `tokens(column)`, a column."""
        facts = self._step(name, RECORDS, "median")
        if facts is None:
            return None
        inner = lower_value(what, record_leaf(facts.columns, self.found, tokens=True), self.found)
        if inner is None:
            return None
        if inner.type not in ("number", "tokens"):
            self.found.error("SS424", f"there is no median of {called_type(inner.type)}", what.span)
            return None
        return Typed(Expression(op="median", args=(facts.id, inner.value)), inner.type)

    def _rate_rejected(self, name: tree.Name, what: tree.Phrase) -> Typed | None:
        match what:
            case tree.Phrase(head=tree.Name(value="rejected"), links=(("as", tree.Text(value=sink)),)):
                facts = self._step(name, SINKING, "rejected as")
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
    if expression.op in OPS:
        return {str(expression.args[0])}
    return {step for arg in expression.args for step in asked_steps(arg)}
