"""Checks on what is trained, and on what comes out of a stage."""

from __future__ import annotations

from functools import partial

from compiler.checks.view import StageView
from compiler.diagnostics import Diagnostics, Label
from compiler.plan.model import (
    AnyStep,
    Best,
    Compare,
    Evaluate,
    Generate,
    Judge,
    Order,
    Output,
    Prefer,
    Quality,
    Split,
    Train,
)
from compiler.plan.names import short

JUDGES = Judge | Prefer | Best | Compare


def data_is_judged(view: StageView, found: Diagnostics) -> None:
    """The experiment's critic was built and never used. An answer that people wrote, and a source took from
    its data, needs no critic of its own: there what it answers must have been judged. Whatever else is
    trained on must have been accepted by a critic, on every way by which it comes."""
    for train in view.of(Train):
        learnt = view.learns(train)
        unasked = view.before(train.id, lambda step: isinstance(step, JUDGES))
        unjudged = view.before(train.id, partial(judges, learnt, view))
        sources = [s for s in unjudged if not s.inputs]
        if any(s in unasked or not by_people(s, view).issuperset(learnt) for s in sources):
            writer = next((s for s in unjudged if getattr(s, "into", "") in learnt), sources[0])
            found.error(
                "SS620",
                f'no critic has judged "{learnt[0]}" before "{short(train.id)}" learns it',
                Label(view.place(train.id)),
                Label(view.place(writer.id), "written here"),
                help="Put a judge step between the step that writes it and the split.",
            )


def quality_before_training(view: StageView, found: Diagnostics) -> None:
    """In the experiment training warned about a failed quality check, and went on. A warning in a log stops
    nothing. A train step must need a quality gate, so that it cannot run while the gate is closed: needs =
    [pilot, gap]."""
    for train in view.of(Train):
        if not any(isinstance(view.step(id), Quality) for id in train.needs):
            found.error(
                "SS621",
                f'"{short(train.id)}" needs no quality gate',
                view.place(train.id),
                help="Add a quality step on round(0), and name it: needs = [pilot, gap]",
            )


def critic_is_sure(view: StageView, found: Diagnostics) -> None:
    """At a margin of 0 nats a critic need not be sure at all, and below it even what it holds for bad goes
    through. What is trained on is accepted at a margin above 0, so that how sure the critic is matters."""
    judges = [step for step in view.stage.steps if isinstance(step, Judge | Prefer)]
    unsure = [step for step in judges if step.accept.by == "margin" and step.accept.at_least <= 0]
    for step in unsure:
        trains = [other for other in view.steps.values() if isinstance(other, Train)]
        if any(step in view.before(train.id) for train in trains):  # of this stage, or of a later one
            found.error(
                "SS650",
                f'"{short(step.id)}" accepts at {step.accept.at_least:g} nats, however unsure its critic is',
                view.place(step.id),
                help="Ask for a margin above 0, such as margin >= 0.5 nats.",
            )


def parts_hold_records(view: StageView, found: Diagnostics) -> None:
    """A part of 0 % holds no records: nothing to learn, or nothing by which to stop early. And a loss that
    is watched on what is learnt falls for as long as it is learnt by heart. Give each part some of the
    records, and watch what is held back."""
    for train in view.of(Train):
        parts = {"learns": _part(train.inputs[0], train.part, view)}
        if train.stop_early is not None:
            parts["watches"] = _part(train.stop_early.on, train.stop_early.part, view)
        empty = [(does, id, part) for does, (id, part) in parts.items() if _share(id, part, view) == 0]
        for does, id, part in empty:
            found.error(
                "SS651",
                f'"{short(train.id)}" {does} {short(id)}.{part}, which holds 0 % of the records',
                Label(view.place(train.id)),
                Label(view.place(id), "split here"),
                help="Give each part some of the records: train = 90 %, dev = 10 %",
            )
        if len(parts) == 2 and len(set(parts.values())) == 1:
            id, part = parts["learns"]
            found.error(
                "SS651",
                f'"{short(train.id)}" watches {short(id)}.{part}, which it learns',
                view.place(train.id),
                help=f"Watch what is held back: stop_early = {{ on = {short(id)}.dev, patience = 2 }}",
            )


def output_is_gated(view: StageView, found: Diagnostics) -> None:
    """A stage whose gate is never asked hands on whatever training made; the experiment's gate was never
    enforced. The stage's output must hang on a gate that reads a comparison of the model that it lets out:
    add the gate behind the claim, and an output that asks it."""
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


def judges(texts: tuple[str, ...], view: StageView, step: AnyStep) -> bool:
    """Whether a critic reads one of these columns; what a prefer step makes was judged where its rule or
    critic did."""
    if isinstance(step, Prefer) and {"chosen", "rejected"}.intersection(texts):
        return True
    if not isinstance(step, JUDGES) or step.critic is None:
        return False
    known = view.method.critics[step.critic.critic].columns
    return not {step.critic.columns.get(name, name) for name in known}.isdisjoint(texts)


def by_people(source: AnyStep, view: StageView) -> set[str]:
    """The columns that a source takes from its data."""
    about = source.about if isinstance(source, Generate) else None
    return set(view.method.datasets[about].columns) if about else set()


def _part(id: str, part: str, view: StageView) -> tuple[str, str]:
    """The split and the part of it that is read, where they stand in an order too."""
    step = view.step(id)
    return _part(step.inputs[0], step.part, view) if isinstance(step, Order) else (id, part)


def _share(id: str, part: str, view: StageView) -> float | None:
    step = view.step(id)
    return step.parts.get(part) if isinstance(step, Split) else None
