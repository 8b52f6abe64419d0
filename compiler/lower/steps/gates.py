"""Gates, quality gates, and the output that hangs on one: conditions over measured results."""

from __future__ import annotations

import re

from compiler.diagnostics import Label, did_you_mean, respelled
from compiler.lower.conditions import lower_condition
from compiler.lower.results import ResultLeaf, asked_steps
from compiler.lower.steps.scope import GATES, StepBody
from compiler.plan.model import AnyStep, Gate, Output, Quality, Requirement, Review
from compiler.shapes import NumberOf, Ref, TextOf
from compiler.syntax import tree


def lower_requirement(body: StepBody, node: tree.Node) -> Requirement | None:
    scope = body.scope
    kinds = {name: definition.kind.value for name, definition in scope.definitions.items()}
    leaf = ResultLeaf(kinds, scope.facts, scope.unread, scope.low.program.may_lack_names, scope.low.found)
    lowered = lower_condition(node, leaf, scope.low.found)
    if lowered is None:
        return None
    return Requirement(condition=lowered, text=as_written(body, node))


def as_written(body: StepBody, node: tree.Node) -> str:
    """The author's words on one line, without comments."""
    source = body.scope.low.program.sources[node.span.file].text
    return " ".join(re.sub(r"#[^\n]*", " ", source[node.span.start : node.span.end]).split())


def lower_quality(body: StepBody) -> AnyStep | None:
    values, found = body.values, body.scope.low.found
    match values.get("on"):
        case tree.Call(function=tree.Name(value="round"), arguments=(tree.Number() as number,)):
            round_ = NumberOf(0, whole=True).read(number, found)
        case tree.Call(function=tree.Name(value=word, span=called)):
            near = Label(called, did_you_mean(word, ["round"]))
            found.error("SS331", "this must be round(0)", near, fix=respelled(called, word, ["round"]))
            return None
        case node:
            found.error("SS331", "this must be round(0)", node.span)
            return None
    require = [lower_requirement(body, node) for node in values.get("require")]
    if not isinstance(round_, int) or any(r is None for r in require):
        return None
    kept = tuple(r for r in require if r is not None)
    inputs = sorted({step for r in kept for step in asked_steps(r.condition)})
    return Quality(
        **body.base({}, *inputs),
        round=round_,
        require=kept,
        on_failure=values.get("on_failure", "stop"),
        retries=values.get("retries", 0),
    )


def lower_gate(body: StepBody) -> AnyStep | None:
    require = lower_requirement(body, body.values.get("require"))
    if require is None:
        return None
    return Gate(**body.base({}, *sorted(asked_steps(require.condition))), require=(require,))


def lower_review(body: StepBody) -> AnyStep | None:
    values, found = body.values, body.scope.low.found
    read = body.scope.records(values.get("on"))
    if read is None:
        return None
    if not values.text("question").strip():
        found.error(
            "SS390",
            "this question is empty",
            values.place("question"),
            help="Ask what is to be looked at, so that a yes means something.",
        )
        return None
    shared = {
        **body.from_input(read, {}),
        "items": values.get("items"),
        "question": " ".join(values.text("question").split()),
    }
    match values.get("by"):
        case tree.Name(value="person"):
            return Review(**shared, by="person")
        case tree.Call(function=tree.Name(value="command"), arguments=arguments, named=()) if arguments:
            texts = [TextOf().read(argument, found) for argument in arguments]
            command = tuple(text.value for text in texts if isinstance(text, tree.Text))
            return Review(**shared, by="command", command=command) if len(command) == len(texts) else None
        case node:
            found.error("SS356", 'this must be person, or command("program", "argument")', node.span)
            return None


def lower_output(body: StepBody) -> AnyStep | None:
    scope, node, found = body.scope, body.definition.body, body.scope.low.found
    match node:
        case tree.Phrase(
            head=tree.Name() as model,
            links=(
                ("if", tree.Name(value=gate, span=gate_span)),
                ("otherwise", tree.Name() | tree.Attribute() as other),
            ),
        ):
            student, otherwise = body.model(model), body.model(other)
            if student is None or otherwise is None or not scope.step(Ref(gate, gate_span), GATES, "a gate"):
                return None
            inputs = tuple(m for m in (student,) if m.startswith(scope.name + "."))
            scope.low.model_kinds[scope.id(body.name)] = scope.kind_of(student)
            return Output(
                id=scope.id(body.name),
                inputs=inputs,
                needs=(),
                model=student,
                gate=scope.id(gate),
                otherwise=otherwise,
            )
        case _:
            found.error(
                "SS606",
                "a stage's output needs a gate and something to fall back on",
                node.span,
                help="Write output model = student if ship otherwise learner.",
            )
            return None
