"""Checks on how data is made."""

from __future__ import annotations

from functools import partial

from compiler.checks.leaks import shown_columns
from compiler.checks.openings import reads_column
from compiler.checks.view import StageView
from compiler.diagnostics import Diagnostics, Label, listing
from compiler.plan.counting import counted
from compiler.plan.meaning import prompt_uses
from compiler.plan.model import (
    AnyStep,
    Compose,
    Converse,
    Evaluate,
    Filter,
    Generate,
    Negatives,
    PromptUse,
    Rejection,
    Revise,
    Train,
)
from compiler.plan.names import short

SUBJECTS = ("instruction", "question", "task")  # columns that say what an item asks
WRITERS = Generate | Revise | Negatives | Converse


def few_shot_prompt_owns_its_stops(view: StageView, found: Diagnostics) -> None:
    """A few-shot prompt without a stop policy lets a base model go on with the next example, and the next:
    in the experiment, endless question and answer chains. A prompt that shows exemplars must own its stops:
    stop = ["###END###"]."""
    for id, use in _uses(view):
        prompt = view.method.prompts[use.prompt]
        step = view.step(id)
        lists = isinstance(step, Generate) and step.parse == "numbered_list"
        if (prompt.samples or use.samples) and not prompt.stop and not lists:
            found.error(
                "SS610",
                f'prompt "{use.prompt}" shows exemplars and has no stop policy',
                view.place(id),
                help='Add to the prompt: stop = ["###END###", "\\n\\n"]',
            )


def held_out_is_not_shown(view: StageView, found: Diagnostics) -> None:
    """An item that stands among the exemplars, the seeds or a critic's examples measures what was shown. In
    the experiment templates of the evaluation overlapped with the exemplars. No held-out item may stand in
    any other data of the plan: take it out of one of the two."""
    told: set[tuple[str, str]] = set()
    for step in view.of(Evaluate):
        for items in step.items:
            for name, data in view.method.datasets.items():
                if data.role == "held_out" or (items, name) in told:
                    continue
                shared = [c for c, t in data.columns.items() if t == "text" and c in SUBJECTS]
                for column in shared:
                    theirs = view.texts.of(name, column)
                    known = view.method.datasets[items].columns
                    ours = view.texts.of(items, column) if column in known else {}
                    both = ours.keys() & theirs.keys()
                    if both:
                        told.add((items, name))
                        found.error(
                            "SS616",
                            _in_both(len(both), items, name),
                            view.place(step.id),
                            help=f"One of them: {theirs[next(text for text in ours if text in both)]}",
                        )


def _in_both(number: int, one: str, other: str) -> str:
    stand = "stands" if number == 1 else "stand"
    return f'{counted(number, "item")} of "{one}" also {stand} in "{other}"'


def held_out_sets_stand_apart(view: StageView, found: Diagnostics) -> None:
    """Where the set by which a gate decides and the set of the claim are one file, or share items, the claim
    rests on what was already looked at; and two sets with the same items count them twice. The held-out sets
    of a stage share no item with each other or with those of earlier stages."""
    seen = list(view.evaluated_before)
    for step in view.of(Evaluate):
        for name in step.items:
            if name in seen:
                continue
            for other in seen:
                both = _shared(name, other, view)
                if both:
                    found.error(
                        "SS660",
                        _in_both(len(both), name, other),
                        view.place(step.id),
                        help=f"Two held-out sets share no item. One of them: {both[0]}",
                    )
            seen.append(name)


def _shared(one: str, other: str, view: StageView) -> list[str]:
    """The texts of what is asked that stand in two sets."""
    columns = view.method.datasets[one].columns.keys() & view.method.datasets[other].columns.keys()
    for column in sorted(columns.intersection(SUBJECTS)):
        ours, theirs = view.texts.of(one, column), view.texts.of(other, column)
        both = ours.keys() & theirs.keys()
        if both:
            return [text for plain, text in ours.items() if plain in both]
    return []


def near_duplicates_removed(view: StageView, found: Diagnostics) -> None:
    """A model that writes its own data repeats itself: in the experiment 67 % were duplicates, and one item
    stood 273 times. A filter before training should drop near-duplicates, which it looks for over the whole
    stage."""
    for train in view.of(Train):
        if not any(isinstance(step, Filter) and step.near for step in view.before(train.id)):
            found.error(
                "SS613",
                f'no near-duplicates are removed before "{short(train.id)}"',
                view.place(train.id),
                help="Add to a filter: dedup = near(instruction, similarity = 80 %)",
            )


