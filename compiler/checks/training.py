"""Checks on what is trained, and on what comes out of a stage."""

from __future__ import annotations

from collections.abc import Sequence

from compiler.checks.view import StageView
from compiler.diagnostics import Diagnostics
from compiler.plan.model import Best, Compare, Evaluate, Gate, Generate, Judge, Output, Prefer, Quality, Train
from compiler.plan.names import short


def data_is_judged(view: StageView, found: Diagnostics) -> None:
    """A critic that is built and never applied lets everything through. What is trained on must have been
    accepted by a critic, on its way, with a margin or a precision. An answer that people wrote, and a source
    took from its data, needs none of its own: there what it answers must have been judged."""
    for train in view.of(Train):
        before = view.before(train.id)
        judges = [s for s in before if isinstance(s, Judge | Prefer | Best | Compare)]
        learnt = view.learns(train)
        by_people = {
            column
            for s in before
            if isinstance(s, Generate) and s.about is not None
            for column in view.method.datasets[s.about].columns
        }
        if judges and by_people.issuperset(learnt):
            continue
        if not any(_judged(column, judges, view) for column in learnt):
            found.error(
                "SS620",
                f'no critic has judged "{learnt[0]}" before "{short(train.id)}" learns it',
                view.place(train.id),
                help="Put a judge step between the step that writes it and the split.",
            )


def quality_before_training(view: StageView, found: Diagnostics) -> None:
    """Scripts trained on data whose quality check had failed: the check only warned. A train step must need
    a quality gate, so that it cannot run while the gate is closed."""
    for train in view.of(Train):
        if not any(isinstance(view.step(id), Quality) for id in train.needs):
            found.error(
                "SS621",
                f'"{short(train.id)}" needs no quality gate',
                view.place(train.id),
                help="Add a quality step on round(0), and name it: needs = [pilot, gap]",
            )


def gap_shown_before_training(view: StageView, found: Diagnostics) -> None:
    """The experiment's costliest mistake: the base model already did what it was trained for, and the gain
    was the prompt's format. Before training, a gate must look at an evaluation of the untrained model."""
    for train in view.of(Train):
        gates = [step for id in train.needs if isinstance(step := view.step(id), Gate)]
        shown = any(
            isinstance(evaluation := view.step(id), Evaluate)
            and any(a.model == view.stage.learner for a in evaluation.arms.values())
            and not any(isinstance(view.step(a.model), Train) for a in evaluation.arms.values())
            for gate in gates
            for id in gate.inputs
        )
        if not shown:
            found.error(
                "SS622",
                f'"{short(train.id)}" trains before it is shown that the untrained model fails',
                view.place(train.id),
                help="Evaluate the untrained model, let a gate require before.few_shot.check < 70 %, "
                "and name that gate in needs.",
            )


def output_is_gated(view: StageView, found: Diagnostics) -> None:
    """A stage whose gate is never asked hands on whatever training made. The stage's output must hang on a
    gate that reads the verdict of a comparison."""
    outputs = list(view.of(Output))
    if not outputs:
        found.error(
            "SS623",
            f'stage "{view.stage.name}" has no output',
            view.here,
            help="Add: output model = student if ship otherwise learner",
        )
    for output in outputs:
        gate = view.step(output.gate)
        reads = [step for id in (gate.inputs if gate else ()) if isinstance(step := view.step(id), Evaluate)]
        if not any(
            step.compare and output.model in {arm.model for arm in step.arms.values()} for step in reads
        ):
            found.error(
                "SS624",
                f'the gate of "{short(output.id)}" reads no comparison of the model that it lets out',
                view.place(output.id),
                help="Let the gate require the verdict of an evaluation that compares this model: "
                "require = after.verdict == improved",
            )


def _judged(column: str, judges: Sequence[Judge | Prefer | Best | Compare], view: StageView) -> bool:
    """Whether a critic read the column; what a prefer step makes was judged where its rule or critic did."""
    for judge in judges:
        if isinstance(judge, Prefer) and column in ("chosen", "rejected"):
            return True
        if judge.critic is not None:
            use = judge.critic
            known = view.method.critics[use.critic].columns
            if column in {use.columns.get(name, name) for name in known}:
                return True
    return False
