"""Checks on preference pairs and bad answers."""

from __future__ import annotations

from compiler.checks.view import StageView
from compiler.diagnostics import Diagnostics, Label
from compiler.plan.model import Generate, Negatives, Prefer, Preference, Train
from compiler.plan.names import short


def negatives_differ(view: StageView, found: Diagnostics) -> None:
    """The first implementation's negatives were boilerplate, so that the model learnt to tell a template from
    an answer. Negatives are of two kinds or more, each written after a prompt of its own."""
    for step in view.of(Negatives):
        prompts = {use.prompt for use in step.kinds.values()}
        if len(prompts) < 2:
            found.error(
                "SS618",
                f'all negatives of "{short(step.id)}" are written after one prompt',
                view.place(step.id),
                help="Give it two kinds or more: kinds = { refusal = refuse, off_topic = miss_the_point }",
            )


def reference_is_the_start(view: StageView, found: Diagnostics) -> None:
    """The reference holds training near a policy. If that is another one than training starts from, the first
    loss is not ln 2, and the gap between the two is learnt along with the preference."""
    for train in view.of(Train):
        of = train.objective
        if isinstance(of, Preference) and of.reference != train.start:
            found.warning(
                "SS626",
                f'"{short(train.id)}" starts from {train.start}, and its reference is {of.reference}',
                view.place(train.id),
                help="Leave reference out: it is what training starts from.",
            )


def length_is_controlled(view: StageView, found: Diagnostics) -> None:
    """The experiment's one trained model had learnt to answer briefly, and nothing else. Where the texts of a
    pair may differ in length at will, length is what preference training learns first."""
    for train in view.of(Train):
        if not isinstance(train.objective, Preference):
            continue
        for step in view.before(train.id):
            if isinstance(step, Prefer) and step.length_ratio is None:
                found.warning(
                    "SS627",
                    f'the pairs of "{short(step.id)}" may differ in length at will',
                    Label(view.place(step.id)),
                    Label(view.place(train.id), "learnt here"),
                    help="Add to the prefer step: length_ratio = 3",
                )


def draws_differ(view: StageView, found: Diagnostics) -> None:
    """What is drawn depends on the model, the prompt's text and the sampling alone, so that it can be found
    again. Two steps with all of these the same draw the same answer for a record, and its two texts are one.
    Drafts of one step differ; so do two steps at different temperatures."""
    for step in view.of(Generate):
        for other in view.before(step.id):
            if (
                isinstance(other, Generate)
                and other.inputs
                and (other.model, other.prompt, other.sampling) == (step.model, step.prompt, step.sampling)
            ):
                found.error(
                    "SS644",
                    f'"{short(step.id)}" draws what "{short(other.id)}" has drawn already',
                    Label(view.place(step.id)),
                    Label(view.place(other.id), "the same model, prompt and sampling"),
                    help="Give one of them another temperature, or write drafts = 2 drafts.",
                )
