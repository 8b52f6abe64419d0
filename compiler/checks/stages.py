"""Checks on a stage among others: what it goes on from, what it promises, how far it has come."""

from __future__ import annotations

from compiler.checks.view import StageView
from compiler.diagnostics import Diagnostics, Label, listing
from compiler.plan.model import Evaluate, Gate, Output, Stage, Train
from compiler.plan.names import short


def promises_are_kept(view: StageView, found: Diagnostics) -> None:
    """In the experiment best of N was promised and absent. Who reads a promise takes it for done. Kinds of
    step that a stage promises must be among its steps: add such a step, or promise less."""
    kinds = {step.kind for step in view.stage.steps}
    missing = [kind for kind in view.stage.promises if kind not in kinds]
    if missing:
        found.error(
            "SS628",
            f'stage "{view.stage.name}" promises {listing(missing)}, and has no such step',
            view.places[f"stage {view.stage.name}.promises"],
            help="Add the step, or take the promise out.",
        )


def release_rests_on_releases(view: StageView, found: Diagnostics) -> None:
    """In the experiment scripts that were tried out looked like production. What rests on a draft is no
    better than the draft. A stage that is called a release may not go on from one that is still a draft or
    a pilot: release that one first, or call this one what it is."""
    if view.stage.status != "release":
        return
    for other in _before(view):
        if other.status != "release":
            found.error(
                "SS629",
                f'"{view.stage.name}" is a release and goes on from "{other.name}", a {other.status}',
                Label(view.places[f"stage {view.stage.name}.status"]),
                Label(view.places[other.name], "this one"),
                help=f'Write status = release in "{other.name}" too, once it is one.',
            )


def adapter_goes_on(view: StageView, found: Diagnostics) -> None:
    """In the experiment LoRA had rank 16 here and 64 there, unexplained. Weights of one shape cannot be
    gone on with in another. A stage that goes on with the adapter of the stage before has the same rank,
    alpha and modules; a preset keeps them together."""
    for train in view.of(Train):
        before = _trained(view, train.start)
        if before is None:
            continue
        mine, theirs = train.lora, before.lora
        if (mine.rank, mine.alpha, mine.modules) != (theirs.rank, theirs.alpha, theirs.modules):
            found.error(
                "SS625",
                f'"{short(train.id)}" cannot go on with an adapter of another shape',
                Label(view.place(train.id), f"{mine.rank}/{mine.alpha} on {mine.modules}"),
                Label(view.place(before.id), f"{theirs.rank}/{theirs.alpha} on {theirs.modules}"),
                help="Give both the same rank, alpha and modules; a preset keeps them together.",
            )


def forgetting_is_measured(view: StageView, found: Diagnostics) -> None:
    """What one stage teaches the next can undo. A stage that goes on from others must show, on the dev sets
    of all of them, that its model is no worse there, and its output must wait for that."""
    earlier = sorted(
        {
            name
            for stage in _before(view)
            for step in stage.steps
            if isinstance(step, Evaluate) and step.compare is None
            for name in step.items
        }
    )
    if not earlier or not any(True for _ in view.of(Train)):
        return
    gates = {output.gate for output in view.of(Output)}
    asked = {id for gate in view.of(Gate) if gate.id in gates for id in gate.inputs}
    shown = {
        name
        for step in view.of(Evaluate)
        if step.compare and step.compare.test == "no_worse" and step.id in asked
        for name in step.items
    }
    missing = [name for name in earlier if name not in shown]
    if missing:
        found.error(
            "SS636",
            f'nothing shows that "{view.stage.name}" does not undo what {listing(missing)} measures',
            view.here,
            help=f"Evaluate items = [{', '.join(earlier)}] with test = no_worse, and let the output's gate "
            "require its verdict.",
        )


def base_is_an_arm(view: StageView, found: Diagnostics) -> None:
    """The learner of a later stage is trained already. What the base model does with good examples must
    stand beside it, or a prompt's worth may pass for the training of all stages."""
    if not _before(view):
        return
    for step in view.of(Evaluate):
        if not step.compare or step.compare.test != "mcnemar":
            continue
        shown = any(
            arm.model in view.method.models and view.method.prompts[arm.prompt.prompt].samples
            for arm in step.arms.values()
        )
        if not shown:
            found.error(
                "SS637",
                f'"{short(step.id)}" compares without the base model and its examples',
                view.place(step.id),
                help="Add an arm: base_few_shot = base with PROMPT, whose prompt shows exemplars.",
            )


def _before(view: StageView) -> list[Stage]:
    """The stages that this one goes on from, over others too."""
    if not view.stage.after:
        return []  # else each of many stages would look at all the others
    by_name = {stage.name: stage for stage in view.method.stages}
    names = list(view.stage.after)
    for name in names:
        names += [other for other in by_name[name].after if other not in names]
    return [by_name[name] for name in names]


def _trained(view: StageView, model: str) -> Train | None:
    """The train step whose adapter a model has, if any: of an output the one that its gate lets out."""
    step = view.step(model)
    if isinstance(step, Output):
        return _trained(view, step.model)
    return step if isinstance(step, Train) else None