def completeness_ruled(view: StageView, found: Diagnostics) -> None:
    """A completion that ran into the token limit is cut off in the middle, and in the experiment such
    answers were kept; trained on, they teach to stop there. Rules on every way to training should look at
    how the text that is learnt ended, its finish reason."""
    for train in view.of(Train):
        for step in view.before(train.id):
            if not isinstance(step, WRITERS) or step.into not in view.learns(train) or not step.finish:
                continue  # the last item of a list that was cut off is dropped where lists are read
            if step in view.before(train.id, partial(rejects_by, step.finish, view)):
                found.error(
                    "SS614",
                    f'nothing rejects truncated completions before "{short(train.id)}"',
                    Label(view.place(step.id), "written here"),
                    Label(view.place(train.id), "trained on here"),
                    help='Add to rules: reject "truncated" when finish == length',
                )
                break


def pilot_is_smaller(view: StageView, found: Diagnostics) -> None:
    """A pilot is looked at before the rest is paid for. In the experiment a pilot of thirty was approved
    and four were run; and one that is larger than the whole leaves nothing to approve. The pilot holds no
    more than all that is wanted."""
    for step in view.of(Generate):
        if step.until_kept is not None and (step.pilot_items or 0) > step.until_kept:
            found.error(
                "SS615",
                f'the pilot of "{short(step.id)}" ({step.pilot_items}) is larger than all that is wanted '
                f"({step.until_kept})",
                view.place(step.id),
                help="Make the pilot smaller, or want more.",
            )


def prompts_repeat_seldom(view: StageView, found: Diagnostics) -> None:
    """In the experiment one prompt stood up to 13 times in pairs that were called unique: two pairs differ
    where their answers do. The text that a model is trained to answer is itself freed of duplicates, or
    capped."""
    for train in view.of(Train):
        shown = shown_columns(train.prompt, view)
        upstream = [step for step in view.before(train.id) if isinstance(step, Filter)]
        guarded = {step.near.column for step in upstream if step.near} | {c for s in upstream for c in s.caps}
        made = {
            step.into: shown_columns(step.prompt, view)
            for step in view.before(train.id)
            if isinstance(step, Compose)
        }
        shown |= {column for name in shown for column in made.get(name, ())}
        if any(isinstance(step, Filter) and step.near for step in upstream) and not shown & guarded:
            found.error(
                "SS617",
                f'what "{short(train.id)}" is asked may repeat: only {listing(sorted(guarded))} is compared',
                view.place(train.id),
                help=f"Add to a filter: caps = {{ {min(shown, default='instruction')} = 1 items }}",
            )


def learnt_text_is_written_by_a_model(view: StageView, found: Diagnostics) -> None:
    """The text called chosen was once a literal stub, and placeholders were mixed into the data. What a
    compose step fills in is a person's template; learnt as an answer, it teaches the template."""
    for train in view.of(Train):
        for step in view.before(train.id):
            if isinstance(step, Compose) and step.into in view.learns(train):
                found.error(
                    "SS619",
                    f'"{short(train.id)}" learns "{step.into}", which no model wrote',
                    Label(view.place(train.id)),
                    Label(view.place(step.id), "a template"),
                    help="Let a model write it.",
                )


def composed_texts_are_of_one_record(view: StageView, found: Diagnostics) -> None:
    """In the experiment slots were filled with what did not go together: "describe side". What a compose
    step fills in comes from one record, whose columns belong together; a draw beside it may be anything."""
    for step in view.of(Compose):
        samples = (*view.method.prompts[step.prompt.prompt].samples, *step.prompt.samples)
        if samples:
            drawn = dict.fromkeys(source for sample in samples for source in sample.sources)
            found.error(
                "SS656",
                f'"{short(step.id)}" fills slots with what is drawn from {listing(map(short, drawn))}',
                view.place(step.id),
                help="Fill them from the columns of its records, or let a model write the text.",
            )


def rejects_by(column: str, view: StageView, step: AnyStep) -> bool:
    """Whether rules of a step may reject a record for what stands in a column."""
    return isinstance(step, Filter) and any(
        use.columns.get(name, name) == column and reads_column(statement.when, name)
        for use in step.rules
        for statement in view.method.rules[use.rules].statements
        if isinstance(statement, Rejection)
        for name in view.method.rules[use.rules].columns
    )


def _uses(view: StageView) -> list[tuple[str, PromptUse]]:
    uses: list[tuple[str, PromptUse]] = []
    for step in view.stage.steps:
        if not isinstance(step, Compose):
            uses += [(step.id, use) for use in prompt_uses(step)]
    return uses
