"""Checks on preference pairs and bad answers."""

from __future__ import annotations

from functools import partial

from compiler.checks.data import rejects_by
from compiler.checks.leaks import shown_columns
from compiler.checks.openings import joined, of_records, reads_column
from compiler.checks.training import by_people, judges
from compiler.checks.view import StageView
from compiler.diagnostics import Diagnostics, Label
from compiler.plan.model import (
    AnyStep,
    Generate,
    Negatives,
    Prefer,
    Preference,
    Train,
)
from compiler.plan.names import short


def negatives_differ(view: StageView, found: Diagnostics) -> None:
    """The first implementation's negatives were boilerplate. From such pairs a model learns to tell a
    template from an answer. Negatives are of two kinds or more, each written after a prompt of its own."""
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
    """The reference holds training near a policy. If that is another one than training starts from, the
    first loss is not ln 2, and the gap between the two is learnt along with the preference. Leave reference
    out: it is then what training starts from."""
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
    """A text's length is the easiest thing to tell two texts apart by. Where the texts of a pair may differ
    in it at will, preference training can teach to write more, or less, and nothing else. A prefer step
    bounds it: length_ratio = 3."""
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


def the_better_text_is_learnt(view: StageView, found: Diagnostics) -> None:
    """With the two texts of a pair in each other's place a model learns to write what was refused. What a
    prefer step calls rejected is nobody's target and is never preferred, and what it calls chosen is never
    rejected."""
    for train in view.of(Train):
        of = train.objective
        if not any(isinstance(step, Prefer) for step in view.before(train.id)):
            continue
        learnt = of.chosen if isinstance(of, Preference) else of.target
        if learnt == "rejected" or (isinstance(of, Preference) and of.rejected == "chosen"):
            wrong = "chosen" if learnt != "rejected" else "rejected"
            does = "rejects" if wrong == "chosen" else "learns to write"
            found.error(
                "SS661",
                f'"{short(train.id)}" {does} what its pairs call {wrong}',
                view.place(train.id),
                help="Write chosen = chosen and rejected = rejected; with sft: target = chosen",
            )


def what_is_learnt_is_not_shown(view: StageView, found: Diagnostics) -> None:
    """A text that the prompt shows can be copied from it: a model that learns to write it learns to echo
    what it is asked, and a pair of which the prompt shows one text is told apart by what is a copy. The
    prompt shows what the text answers, and not the text."""
    for train in view.of(Train):
        pairs = [step for step in view.before(train.id) if isinstance(step, Prefer)]
        shown = shown_columns(train.prompt, view)
        for column in view.learns(train):
            better = {pair.first for pair in pairs} | {pair.second for pair in pairs if pair.accept.either}
            copied = sorted(shown & ({column, *better} if column == "chosen" else {column}))
            if copied:
                found.error(
                    "SS662",
                    f'the prompt of "{short(train.id)}" shows "{copied[0]}", which it learns',
                    view.place(train.id),
                    help="Show what the text answers, and not the text.",
                )


def conditions_tell_pairs_apart(view: StageView, found: Diagnostics) -> None:
    """A condition such as words(chosen) >= 0 holds of every pair and lets all of them through; one that
    holds of none leaves nothing to learn. Each part of what pairs are accepted by holds of some of them and
    not of others."""
    for step in view.of(Prefer):
        if step.accept.rule is None:
            continue
        parts = list(joined(step.accept.rule.condition))
        for part in parts:
            outcomes = of_records(part, step.columns)
            if len(outcomes) == 1:
                what = "what" if len(parts) == 1 else "part of what"
                pairs = "every pair" if True in outcomes else "no pair"
                found.error(
                    "SS663",
                    f'{what} "{short(step.id)}" accepts by holds of {pairs}',
                    view.place(step.id),
                    help=f"It is: {step.accept.rule.text}",
                )
                break


def chosen_text_is_looked_at(view: StageView, found: Diagnostics) -> None:
    """Pairs that a rule accepts are preferred for what the rule reads; the experiment preferred a revision
    whatever it was. Where no critic has judged the text that is called chosen, on every way, and no rule
    looks at it, nothing says that it is the better one. Let a critic judge it, or decide by one."""
    for step in view.of(Prefer):
        rule = step.accept.rule
        if rule is None or reads_column(rule.condition, step.first):
            continue
        unseen = view.before(step.id, partial(_looks_at, step.first, view))
        if any(not s.inputs and step.first not in by_people(s, view) for s in unseen):
            found.error(
                "SS664",
                f'nothing has looked at "{step.first}", which "{short(step.id)}" calls chosen',
                view.place(step.id),
                help="Let a critic judge it, or decide by one: critic = CRITIC by MODEL, accept = chosen at "
                "margin >= 1.0 nats",
            )


def _looks_at(column: str, view: StageView, step: AnyStep) -> bool:
    """Whether a critic judges the column, or a rule may reject a record for what stands in it."""
    return judges((column,), view, step) or rejects_by(column, view, step)


def draws_differ(view: StageView, found: Diagnostics) -> None:
    """What is drawn depends on the model, the prompt's text and the sampling alone, so that it can be found
    again. Two steps with all of these the same draw the same answer for a record, and its two texts are
    one. Give one of them another temperature, or let one step write drafts, which differ."""
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
