"""A stage: its steps put in an order in which they can run, lowered one by one."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from compiler.diagnostics import Label, article, did_you_mean, listing, respelled
from compiler.lower.conditions import StepFacts
from compiler.lower.lowering import Lowering
from compiler.lower.steps import LOWER_STEP, STEP_KINDS, StageScope, StepBody, lower_model, sinks_of
from compiler.plan.model import AnyStep, Evaluate, Filter, Generate, Stage
from compiler.resolve import Symbol
from compiler.schema import TOP_LEVEL
from compiler.shapes import Ref, Values, read_block
from compiler.syntax import tree

# Fields that name steps which must come before. A source's `until` and the steps that its prompt samples
# close the loop over rounds instead, and order nothing.
ORDERING_FIELDS = (
    "input",
    "needs",
    "require",
    "model",
    "critic",
    "start",
    "data",
    "stop_early",
    "arms",
    "score",
)


def lower_stage(low: Lowering, symbol: Symbol) -> Stage | None:
    """The stage, or None where anything in it was reported."""
    definition = symbol.definition
    if not isinstance(definition.body, tree.Block):
        low.found.error("SS311", "a stage is written with a block { ... }", definition.body.span)
        return None
    settings = next(kind.settings for kind in TOP_LEVEL if kind.name == "stage")
    values = read_block(
        definition.body, settings, f'stage "{definition.name.value}"', definition.name.span, low.found, False
    )
    steps = _definitions(low, definition.body)
    order = _order(low, steps)
    learner_ref: Ref | None = values.get("learner")
    learner = lower_model(low, symbol.file, learner_ref) if learner_ref else None
    if learner is None or order is None:
        return None
    scope = StageScope(
        low, symbol.file, definition.name.value, learner, steps, _unread(definition.body, steps)
    )
    lowered: list[AnyStep] = []
    for name in order:
        step = _lower(scope, steps[name])
        if step is not None:
            lowered.append(step)
            scope.done[name] = step
            scope.columns[name] = dict(step.columns)
            scope.facts[name] = _facts(scope, step)
            low.places[step.id] = steps[name].name.span
    low.places[definition.name.value] = definition.name.span
    _rounds_can_end(scope, lowered)
    return Stage(
        name=definition.name.value,
        doc=" ".join(values.text("doc").split()),
        learner=learner,
        budget_usd=values.get("budget"),
        steps=tuple(lowered),
    )


def _rounds_can_end(scope: StageScope, steps: list[AnyStep]) -> None:
    """A source stops when enough is kept in a step; that step must be fed by the source."""
    inputs = {step.id: step.inputs for step in steps}
    for step in steps:
        if not isinstance(step, Generate) or step.until_step not in inputs:
            continue
        at: str | None = step.until_step
        while at is not None and at != step.id:
            at = next(iter(inputs.get(at, ())), None)
        if at is None:
            name = step.id.rpartition(".")[2]
            body = scope.definitions[name].body
            assert isinstance(body, tree.Block)
            until = next(field.value for field in body.fields() if field.name.value == "until")
            scope.low.found.error(
                "SS425",
                f'nothing that "{name}" makes reaches "{step.until_step.rpartition(".")[2]}"',
                until.span,
                help="Rounds end when enough is kept in a step that comes after this source.",
            )


def _definitions(low: Lowering, block: tree.Block) -> dict[str, tree.Definition]:
    steps: dict[str, tree.Definition] = {}
    for entry in block.entries:
        if isinstance(entry, tree.Field):
            continue
        if not isinstance(entry, tree.Definition):
            low.found.error("SS307", "only fields and steps can stand in a stage", entry.span)
            continue
        kind, name = entry.kind.value, entry.name
        if kind not in STEP_KINDS:
            low.found.error(
                "SS335",
                f'there is no step kind "{kind}"',
                Label(entry.kind.span, did_you_mean(kind, STEP_KINDS)),
                help=f"Step kinds are {listing(STEP_KINDS)}.",
                fix=respelled(entry.kind.span, kind, STEP_KINDS),
            )
        elif entry.parameters or entry.after:
            span = entry.parameters[0].name.span if entry.parameters else entry.name.span
            low.found.error(
                "SS337",
                f"{article(STEP_KINDS[kind].called)} has only a name before its block",
                span,
                help="What it reads is named by input, and what must have passed before it by needs.",
            )
        elif name.value in steps:
            low.found.error(
                "SS204",
                f'"{name.value}" is defined twice',
                Label(name.span),
                Label(steps[name.value].name.span, "first here"),
            )
        else:
            steps[name.value] = entry
    return steps


def _unread(block: tree.Block, steps: dict[str, tree.Definition]) -> frozenset[str]:
    named = {entry.name.value for entry in block.entries if isinstance(entry, tree.Definition)}
    return frozenset(named - set(steps))


def _lower(scope: StageScope, definition: tree.Definition) -> AnyStep | None:
    kind = definition.kind.value
    if kind == "output":
        values = Values({}, {}, definition.span)
    elif isinstance(definition.body, tree.Block):
        owner = f'{STEP_KINDS[kind].called} "{definition.name.value}"'
        values = read_block(
            definition.body, STEP_KINDS[kind].settings, owner, definition.name.span, scope.low.found
        )
        if not values.complete:
            return None
    else:
        called = article(STEP_KINDS[kind].called)
        scope.low.found.error("SS311", f"{called} is written with a block {{ ... }}", definition.body.span)
        return None
    return LOWER_STEP[kind](StepBody(scope, definition, values))


def _facts(scope: StageScope, step: AnyStep) -> StepFacts:
    if isinstance(step, Evaluate):
        return StepFacts(
            step.id,
            step.kind,
            {},
            arms=tuple(step.arms),
            scores=step.score,
            compares=step.compare is not None,
        )
    return StepFacts(
        id=step.id,
        kind=step.kind,
        columns=step.columns,
        sinks=sinks_of(step, scope.low.rules) if isinstance(step, Filter) else (),
    )


def _order(low: Lowering, steps: dict[str, tree.Definition]) -> list[str] | None:
    """Topological, ties by name: the order of blocks in the source plays no part."""
    before = {name: {n for n in _mentioned(d) if n in steps} for name, d in steps.items()}
    ready = sorted(name for name, needed in before.items() if not needed)
    heapq.heapify(ready)
    order: list[str] = []
    while ready:
        name = heapq.heappop(ready)
        order.append(name)
        for other, needed in before.items():
            if name in needed:
                needed.discard(name)
                if not needed:
                    heapq.heappush(ready, other)
    if len(order) < len(steps):
        circle = _circle(before)
        first, *others = (Label(steps[name].name.span) for name in circle)
        low.found.error(
            "SS208",
            f'"{circle[0]}" waits for itself'
            if not others
            else f"these steps wait for each other: {' → '.join([*circle, circle[0]])}",
            first,
            *(Label(label.span, "and this one") for label in others),
        )
        return None
    return order


def _circle(before: dict[str, set[str]]) -> list[str]:
    """Steps each of which waits for the next, and the last for the first; `before` holds what is left."""
    path: list[str] = []
    at = min(name for name, needed in before.items() if needed)
    while at not in path:
        path.append(at)
        at = min(needed for needed in before[at] if before[needed])
    return path[path.index(at) :]


def _mentioned(definition: tree.Definition) -> Iterator[str]:
    """Every name in a step's block that could be a step it must come after."""
    if not isinstance(definition.body, tree.Block):
        yield from _names(definition.body)
        return
    for entry in definition.body.fields():
        if entry.name.value in ORDERING_FIELDS:
            yield from _names(entry.value)


def _names(node: tree.Node) -> Iterator[str]:
    match node:
        case tree.Name(value=name):
            yield name
        case tree.Items(items=parts) | tree.Operation(operands=parts):
            for part in parts:
                yield from _names(part)
        case tree.Attribute(of=inner):
            yield from _names(inner)
        case tree.Call(arguments=arguments, named=named):
            for part in (*arguments, *(value for _, value in named)):
                yield from _names(part)
        case tree.Phrase(head=head, links=links):
            for part in (head, *(value for _, value in links)):
                yield from _names(part)
        case tree.Configured(head=head, settings=settings):
            yield from _names(head)
            yield from _names(settings)
        case tree.Block(entries=entries):
            for entry in entries:
                if isinstance(entry, tree.Field):
                    yield from _names(entry.value)
        case _:
            return
