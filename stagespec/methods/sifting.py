"""Sentences about steps that choose, score or arrange records: one function per kind."""

from __future__ import annotations

from compiler.diagnostics import listing
from compiler.plan.counting import counted
from compiler.plan.model import Best, Compare, Filter, Judge, Mix, Order, Prefer, Rate, Split
from stagespec.methods.markdown import code
from stagespec.methods.phrases import accept, critic, model, named, requirements, rules
from stagespec.wording import count, share


def filter_(step: Filter) -> list[str]:
    told = []
    if step.rules:
        told.append(f"Records go through the rules {listing(rules(use) for use in step.rules)}.")
    if step.apart_from:
        own = f"its {code(step.near.column)}" if step.near else "a text of it"
        told.append(
            f"A record is rejected where {own} is like a text of {named(step.apart_from)}: the same but for "
            f"case and punctuation, or {share(step.apart_similarity)} alike or more by word trigrams "
            "(Jaccard, estimated by MinHash)."
        )
    if step.near:
        told.append(
            f"Of records that are {share(step.near.similarity)} alike or more in {code(step.near.column)}, "
            "by word trigrams and over all rounds, the first stays."
        )
    if step.caps:
        caps = listing(f"{count(most)} with the same {code(column)}" for column, most in step.caps.items())
        are = "is" if [*step.caps.values()] == [1] else "are"
        told.append(f"At most {caps} {are} kept, over all rounds.")
    return told


def judge(step: Judge) -> list[str]:
    return [f"Records are accepted by {critic(step, step.critic)}, {accept(step.accept)}."]


def rate(step: Rate) -> list[str]:
    return [f"Every record is scored by {critic(step, step.critic)}; all are kept."]


def best(step: Best) -> list[str]:
    return [
        f"Of one record's drafts the one is kept that {critic(step, step.critic)}, scores highest; of equal "
        "ones the first."
    ]


def compare(step: Compare) -> list[str]:
    return [
        f"{code(step.first)} is scored against {code(step.second)} by {critic(step, step.critic)}: above 0 "
        "nats the first is preferred."
    ]


def prefer(step: Prefer) -> list[str]:
    first, second = code(step.first), code(step.second)
    if step.accept.either:
        told = [f"Pairs are made of {first} and {second}; the critic decides which of them is chosen."]
    else:
        told = [f"Pairs are made: {first} is chosen, {second} rejected."]
    if step.accept.rule:
        told.append(f"A pair is kept where {requirements([step.accept.rule])}.")
    if step.critic:
        told.append(
            f"A pair is kept where {critic(step, step.critic)}, prefers the chosen text by "
            f"{counted(step.accept.at_least, 'nat')} or more."
        )
    told.append("Two texts that are the same make no pair.")
    if step.length_ratio:
        told.append(f"Neither text has more than {step.length_ratio:g} times the words of the other.")
    return told


def split(step: Split) -> list[str]:
    parts = listing(f"{code(name)} ({share(part)})" for name, part in step.parts.items())
    return [
        f"Records go to {parts} by a hash of {code(step.group_by)}, so that equal values stay together and "
        "one more record moves no other."
    ]


def mix(step: Mix) -> list[str]:
    parts = listing(f"{share(part)} of {model(step, source)}" for source, part in step.shares.items())
    return [f"As many records as these shares allow are joined: {parts}. The others are left over."]


def order(step: Order) -> list[str]:
    return [f"Records are put in order by {code(step.by)}, {step.first} values first."]
