"""A stage: its steps put in an order in which they can run, lowered one by one."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from compiler.diagnostics import Label, article, did_you_mean, listing, respelled
from compiler.lower.likeness import expand
from compiler.lower.lowering import LoweredStage, Lowering
from compiler.lower.results import StepFacts
from compiler.lower.running_order import running_order
from compiler.lower.steps import (
    LOWER_STEP,
    MAPS,
    STEP_KINDS,
    StageScope,
    StepBody,
    look_at_each_field,
    lower_model,
    lower_stage_model,
    sinks_of,
)
from compiler.plan.model import Allowed, AnyStep, Evaluate, Generate, Stage
from compiler.resolve import Symbol
from compiler.schema import TOP_LEVEL
from compiler.shapes import Ref, Values, read_block
from compiler.syntax import tree

SETTINGS = next(kind.settings for kind in TOP_LEVEL if kind.name == "stage")
StageOf = Callable[[Ref], LoweredStage | None]


def lower_stage(low: Lowering, file: str, ref: Ref) -> LoweredStage | None:
    """The stage that a name means in a file, lowered once; None where anything in it was reported."""
    symbol = low.symbol(file, ref, ("stage",), "stage")
    if symbol is None:
        return None
    names = [waiting.name for waiting in low.waiting]
    if ref.name in names:
        circle = [*low.waiting[names.index(ref.name) :], ref]
        low.found.error(
            "SS208",
            f"these stages wait for each other: {' → '.join(stage.name for stage in circle)}",
            *(
                Label(later.span, f'"{stage.name}" names "{later.name}"')
                for stage, later in reversed(list(pairwise(circle)))
            ),
        )
        return None
    if ref.name not in low.stages:
        low.waiting.append(ref)
        lowered = _stage(low, symbol)
        low.waiting.pop()
        low.stages[ref.name] = lowered
    return low.stages[ref.name]


def _stage(low: Lowering, symbol: Symbol) -> LoweredStage | None:
    definition = symbol.definition
    if not isinstance(definition.body, tree.Block):
        low.found.error("SS311", "a stage is written with a block { ... }", definition.body.span)
        return None
    name = definition.name.value
    values = read_block(definition.body, SETTINGS, f'stage "{name}"', definition.name.span, low.found, False)

    named: list[str] = []

    def stage_of(ref: Ref) -> LoweredStage | None:
        named.append(ref.name)
        return lower_stage(low, symbol.file, ref)

    before = definition.related("after")
    known = before is None or low.program.lookup(symbol.file, before.value) is not None
    if before is not None and stage_of(Ref(before.value, before.span)) is None and known:
        return None
    written = _definitions(low, definition.body)
    steps, likes = expand(low, symbol.file, written)
    order = running_order(low, steps)
    learner_ref: Ref | None = values.get("learner")
    learner = _learner(low, symbol.file, learner_ref, stage_of) if learner_ref else "learner"
    promises = tuple(ref.name for ref in values.get("promises", ()) if _is_a_kind(low, ref))
    allowed = _allowed(low, name, definition.body)
    if learner is None and learner_ref:
        learner = learner_ref.name  # it was reported; the steps can be read without it
    if learner is None or order is None:
        return None
    unread = _unread(definition.body, steps) | _outside(low, symbol.file)
    scope = StageScope(low, symbol.file, name, learner, steps, stage_of, likes, unread)
    lowered: list[AnyStep] = []
    for step_name in order:
        step = _lower_or_guess(scope, steps[step_name])
        if step is not None:
            lowered.append(step)
            scope.done[step_name] = step
            scope.columns[step_name] = dict(step.columns)
            scope.facts[step_name] = _facts(scope, step)
            low.places[step.id] = steps[step_name].name.span
    low.places[name] = definition.name.span
    for field in ("promises", "status"):
        low.places[f"stage {name}.{field}"] = values.place(field)
    _rounds_can_end(scope, lowered)
    stage = Stage(
        name=name,
        doc=" ".join(values.text("doc").split()),
        learner=learner,
        budget_usd=values.get("budget"),
        steps=tuple(lowered),
        after=tuple(dict.fromkeys(named)),
        status=values.get("status", "draft"),
        promises=promises,
        allowed=allowed,
    )
    kinds = {step_name: steps[step_name].kind.value for step_name in order}
    return LoweredStage(stage, symbol, scope.columns, kinds)


def _learner(low: Lowering, file: str, ref: Ref, stage_of: StageOf) -> str | None:
    """A role, or what an earlier stage gives out."""
    return lower_stage_model(low, ref, stage_of) if "." in ref.name else lower_model(low, file, ref)


def _is_a_kind(low: Lowering, ref: Ref) -> bool:
    if ref.name not in STEP_KINDS:
        low.found.error(
            "SS335",
            f'there is no step kind "{ref.name}"',
            Label(ref.span, did_you_mean(ref.name, STEP_KINDS)),
            help=f"Step kinds are {listing(STEP_KINDS)}.",
            fix=respelled(ref.span, ref.name, STEP_KINDS),
        )
    return ref.name in STEP_KINDS


def _allowed(low: Lowering, stage: str, block: tree.Block) -> tuple[Allowed, ...]:
    """Warnings that may stand, with the reason."""
    found: dict[str, Allowed] = {}
    for entry in block.entries:
        if not isinstance(entry, tree.Allow):
            continue
        code = entry.code.value
        if entry.word.value != "because":
            low.found.error(
                "SS306", f'allow() takes a code and because, not "{entry.word.value}"', entry.word.span
            )
        elif code in found:
            low.found.error("SS309", f'"{code}" is allowed twice', entry.code.span)
        elif not entry.reason.value.strip():
            low.found.error(
                "SS364", "this reason is empty", entry.reason.span, help="Say why, or take the allow out."
            )
        else:
            found[code] = Allowed(code=code, because=" ".join(entry.reason.value.split()))
            low.places[f"{stage}.allow.{code}"] = entry.code.span
    return tuple(found.values())


def _rounds_can_end(scope: StageScope, steps: list[AnyStep]) -> None:
    """A source stops when enough is kept in a step; that step must be fed by the source within a round, and
    so by no mix, split or order, which come when all rounds are done."""
    inputs = {step.id: step.inputs for step in steps if step.kind in MAPS}
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
                f'nothing that "{name}" makes in a round reaches "{step.until_step.rpartition(".")[2]}"',
                until.span,
                help="Rounds end when enough is kept in a step that comes after this source.",
            )


def _definitions(low: Lowering, block: tree.Block) -> dict[str, tree.Definition]:
    steps: dict[str, tree.Definition] = {}
    for entry in block.entries:
        if isinstance(entry, tree.Field | tree.Allow):
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
        elif entry.parameters or (entry.relation and entry.relation[0] != "like"):
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


# What a step may be reported as only because the columns of its input are guessed.
OF_COLUMNS = frozenset(
    {
        *("SS325", "SS330", "SS352", "SS359"),
        *("SS407", "SS409", "SS411", "SS417", "SS418", "SS419", "SS420", "SS424"),
    }
)


def _outside(low: Lowering, file: str) -> frozenset[str]:
    """Steps that stand beside the stages of a file, which is reported there."""
    if file not in low.outside:
        definitions = low.program.files[file].definitions
        low.outside[file] = frozenset(d.name.value for d in definitions if d.kind.value in STEP_KINDS)
    return low.outside[file]


def _lower_or_guess(scope: StageScope, definition: tree.Definition) -> AnyStep | None:
    """A step that could not be lowered still has columns, as far as they can be told, so that what is wrong
    in the steps after it is shown too; what may only come from the guess is not."""
    found = scope.low.found
    stage = scope.low.owners["stage", scope.name].definition.span
    before = len(found.items)
    scope.on_guesses = False
    step = _lower(scope, definition)
    if scope.on_guesses:
        found.items[before:] = [
            item
            for item in found.items[before:]
            if item.code not in OF_COLUMNS
            or not (item.labels and stage.start <= item.labels[0].span.start < stage.end)
        ]
    if step is None or scope.on_guesses:
        scope.guess(definition)
    return None if scope.on_guesses else step


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
            look_at_each_field(StepBody(scope, definition, values))
            return None
    else:
        called = article(STEP_KINDS[kind].called)
        scope.low.found.error("SS311", f"{called} is written with a block {{ ... }}", definition.body.span)
        return None
    body = StepBody(scope, definition, values)
    step = LOWER_STEP[kind](body)
    if step is None:
        look_at_each_field(body)
    return step


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
        sinks=sinks_of(step, scope.low.rules),
    )
