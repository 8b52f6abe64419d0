"""Steps that write nothing: filters drop records, splits divide them."""

from __future__ import annotations

from collections.abc import Mapping

from compiler.diagnostics import Label, did_you_mean, listing, percent, respelled
from compiler.lower.data import lower_dataset
from compiler.lower.prompts import called, lower_columns
from compiler.lower.rules import lower_rules
from compiler.lower.steps.scope import Read, StepBody, shared_columns
from compiler.plan.model import AnyStep, Filter, Generate, Mix, Near, Order, Rejection, Rules, RulesUse, Split
from compiler.schema import COUNT, SHARE
from compiler.shapes import QuantityOf, Ref, dotted, misspelt
from compiler.syntax import tree


def lower_filter(body: StepBody) -> AnyStep | None:
    scope, values = body.scope, body.values
    read = body.input()
    if read is None:
        return None
    columns = read.columns
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
    caps = _caps(body, columns) if "caps" in values else {}
    if caps is None:
        return None
    return Filter(
        **body.from_input(read, columns), rules=names, near=near, caps=caps, apart_from=tuple(sorted(apart))
    )


def _caps(body: StepBody, columns: Mapping[str, str]) -> dict[str, int] | None:
    """`{ column = 3 items }`: how often one value of a column may be kept."""
    node, found = body.values.get("caps"), body.scope.low.found
    if not isinstance(node, tree.Block) or not all(isinstance(entry, tree.Field) for entry in node.entries):
        found.error("SS357", "caps are written { column = 3 items }", node.span)
        return None
    caps: dict[str, int] = {}
    for field in node.fields():
        name = Ref(field.name.value, field.name.span)
        if name.name in caps:
            found.error("SS309", f'"{name.name}" is set twice', name.span)
            return None
        if not body.text_column(name, columns):
            return None
        count = COUNT.read(field.value, found)
        if not isinstance(count, int):
            return None
        caps[name.name] = count
    return caps


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
            place, fix = misspelt(node, ("near", "similarity"))
            found.error("SS327", "this must be near(column, similarity = 80 %)", place, fix=fix)
            return None


def lower_rules_list(body: StepBody, columns: Mapping[str, str]) -> tuple[RulesUse, ...] | None:
    """Rules whose columns the records have."""
    low, uses = body.scope.low, []
    for node in body.values.get("rules", ()):
        use = called(node)
        if use is None:
            low.found.error("SS301", "this must be the name of rules, not an expression", node.span)
            return None
        ref, named = use
        rules = lower_rules(low, body.scope.file, ref)
        renamed = lower_columns(low, named, f'rules "{ref.name}"', rules.columns) if rules else None
        if rules is None or renamed is None:
            return None
        own_finish = f"{renamed.get(rules.subject, rules.subject)}_finish"
        for column, type_ in rules.columns.items():
            if type_ == "finish_reason" and column not in renamed and own_finish in columns:
                renamed[column] = own_finish  # how the subject ended, not the text before it
            wanted = renamed.get(column, column)
            if columns.get(wanted) != type_:
                low.found.error(
                    "SS418",
                    f'rules "{ref.name}" read the column {wanted}: {type_}, which is not there',
                    Label(ref.span, did_you_mean(wanted, columns)),
                    help=f"The records here have {listing(columns)}.",
                )
                return None
        uses.append(RulesUse(rules=ref.name, columns=renamed))
    return tuple(uses)


def sinks_of(step: AnyStep, rules: Mapping[str, Rules | None]) -> tuple[str, ...]:
    """Every name under which a step can reject a record, in the order in which it looks."""
    if isinstance(step, Generate):
        return () if step.parse in ("text", "numbered_list") else ("unparsed",)
    if not isinstance(step, Filter):
        return SINKS.get(step.kind, ())
    used = [rules[use.rules] for use in step.rules]
    named = [s.name for known in used if known for s in known.statements if isinstance(s, Rejection)]
    more = (("held_out", step.apart_from), ("duplicate", step.near), ("cap", step.caps))
    return (*named, *(name for name, looked_for in more if looked_for))


SINKS: Mapping[str, tuple[str, ...]] = {
    "judge": ("not accepted",),
    "best": ("not best",),
    "revise": ("unchanged",),
    "prefer": ("same", "length", "not preferred"),
    "converse": ("empty",),
    "mix": ("left_over",),
}


def lower_split(body: StepBody) -> AnyStep | None:
    values, found = body.values, body.scope.low.found
    read = body.input()
    if read is None:
        return None
    columns = read.columns
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
    for part in parts:
        body.scope.columns[f"{body.name}.{part}"] = dict(columns)
    return Split(**body.from_input(read, columns), parts=parts, group_by=group.name)


def lower_mix(body: StepBody) -> AnyStep | None:
    """`[50 % of good, 50 % of earlier.good]`: shares of records, with the columns that all of them have."""
    node, found = body.values.get("of"), body.scope.low.found
    if not isinstance(node, tree.Items) or not node.items:
        found.error("SS358", "a mix is written [50 % of STEP, 50 % of OTHER]", node.span)
        return None
    shares: dict[str, float] = {}
    columns: dict[str, str] | None = None
    steps: list[str] = []
    for item in node.items:
        match item:
            case tree.Phrase(head=head, links=(("of", source),)) if (ref := dotted(source)) is not None:
                share, read = SHARE.read(head, found), body.scope.records(ref)
                if read is None or not isinstance(share, float):
                    return None
                if read.id in shares:
                    found.error("SS309", f'"{ref.name}" is set twice', ref.span)
                    return None
                shares[read.id] = share
                steps.append(read.step)
                columns = shared_columns(columns, read.columns)
            case _:
                found.error("SS358", "a part of a mix is written 50 % of STEP", item.span)
                return None
    if abs(sum(shares.values()) - 1) > 1e-9:
        found.error("SS329", f"the parts add up to {percent(sum(shares.values()))}, not to 100 %", node.span)
        return None
    if not columns:
        found.error("SS359", "these records have no column in common", node.span)
        return None
    return Mix(**body.base(columns, *dict.fromkeys(steps)), shares=shares)


def lower_order(body: StepBody) -> AnyStep | None:
    read = body.input()
    by: Ref = body.values.get("by")
    if read is None:
        return None
    if read.columns.get(by.name) != "number":
        numbers = [name for name, type_ in read.columns.items() if type_ == "number"]
        body.scope.low.found.error(
            "SS417",
            f'"{by.name}" is not a number column here',
            Label(by.span, did_you_mean(by.name, numbers)),
            help=f"The number columns here are {listing(numbers)}." if numbers else "A rate step adds one.",
            fix=respelled(by.span, by.name, numbers),
        )
        return None
    return Order(**body.from_input(read, read.columns), by=by.name, first=body.values.get("first"))


def lower_part(body: StepBody, ref: Ref) -> Read | None:
    """`data.train`, or an order step of such a part: what is trained on was split first."""
    own = body.scope.definitions.get(ref.name)
    whole = own is not None and own.kind.value == "split"
    read = None if whole else body.scope.records(ref, "a part of a split")
    if read is None and not whole:
        return None
    if read is not None and (read.part or _ordered_part(body, read.step)):
        return read
    body.scope.low.found.error(
        "SS330",
        "this must be a part of a split, such as data.train",
        ref.span,
        help="What is trained on is split first, so that something is held back to watch.",
    )
    return None


def _ordered_part(body: StepBody, id: str) -> bool:
    step = body.scope.done.get(id.removeprefix(body.scope.id("")))
    return isinstance(step, Order) and bool(step.part)
