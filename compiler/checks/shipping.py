"""Checks on what a stage lets out: what its gate asks, of which model, and what a closed one leaves."""

from __future__ import annotations

from compiler.checks.openings import can_open, measures
from compiler.checks.requirements import OUTCOMES
from compiler.checks.view import StageView
from compiler.diagnostics import Diagnostics, Label, listing
from compiler.plan.model import Evaluate, Gate, Output, Quality, Train
from compiler.plan.names import short

SUCCESS = {"mcnemar": "improved", "no_worse": "no worse"}


def closed_gate_falls_back(view: StageView, found: Diagnostics) -> None:
    """A gate with trained models on both sides stops nothing, and so does one with the same on both. Behind a
    closed gate stands what there was before training: the learner, or what an earlier stage gave out."""
    trained = {train.id for train in view.of(Train)}
    for output in view.of(Output) if trained else ():
        if output.otherwise == output.model:
            problem = f'"{short(output.id)}" is "{short(output.model)}" whether or not its gate opens'
        elif output.otherwise in trained:
            problem = f'a closed gate lets out "{short(output.otherwise)}", which this stage trains'
        else:
            continue
        found.error(
            "SS645",
            problem,
            view.place(output.id),
            help=f"Fall back on what there was before training: {short(output.model)} if "
            f"{short(output.gate)} otherwise learner",
        )


def gate_opens_on_success_alone(view: StageView, found: Diagnostics) -> None:
    """That no difference was shown is no success, and not to be improved is none. The gate of an output opens
    only where each comparison that it asks has ended well, whatever else it measures."""
    asked = [(gate, step) for output in view.of(Output) for gate, step in _asked(output, view)]
    for gate, step in asked:
        if step.compare is not None:
            success = SUCCESS[step.compare.test]
            bad = [
                outcome.replace(" ", "_")
                for outcome in OUTCOMES[step.compare.test]
                if outcome != success and _opens(gate, step, outcome)
            ]
            if bad:
                found.error(
                    "SS646",
                    f'gate "{short(gate.id)}" can open where "{short(step.id)}" ends in '
                    f"{listing(bad).replace(' and ', ' or ')}",
                    Label(view.place(gate.id)),
                    Label(view.place(step.id), "the comparison"),
                    help=f"Let it require {short(step.id)}.verdict == {success.replace(' ', '_')}, and join "
                    "what else it requires by and.",
                )


def lift_is_of_the_trained_model(view: StageView, found: Diagnostics) -> None:
    """A comparison the wrong way round finds that the untrained model is better, and opens the gate for the
    trained one; a comparison of two prompts says nothing of training. What a gate lets out is the model that
    its comparison is about: compare = trained over untrained."""
    trained = {train.id for train in view.of(Train)}
    turned: set[str] = set()
    for step in view.of(Evaluate):
        of = step.compare
        if of and step.arms[of.baseline].model in trained and step.arms[of.arm].model not in trained:
            turned.add(step.id)
            found.error(
                "SS647",
                f'"{short(step.id)}" compares untrained over trained: {of.arm} over {of.baseline}',
                view.place(step.id),
                help=f"Turn it round: compare = {of.baseline} over {of.arm}",
            )
    for output in view.of(Output):
        for step in _about_another(output, view) if output.model in trained else ():
            if step.compare and step.id not in turned:
                of = step.compare
                found.error(
                    "SS647",
                    f'"{short(output.id)}" lets out "{short(output.model)}" for what "{of.arm}" does',
                    Label(view.place(output.id)),
                    Label(view.place(step.id), f"compares {of.arm} over {of.baseline}"),
                    help=f'Compare an arm of "{short(output.model)}" over the best one that is not trained.',
                )


def _opens(gate: Gate | Quality, step: Evaluate, outcome: str) -> bool:
    """Whether a gate can open where a comparison has this outcome."""
    return can_open(gate, lambda of: (outcome,) if of.op == "verdict" and of.args == (step.id,) else None)


def _asked(output: Output, view: StageView) -> list[tuple[Gate | Quality, Evaluate]]:
    """The comparisons whose verdict the gate asks, and where it asks of no lift the lifts that it reads."""
    gate = view.step(output.gate)
    if not isinstance(gate, Gate | Quality):
        return []
    asked = {of.args[0] for r in gate.require for of in measures(r.condition, "verdict")}
    compared = _compared(output, view)
    lifts = {step.id for step in compared if step.compare and step.compare.test == "mcnemar"}
    if not lifts & asked:
        asked |= lifts
    return [(gate, step) for step in compared if step.id in asked]


def _about_another(output: Output, view: StageView) -> list[Evaluate]:
    """Comparisons that the gate reads, of which none by their test is about the model that it lets out."""
    found: list[Evaluate] = []
    for test in SUCCESS:
        reads = [step for step in _compared(output, view) if step.compare and step.compare.test == test]
        about = {step.arms[step.compare.arm].model for step in reads if step.compare}
        if output.model not in about:
            found += [s for s in reads if output.model in {arm.model for arm in s.arms.values()}]
    return found


def _compared(output: Output, view: StageView) -> list[Evaluate]:
    """The comparisons that the gate of an output reads, whatever it asks of them."""
    gate = view.step(output.gate)
    read = [view.step(id) for id in gate.inputs] if isinstance(gate, Gate | Quality) else []
    return [step for step in read if isinstance(step, Evaluate) and step.compare]
