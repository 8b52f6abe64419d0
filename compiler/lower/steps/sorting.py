"""Steps that write nothing: filters drop records, splits divide them."""

from __future__ import annotations

from collections.abc import Mapping

from compiler.diagnostics import Label, did_you_mean, listing, percent, respelled
from compiler.lower.data import lower_dataset
from compiler.lower.rules import lower_rules
from compiler.lower.steps.scope import StepBody
from compiler.plan.model import AnyStep, Filter, Near, Rejection, Rules, Split
from compiler.shapes import QuantityOf, Ref
from compiler.syntax import tree


def lower_filter(body: StepBody) -> AnyStep | None:
    scope, values = body.scope, body.values
    read = body.input()
    if read is None:
        return None
    before, columns = read
    names = lower_rules_list(body, columns)
    near = _near(body, columns) if "dedup" in values else None
    if names is None or ("dedup" in values and near is None):
        return None
    apart: list[str] = []
    for ref in values.get("apart_from", ()):
        dataset = lower_dataset(scope.low, scope.file, ref)
        if dataset is None:
            return None
        if not any(dataset.columns.get(c) == "text" == t for c, t in columns.items()):
            scope.low.found.error(
                "SS419", f'"{ref.name}" shares no text column with the records here', ref.span
            )
            return None
        apart.append(ref.name)
    return Filter(**body.base(columns, before), rules=names, near=near, apart_from=tuple(sorted(apart)))


def _near(body: StepBody, columns: Mapping[str, str]) -> Near | None:
    node, found = body.values.get("dedup"), body.scope.low.found
    match node:
        case tree.Call(
            function=tree.Name(value="near"),
            arguments=(tree.Name() as column,),
            named=((tree.Name(value="similarity"), share),),
        ):
            if columns.get(column.value) != "text":
                body.not_a_text(Ref(column.value, column.span), columns)
                return None
            similarity = QuantityOf("share", 0.01, 1).read(share, found)
            return Near(column=column.value, similarity=similarity) if isinstance(similarity, float) else None
        case _:
            found.error("SS327", "this must be near(column, similarity = 80 %)", node.span)
            return None


def lower_rules_list(body: StepBody, columns: Mapping[str, str]) -> tuple[str, ...] | None:
    """Names of rules whose columns the records have."""
    low, names = body.scope.low, []
    for ref in body.values.get("rules", ()):
        rules = lower_rules(low, body.scope.file, ref)
        if rules is None:
            return None
        for column, type_ in rules.columns.items():
            if columns.get(column) != type_:
                low.found.error(
                    "SS418",
                    f'rules "{ref.name}" read the column {column}: {type_}, which is not there',
                    Label(ref.span, did_you_mean(column, columns)),
                    help=f"The records here have {listing(columns)}.",
                )
                return None
        names.append(ref.name)
    return tuple(names)


def sinks_of(step: Filter, rules: Mapping[str, Rules | None]) -> tuple[str, ...]:
    """Every name under which a filter can reject a record, in the order in which it looks."""
    named = [s.name for name in step.rules for s in rules[name].statements if isinstance(s, Rejection)]  # type: ignore[union-attr]
    return (*named, *(("duplicate",) if step.near else ()), *(("held_out",) if step.apart_from else ()))


def lower_split(body: StepBody) -> AnyStep | None:
    values, found = body.values, body.scope.low.found
    read = body.input()
    if read is None:
        return None
    before, columns = read
    group: Ref = values.get("group_by")
    if group.name not in columns:
        found.error(
            "SS417",
            f'"{group.name}" is not a column here',
            Label(group.span, did_you_mean(group.name, columns)),
            fix=respelled(group.span, group.name, columns),
        )
        return None
    parts = {"train": values.get("train"), "dev": values.get("dev")}
    if abs(sum(parts.values()) - 1) > 1e-9:
        found.error(
            "SS329", f"the parts add up to {percent(sum(parts.values()))}, not to 100 %", values.place("dev")
        )
        return None
    body.scope.parts[body.name] = tuple(parts)
    return Split(**body.base(columns, before), parts=parts, group_by=group.name)


def lower_part(body: StepBody, node: tree.Node) -> tuple[str, str] | None:
    """`data.train`: the split step's name and the part."""
    match node:
        case tree.Attribute(of=tree.Name(value=step, span=span), name=part):
            if not body.scope.step(Ref(step, span), ("split",), "a part of a split"):
                return None
            if part.value not in body.scope.parts[step]:
                parts = body.scope.parts[step]
                body.scope.low.found.error(
                    "SS421",
                    f'"{step}" has no part "{part.value}"',
                    Label(part.span, did_you_mean(part.value, parts)),
                    fix=respelled(part.span, part.value, parts),
                )
                return None
            return step, part.value
        case _:
            body.scope.low.found.error(
                "SS330",
                "this must be a part of a split, such as data.train",
                node.span,
                help="What is trained on is split first, so that something is held back to watch.",
            )
            return None
