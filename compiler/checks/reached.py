"""Checks on whether what a stage holds leads to its output."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.checks.view import StageView
from compiler.diagnostics import Diagnostics
from compiler.plan.meaning import reads
from compiler.plan.model import AnyStep, Best, Compare, Evaluate, Gate, Judge, Output, Quality, Rate, Review
from compiler.plan.names import short

ASKS_A_CRITIC = Judge | Rate | Compare | Best
DECIDES = Gate | Quality | Review


def every_step_is_used(view: StageView, found: Diagnostics) -> None:
    """Instructions were generated and connected to nothing. What a step makes must lead to the stage's
    output."""
    for step in _unread(view):
        if not isinstance(step, ASKS_A_CRITIC | DECIDES):
            found.error(
                "SS611",
                f'nothing uses the result of "{short(step.id)}"',
                view.place(step.id),
                help="Name it where it matters (as input, in a needs list, in a gate), or take it out.",
            )


def critics_are_heard(view: StageView, found: Diagnostics) -> None:
    """A critic was built and never applied, and the filter by log-probability was not connected. What a
    critic says must lead to the stage's output."""
    for step in _unread(view):
        if isinstance(step, ASKS_A_CRITIC):
            found.error(
                "SS657",
                f'nothing goes by what the critic of "{short(step.id)}" says',
                view.place(step.id),
                help=f"Let what follows take its records: input = {short(step.id)}. Or take it out.",
            )


def gates_are_asked(view: StageView, found: Diagnostics) -> None:
    """A gate at 95 % was written down and never enforced. A gate stops something only where a step needs it,
    or an output hangs on it."""
    for step in _unread(view):
        if isinstance(step, DECIDES):
            found.error(
                "SS658",
                f'nothing asks whether "{short(step.id)}" is open',
                view.place(step.id),
                help=f"Name it where it must stop something: needs = [{short(step.id)}]. Or take it out.",
            )


def _unread(view: StageView) -> Iterator[AnyStep]:
    """The steps that do not lead to the stage's output."""
    # What a comparison claims is reported, whether or not a gate asks for it.
    claims = {step.id for step in view.of(Evaluate) if step.compare}
    ids = frozenset(step.id for step in view.stage.steps)
    reached = claims | {step.id for step in view.of(Output)} | (view.read_elsewhere & ids)
    waiting = list(reached)
    while waiting:
        step = view.step(waiting.pop())
        if step is None:
            continue
        named = {*reads(step, ids), *step.needs}
        for id in named - reached:
            reached.add(id)
            waiting.append(id)
    if not any(isinstance(step, Output) for step in view.stage.steps):
        return  # reported by output_is_gated; without an output nothing can be used
    yield from (step for step in view.stage.steps if step.id not in reached)
