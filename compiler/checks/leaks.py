"""Whether what a model learns can hold what it is evaluated on, along every way by which records reach it."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.checks.view import StageView
from compiler.diagnostics import Diagnostics, Label, listing
from compiler.plan.model import Converse, Evaluate, Filter, Mix, Output, PromptUse, Train
from compiler.plan.names import short

NOTHING: frozenset[str] = frozenset()


def kept_apart_from_held_out(view: StageView, found: Diagnostics) -> None:
    """Training text that also stands in a held-out set makes its score worthless: the experiment's
    evaluation set leaked. What earlier stages taught counts too, since the model has seen that as well; and
    a text that is put together after a filter has not been compared by it. On every way to a train step, a
    filter must compare what the model is asked there with every held-out set of the stage."""
    held_out = sorted({name for step in view.of(Evaluate) for name in step.items})
    own = {step.id for step in view.of(Train)}
    for train in _ever_trained(view):
        asked = shown_columns(train.prompt, view)
        apart = frozenset[str]().union(*(_apart(view, train.inputs[0], column) for column in asked))
        missing = [name for name in held_out if name not in apart]
        if not missing:
            continue
        if train.id in own:
            label = Label(view.place(train.id))
        else:
            label = Label(view.here, f'goes on from what "{train.id}" learnt')
        found.error(
            "SS612",
            f'what "{short(train.id)}" learns is not kept apart from {listing(missing)}',
            label,
            help=f"Compare {listing(sorted(asked))} on every way there: apart_from = [{', '.join(held_out)}]",
        )


def shown_columns(use: PromptUse, view: StageView) -> set[str]:
    """The record's columns that a prompt shows."""
    columns = view.method.prompts[use.prompt].columns
    return {use.columns.get(c, c) for c, type_ in columns.items() if type_ != "items"}


def _ever_trained(view: StageView) -> list[Train]:
    """The stage's train steps, those whose models it evaluates, and those whose models these go on from."""
    found: dict[str, Train] = {}
    waiting = [step.id for step in view.of(Train)]
    waiting += [arm.model for step in view.of(Evaluate) for arm in step.arms.values()]
    while waiting:
        step = view.step(waiting.pop(0))
        if isinstance(step, Output):
            waiting += [step.model, step.otherwise]
        elif isinstance(step, Train) and step.id not in found:
            found[step.id] = step
            waiting.append(step.start)
    return list(found.values())


def _apart(view: StageView, source: str, column: str) -> frozenset[str]:
    """The data that a column of a step's records was compared with, whichever way a record came."""
    key = (source, column)
    if key not in view.compared:
        view.compared[key] = NOTHING  # for a circle, which is reported elsewhere
        view.compared[key] = _found_apart(view, source, column)
    return view.compared[key]


def _found_apart(view: StageView, source: str, column: str) -> frozenset[str]:
    step = view.step(source) or view.step(source.rpartition(".")[0])
    if step is None or not step.inputs:
        return NOTHING
    if isinstance(step, Converse) and column not in _columns_before(view, step.inputs):
        # The talk is about what its record says, and no filter reads turns.
        texts = [c for c, type_ in _columns_before(view, step.inputs).items() if type_ == "text"]
        return NOTHING.union(*(_apart(view, step.inputs[0], c) for c in texts))
    if getattr(step, "into", "") == column or column not in _columns_before(view, step.inputs):
        return NOTHING
    ways = step.inputs if isinstance(step, Mix) else step.inputs[:1]
    before = [_apart(view, way, column) for way in ways]
    apart = before[0].intersection(*before[1:])
    if isinstance(step, Filter) and (step.near is None or step.near.column == column):
        apart |= frozenset(_compared(view, step, column))
    return apart


def _compared(view: StageView, step: Filter, column: str) -> Iterator[str]:
    """The column whose near-duplicates are dropped is compared with all texts; others with their like."""
    for name in step.apart_from:
        if step.near or column in view.method.datasets[name].columns:
            yield name


def _columns_before(view: StageView, inputs: tuple[str, ...]) -> dict[str, str]:
    steps = [view.step(name) for name in inputs]
    return {name: type_ for step in steps if step is not None for name, type_ in step.columns.items()}
