"""Sentences about steps in which a text is written: one function per kind, each setting in one of them."""

from __future__ import annotations

from compiler.diagnostics import listing
from compiler.plan.model import (
    Compose,
    Converse,
    Critique,
    Generate,
    Negatives,
    Revise,
    SamplePrinciples,
)
from compiler.plan.names import short
from stagespec.methods.markdown import code
from stagespec.methods.phrases import drawn, model, named, prompt, sampling, text
from stagespec.step_lines import turns
from stagespec.wording import many


def generate(step: Generate) -> list[str]:
    each = f", {step.drafts} drafts for each record" if step.drafts > 1 else ""
    where = "" if step.until_kept else "For each record "
    begin = f"{where}{model(step, step.model)} completes"
    return [
        f"{begin} the prompt {prompt(step.prompt)}, {sampling(step.sampling)}{each}.",
        _parsed(step),
        *(_rounds(step) if step.until_kept else ()),
    ]


def _parsed(step: Generate) -> str:
    into = code(step.into)
    if step.parse == "numbered_list":
        return f"Each completion is read as a numbered list; each of its items is a record, as {into}."
    if step.parse == "question":
        return f"A completion up to its question mark is {into}; one without is rejected."
    if step.parse == "fields":
        read = listing(f"{code(column)} after {text(label)}" for column, label in step.fields.items())
        return f"Of each completion are read {read}; one that lacks any is rejected."
    if step.parse == "json":
        read = listing(f"{code(column)} ({type_})" for column, type_ in step.fields.items())
        return f"Each completion is read as JSON with {read}; one that does not fit is rejected."
    return f"The completion is {into}."


def _rounds(step: Generate) -> list[str]:
    """How a source goes on, and when it ends."""
    end = "nothing can be claimed" if step.shortfall == "taint" else "the run stops"
    wanted = f"{many(step.until_kept or 0, 'record')} {'is' if step.until_kept == 1 else 'are'}"
    about = (
        [f"Each prompt is given one record of {code(step.about)}, one after the other."] if step.about else []
    )
    return [
        *about,
        f"Rounds follow each other until {wanted} kept in "
        f"{code(short(step.until_step or ''))}, at most {step.at_most_rounds} of them; if fewer are kept "
        f"then, {end}.",
        f"Round 0 is the pilot: about {many(step.pilot_items or 0, 'item')}.",
    ]


def compose(step: Compose) -> list[str]:
    return [
        f"The template {prompt(step.prompt)} is filled with each record's columns, as {code(step.into)}.",
        "No model writes here: the words are a person's.",
    ]


def principles(step: SamplePrinciples) -> list[str]:
    return [f"Each record is given principles: {drawn(step.sample)}."]


def critique(step: Critique) -> list[str]:
    given = [f"Each record is given principles: {drawn(step.sample)}."] if step.sample else []
    return [
        *given,
        f"{model(step, step.model)} completes the prompt {prompt(step.prompt)}, {sampling(step.sampling)}.",
        f"The completion is {code(step.into)}.",
    ]


def revise(step: Revise) -> list[str]:
    return [
        f"{model(step, step.model)} writes {code(step.of)} anew, as {code(step.into)}: it completes the "
        f"prompt {prompt(step.prompt)}, {sampling(step.sampling)}.",
        "A revision that changes nothing is rejected.",
    ]


def negatives(step: Negatives) -> list[str]:
    kinds = listing(f"{code(name)} (prompt {prompt(use)})" for name, use in step.kinds.items())
    return [
        f"{model(step, step.model)} writes a bad answer to each record, as {code(step.into)}, of one of "
        f"these kinds, in turn by a hash of the record: {kinds}; {sampling(step.sampling)}.",
    ]


def converse(step: Converse) -> list[str]:
    user, assistant = step.user, step.assistant
    return [
        f"Conversations of {turns(step)} begin with {code(step.opening)}.",
        f"The user is {model(step, user.model)} after the prompt {prompt(user.prompt)}, the assistant "
        f"{model(step, assistant.model)} after the prompt {prompt(assistant.prompt)}; "
        f"{sampling(step.sampling)}.",
        f"The last reply is {code(step.into)}, what came before it {named(['turns'])}.",
    ]
