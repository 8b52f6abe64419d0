"""Checks on settings that are given and change nothing."""

from __future__ import annotations

from compiler.checks.view import StageView
from compiler.diagnostics import Diagnostics
from compiler.plan.model import (
    Best,
    Converse,
    Critique,
    Evaluate,
    Filter,
    Generate,
    Negatives,
    Revise,
    Train,
)
from compiler.plan.names import short

SAMPLES = Generate | Critique | Revise | Negatives | Converse | Evaluate


def greedy_sampling_is_not_narrowed(view: StageView, found: Diagnostics) -> None:
    """At temperature 0, which is the default, the likeliest token is always taken: top_p and top_k have
    nothing to choose from. Who gives them means to sample, and is given greedy answers. Give a temperature
    above 0, or leave them out."""
    for step in view.stage.steps:
        if not isinstance(step, SAMPLES) or step.sampling.temperature > 0:
            continue
        given = {"top_p": step.sampling.top_p < 1, "top_k": step.sampling.top_k > 0}
        ignored = " and ".join(name for name, is_given in given.items() if is_given)
        if ignored:
            found.error(
                "SS666",
                f'"{short(step.id)}" is greedy, at temperature 0, and nothing comes of its {ignored}',
                view.place(step.id),
                help=f"Give a temperature above 0, or leave {ignored} out.",
            )


def drafts_are_drawn(view: StageView, found: Diagnostics) -> None:
    """At temperature 0, which is the default, each draft of a record is the same text: the best of them is
    the first, and all but one are paid for in vain. Give a temperature above 0, or leave drafts out."""
    for step in view.of(Generate):
        if step.drafts > 1 and step.sampling.temperature == 0:
            found.error(
                "SS667",
                f'the {step.drafts} drafts of "{short(step.id)}" are one text: its temperature is 0',
                view.place(step.id),
                help="Give a temperature above 0, or leave drafts out.",
            )


def drafts_are_chosen_from(view: StageView, found: Diagnostics) -> None:
    """Drafts are several answers to one record, for a best step to choose from. Without one they are all
    passed on, and a record of which many drafts are kept is learnt as many times over. Add a best step
    behind them, or leave drafts out."""
    several = [step for step in view.of(Generate) if step.drafts > 1]
    bests = [step for step in view.steps.values() if isinstance(step, Best)] if several else []
    chosen_from = {step.id for best in bests for step in view.before(best.id)}
    for step in several:
        if step.id not in chosen_from:
            found.warning(
                "SS668",
                f'nothing chooses from the {step.drafts} drafts of "{short(step.id)}"',
                view.place(step.id),
                help="Add behind it: best chosen { input = STEP, critic = CRITIC by MODEL }",
            )


def patience_can_end(view: StageView, found: Diagnostics) -> None:
    """Patience counts epochs without a lower loss. More of them than there are epochs can never pass, and
    what reads as early stopping trains to the end. Give fewer epochs of patience, or more epochs."""
    for train in view.of(Train):
        stop = train.stop_early
        if stop is not None and stop.patience > train.epochs:
            found.warning(
                "SS669",
                f'"{short(train.id)}" has more patience ({stop.patience}) than epochs ({train.epochs})',
                view.place(train.id),
                help="Take a smaller patience, or more epochs.",
            )


def near_is_less_than_the_same(view: StageView, found: Diagnostics) -> None:
    """At a similarity of 100 % only texts with the very same word trigrams are near: what was asked for in
    other words, or with one more word, stays. Take a similarity below 100 %, such as 80 %."""
    for step in view.of(Filter):
        if step.near is not None and step.near.similarity >= 1:
            found.warning(
                "SS670",
                f'"{short(step.id)}" drops only copies: at a similarity of 100 % nothing else is near',
                view.place(step.id),
                help=f"Take a lower one: dedup = near({step.near.column}, similarity = 80 %)",
            )
