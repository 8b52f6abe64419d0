"""Checks on whether what a stage holds leads to its output."""

from __future__ import annotations

from compiler.checks.view import StageView
from compiler.diagnostics import Diagnostics
from compiler.plan.model import Best, Compare, Gate, Judge, Quality, Rate, Review
from compiler.plan.names import short

ASKS_A_CRITIC = Judge | Rate | Compare | Best
DECIDES = Gate | Quality | Review


def every_step_is_used(view: StageView, found: Diagnostics) -> None:
    """In the experiment instructions were generated and connected to nothing. What a step makes must lead
    to the stage's output, or it is paid for in vain: name it where it matters, or take it out."""
    for step in view.unread:
        if not isinstance(step, ASKS_A_CRITIC | DECIDES):
            found.error(
                "SS611",
                f'nothing uses the result of "{short(step.id)}"',
                view.place(step.id),
                help="Name it where it matters (as input, in a needs list, in a gate), or take it out.",
            )


def critics_are_heard(view: StageView, found: Diagnostics) -> None:
    """In the experiment a critic was built and never used, and the filter by log-probability was not
    connected. What a critic says must lead to the stage's output: let what follows take its records, or
    take the step out."""
    for step in view.unread:
        if isinstance(step, ASKS_A_CRITIC):
            found.error(
                "SS657",
                f'nothing goes by what the critic of "{short(step.id)}" says',
                view.place(step.id),
                help=f"Let what follows take its records: input = {short(step.id)}. Or take it out.",
            )


def gates_are_asked(view: StageView, found: Diagnostics) -> None:
    """The experiment's 95 % gate was never enforced. Named nowhere, a gate measures and decides nothing. A
    gate stops something only where a step needs it, or an output hangs on it: name it there, or take it
    out."""
    for step in view.unread:
        if isinstance(step, DECIDES):
            found.error(
                "SS658",
                f'nothing asks whether "{short(step.id)}" is open',
                view.place(step.id),
                help=f"Name it where it must stop something: needs = [{short(step.id)}]. Or take it out.",
            )
