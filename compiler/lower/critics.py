"""Critics: methods in order of preference, and the labelled examples they will be measured on."""

from __future__ import annotations

from compiler.diagnostics import Label, did_you_mean, respelled
from compiler.lower.data import lower_dataset
from compiler.lower.lowering import Lowering
from compiler.lower.prompts import LEADS
from compiler.lower.templates import check_template
from compiler.plan.model import Critic, CriticMethod, LabelMethod, LikelihoodGainMethod, RatingMethod
from compiler.resolve import Symbol
from compiler.schema import CRITIC_METHODS, LISTS
from compiler.shapes import Ref, Values, read_block
from compiler.syntax import tree

FEWEST_EXAMPLES = 40


def lower_critic(low: Lowering, file: str, ref: Ref) -> Critic | None:
    symbol = low.symbol(file, ref, ("critic",), "critic")
    if symbol is None:
        return None
    if ref.name not in low.critics:
        low.critics[ref.name] = _critic(low, symbol)
    return low.critics[ref.name]


def _critic(low: Lowering, symbol: Symbol) -> Critic | None:
    columns = low.parameters(symbol)
    body = low.body(symbol)
    if columns is None or body is None or not body.complete:
        return None
    kind = low.critic_kinds[symbol.definition.name.value] = body.get("kind", "raw")
    methods = [_method(low, node, columns, LEADS[kind]) for node in body.get("methods")]
    examples: Ref = body.get("examples")
    dataset = lower_dataset(low, symbol.file, examples, ("labelled",), "labelled data")
    if dataset is None or any(method is None for method in methods):
        return None
    missing = [c for c, t in columns.items() if dataset.columns.get(c) != t]
    if missing:
        low.found.error("SS416", f'the examples of this critic have no column "{missing[0]}"', examples.span)
        return None
    labels = [record["label"] for record in low.records[examples.name]]
    if len(labels) < FEWEST_EXAMPLES or min(labels.count("good"), labels.count("bad")) < FEWEST_EXAMPLES // 4:
        low.found.warning(
            "SS603",
            f"{labels.count('good')} good and {labels.count('bad')} bad examples say little of a critic",
            examples.span,
            help=f"Have {FEWEST_EXAMPLES} or more, at least {FEWEST_EXAMPLES // 4} of each label.",
        )
    return Critic(
        columns=columns,
        methods=tuple(method for method in methods if method is not None),
        examples=examples.name,
        doc=body.text("doc"),
    )


def _method(low: Lowering, node: tree.Node, columns: dict[str, str], lead: str) -> CriticMethod | None:
    if not (isinstance(node, tree.Configured) and isinstance(node.head, tree.Name)):
        low.found.error(
            "SS321",
            "a method is written labels { ... }, likelihood_gain { ... } or rating { ... }",
            node.span,
        )
        return None
    name = node.head.value
    if name not in CRITIC_METHODS:
        low.found.error(
            "SS305",
            f'"{name}" is not a method of judging',
            Label(node.head.span, did_you_mean(name, CRITIC_METHODS)),
            fix=respelled(node.head.span, name, CRITIC_METHODS),
        )
        return None
    values = read_block(node.settings, CRITIC_METHODS[name], f"method {name}", node.head.span, low.found)
    if not values.complete:
        return None
    lists = {column: LISTS[type_] for column, type_ in columns.items() if type_ in LISTS}
    columns = {column: type_ for column, type_ in columns.items() if column not in lists}
    if name == "rating":
        return _rating(low, values, columns, lists)
    if name == "labels":
        both = values.get("both_orders", True)
        known = {**columns, "first": "text", "second": "text"}
        # Asked in both orders without them it would be asked the same twice, and its scores cancel out.
        shown = [*columns, *lists, *(("first", "second") if both else ())]
        if not check_template(values.get("template"), known, lists, low.found, shown):
            return None
        good, bad = values.text("good"), values.text("bad")
        if good == bad:
            low.found.error("SS322", "the two labels must differ", values.place("bad"))
            return None
        return LabelMethod(template=values.text("template"), good=good, bad=bad, both_orders=both)
    target: Ref = values.get("target")
    if columns.get(target.name) != "text":
        low.found.error("SS417", f'"{target.name}" is not a text column of this critic', target.span)
        return None
    context = {name: type_ for name, type_ in columns.items() if name != target.name}
    fits = [check_template(values.get(side), context, lists, low.found) for side in ("given", "neutral")]
    if not all(fits):
        return None
    return LikelihoodGainMethod(
        given=values.text("given"),
        neutral=values.text("neutral"),
        target=target.name,
        lead=values.text("lead") if "lead" in values else lead,
        tail=values.text("tail"),
    )


def _rating(
    low: Lowering, values: Values, columns: dict[str, str], lists: dict[str, dict[str, str]]
) -> RatingMethod | None:
    if not check_template(values.get("template"), columns, lists, low.found, [*columns, *lists]):
        return None
    labels = tuple(label.value for label in values.get("labels"))
    if len(set(labels)) < len(labels):
        low.found.error("SS322", "the labels must differ", values.place("labels"))
        return None
    return RatingMethod(template=values.text("template"), labels=labels)
