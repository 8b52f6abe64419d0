"""Checks on the gap before training: shown with exemplars, and with something left to learn."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.checks.openings import can_open, measures
from compiler.checks.view import StageView
from compiler.diagnostics import Diagnostics
from compiler.plan.model import Arm, Evaluate, Expression, Gate, Train
from compiler.plan.names import short

NO_GAP = 0.95  # an untrained model that passes so many items leaves nothing to learn


def gap_shown_before_training(view: StageView, found: Diagnostics) -> None:
    """In the experiment no gap between the base model and what it was to learn had been shown before
    training. What a model does already it cannot be taught, and a gain is then something else, such as the
    prompt's format. Before training, a gate must look at an evaluation of the untrained model."""
    for train in view.of(Train):
        if not _gap_gates(train, view):
            found.error(
                "SS622",
                f'"{short(train.id)}" trains before it is shown that the untrained model fails',
                view.place(train.id),
                help="Evaluate the untrained model, let a gate require before.few_shot.check < 70 %, "
                "and name that gate in needs.",
            )


def gap_stands_with_exemplars(view: StageView, found: Diagnostics) -> None:
    """What a model does once its prompt shows examples, it could do already; what it lacked was the form. The
    gate before training requires that the untrained model fails with exemplars: that it stays below a
    threshold."""
    for gates, few_shot in _asked(view):
        if not few_shot:
            problem = "does not ask how the untrained model does with exemplars"
        elif all(_open_at(1.0, of, gates) for of in few_shot):
            problem = "can open where the untrained model passes every item with exemplars"
        else:
            continue
        asked = _written(few_shot[0]) if few_shot else "before.few_shot"
        found.error(
            "SS648",
            f'gate "{short(gates[0].id)}" {problem}',
            view.place(gates[0].id),
            help=f"Let it require that the untrained model fails with exemplars: {asked}.check < 70 %",
        )


def gap_leaves_something_to_learn(view: StageView, found: Diagnostics) -> None:
    """A threshold that nearly every model stays below shows no gap, and training has next to nothing to
    add. The gate before training does not open where the untrained model passes 95 % of the items with
    exemplars: ask for less, such as before.few_shot.check < 70 %."""
    for gates, few_shot in _asked(view):
        nearly = all(_open_at(NO_GAP - 1e-9, of, gates) for of in few_shot)
        if few_shot and nearly and not all(_open_at(1.0, of, gates) for of in few_shot):  # SS648 says so
            found.error(
                "SS649",
                f'gate "{short(gates[0].id)}" calls it a gap where the untrained model passes up to 95 % of '
                "the items",
                view.place(gates[0].id),
                help=f"Ask for a gap that training can close: {_written(few_shot[0])}.check < 70 %",
            )


def _asked(view: StageView) -> Iterator[tuple[tuple[Gate, ...], list[Expression]]]:
    """The gates before each training, once, and what they ask of the untrained model with exemplars."""
    before = [gates for train in view.of(Train) if (gates := _gap_gates(train, view))]
    for gates in {tuple(gate.id for gate in gates): gates for gates in before}.values():
        yield gates, [of for gate in gates for of in _few_shot(gate, view)]


def _written(of: Expression) -> str:
    return f"{short(str(of.args[0]))}.{of.args[1]}"


def _gap_gates(train: Train, view: StageView) -> tuple[Gate, ...]:
    """The gates before a train step that look at an evaluation of the untrained model alone."""
    gates = [step for id in train.needs if isinstance(step := view.step(id), Gate)]
    return tuple(gate for gate in gates if any(_untrained(view.step(id), view) for id in gate.inputs))


def _untrained(step: object, view: StageView) -> bool:
    models = {arm.model for arm in step.arms.values()} if isinstance(step, Evaluate) else set()
    return view.stage.learner in models and not any(isinstance(view.step(m), Train) for m in models)


def _few_shot(gate: Gate, view: StageView) -> Iterator[Expression]:
    """What a gate asks of the untrained model's arms that show exemplars."""
    for of in (of for required in gate.require for of in measures(required.condition, "arm_rate")):
        step = view.step(str(of.args[0]))
        if isinstance(step, Evaluate) and _shows_exemplars(step.arms[str(of.args[1])], view):
            yield of


def _shows_exemplars(arm: Arm, view: StageView) -> bool:
    shown = arm.prompt.samples or view.method.prompts[arm.prompt.prompt].samples
    return arm.model == view.stage.learner and bool(shown)


def _open_at(rate: float, of: Expression, gates: tuple[Gate, ...]) -> bool:
    """Whether all gates can open where one measure has this value, whatever the others are."""
    return all(can_open(gate, lambda other: (rate,) if other == of else None) for gate in gates)
