"""Steps that go by a constitution: drawing principles, critiques, revisions."""

from __future__ import annotations

from compiler.diagnostics import Label, did_you_mean
from compiler.lower.constitutions import lower_constitution
from compiler.lower.steps.generating import lower_sampling
from compiler.lower.steps.scope import PRINCIPLES, StepBody, finish_column
from compiler.plan.model import AnyStep, Critique, PrincipleSample, Revise, SamplePrinciples
from compiler.shapes import Ref
from compiler.syntax import tree


def lower_principles(body: StepBody) -> AnyStep | None:
    read = body.input()
    sample = _sample(body, "sample")
    if read is None or sample is None:
        return None
    if not body.new_column(Ref(PRINCIPLES, body.place), read.columns):
        return None
    return SamplePrinciples(**body.from_input(read, {**read.columns, PRINCIPLES: PRINCIPLES}), sample=sample)


def lower_critique(body: StepBody) -> AnyStep | None:
    scope, values = body.scope, body.values
    read, model = body.input(), scope.model(values.get("model"))
    if read is None or model is None:
        return None
    columns = dict(read.columns)
    sample: PrincipleSample | None = None
    if "principles" in values:
        sample = _sample(body, "principles")
        if sample is None or not body.new_column(Ref(PRINCIPLES, values.place("principles")), columns):
            return None
        columns[PRINCIPLES] = PRINCIPLES
    elif columns.get(PRINCIPLES) != PRINCIPLES:
        scope.low.found.error(
            "SS348",
            "a critique goes by principles, and these records have none",
            body.place,
            help="Add: principles = sample(constitution, 1..3, balanced_by = category)",
        )
        return None
    into: Ref = values.get("into")
    use = scope.prompt(values.get("prompt"), columns, model)
    if use is None or not body.new_column(into, columns):
        return None
    finish = finish_column(into.name, columns)
    return Critique(
        **body.from_input(read, {**columns, into.name: "text", finish: "finish_reason"}),
        model=model,
        prompt=use,
        sampling=lower_sampling(values.get("sampling")),
        into=into.name,
        finish=finish,
        sample=sample,
    )


def lower_revise(body: StepBody) -> AnyStep | None:
    scope, values = body.scope, body.values
    read, model = body.input(), scope.model(values.get("model"))
    if read is None or model is None:
        return None
    of: Ref = values.get("of")
    into: Ref = values.get("into")
    use = scope.prompt(values.get("prompt"), read.columns, model)
    if use is None or not body.text_column(of, read.columns) or not body.new_column(into, read.columns):
        return None
    finish = finish_column(into.name, read.columns)
    return Revise(
        **body.from_input(read, {**read.columns, into.name: "text", finish: "finish_reason"}),
        model=model,
        prompt=use,
        sampling=lower_sampling(values.get("sampling")),
        of=of.name,
        into=into.name,
        finish=finish,
    )


def _sample(body: StepBody, field: str) -> PrincipleSample | None:
    """`sample(constitution, 1..3, balanced_by = category)`, or a number in place of the range."""
    scope, found, node = body.scope, body.scope.low.found, body.values.get(field)
    match node:
        case tree.Call(
            function=tree.Name(value="sample"),
            arguments=(tree.Name(value=name, span=span), tree.Number() | tree.Range() as wanted),
            named=() | ((tree.Name(value="balanced_by"), tree.Name(value="category")),) as balance,
        ):
            constitution = lower_constitution(scope.low, scope.file, Ref(name, span))
            if constitution is None:
                return None
            least, most = (
                (wanted.low, wanted.high) if isinstance(wanted, tree.Range) else (wanted.value, wanted.value)
            )
            there = len(constitution.principles)
            if not (isinstance(least, int) and isinstance(most, int) and 1 <= least <= most <= there):
                found.error(
                    "SS302",
                    f"this is out of bounds: from 1 up to the {there} principles there are",
                    wanted.span,
                )
                return None
            return PrincipleSample(constitution=name, least=least, most=most, balanced=bool(balance))
        case tree.Call(function=tree.Name(value=other, span=span)) if other != "sample":
            found.error("SS349", "this must be a sample", Label(span, did_you_mean(other, ["sample"])))
        case _:
            found.error(
                "SS349",
                "this must be sample(constitution, 1..3, balanced_by = category)",
                node.span,
                help="A number in place of the range draws as many for each record.",
            )
    return None
