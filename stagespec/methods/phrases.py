"""Phrases that the sentences about steps have in common. All are Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from compiler.diagnostics import listing
from compiler.plan.counting import counted
from compiler.plan.model import (
    Accept,
    AnyStep,
    CriticUse,
    PrincipleSample,
    PromptUse,
    Requirement,
    RulesUse,
    Sample,
    Sampling,
)
from compiler.plan.names import short
from stagespec.methods.markdown import code, linked
from stagespec.step_lines import within
from stagespec.wording import share


def named(names: Iterable[str]) -> str:
    """`a`, `b` and `c`; ids of steps without their stage."""
    return listing(code(short(name)) for name in names)


def model(step: AnyStep, id: str) -> str:
    """A role, a trained model of the same stage, or what another stage gives out."""
    return code(within(step, id))


def prompt(use: PromptUse) -> str:
    """The prompt with what this use gives it."""
    told = linked("prompt", use.prompt)
    if use.columns:
        told += f" ({renamed(use.columns)})"
    if use.samples:
        told += f", showing {listing(sample(one) for one in use.samples)}"
    return told


def sample(one: Sample) -> str:
    """A source that is a step is a pool that grows by what its earlier rounds kept."""
    sources = listing(
        f"{code(short(name))} (what earlier rounds kept)" if "." in name else code(name)
        for name in one.sources
    )
    return f"{one.count} drawn from {sources} as {code(one.variable)}"


def rules(use: RulesUse) -> str:
    return linked("rules", use.rules) + (f" ({renamed(use.columns)})" if use.columns else "")


def critic(step: AnyStep, use: CriticUse) -> str:
    """`critic`, asked of `model`"""
    told = linked("critic", use.critic) + (f" ({renamed(use.columns)})" if use.columns else "")
    return f"the critic {told}, asked of {model(step, use.model)}"


def renamed(columns: Mapping[str, str]) -> str:
    """The prompt's, rules' or critic's columns that are called otherwise in the records."""
    return listing(f"{code(other)} as its {code(column)}" for column, other in columns.items())


def accept(bound: Accept) -> str:
    """Where records are accepted, and how the bound is meant."""
    if bound.by == "precision":
        return (
            f"at and above the lowest score from which on {share(bound.at_least)} or more of the critic's "
            "labelled examples are good"
        )
    if bound.by == "kappa":
        return (
            "at and above the score that agrees best with the critic's labelled examples, by a Cohen's kappa "
            f"of {bound.at_least:g} or more"
        )
    return f"at a score of {counted(bound.at_least, 'nat')} or more"


def sampling(values: Sampling) -> str:
    """Every setting of drawing."""
    if values.temperature == 0:
        drawn = "greedily"
        rest = [f"repetition penalty {values.repetition_penalty:g}"] if values.repetition_penalty != 1 else []
        rest += [f"top-p {values.top_p:g}"] if values.top_p != 1 else []
        rest += [f"top-k {values.top_k}"] if values.top_k else []
    else:
        drawn = f"at temperature {values.temperature:g}"
        rest = [
            f"top-p {values.top_p:g}" if values.top_p != 1 else "no top-p",
            f"top-k {values.top_k}" if values.top_k else "no top-k",
            f"repetition penalty {values.repetition_penalty:g}"
            if values.repetition_penalty != 1
            else "no repetition penalty",
        ]
    return ", ".join([drawn, *rest, f"at most {counted(values.max_tokens, 'token')}"])


def drawn(one: PrincipleSample) -> str:
    """How many principles are drawn for a record."""
    number = str(one.least) if one.least == one.most else f"{one.least} to {one.most}"
    balance = ", categories taking turns" if one.balanced else ""
    return f"{number} of {linked('constitution', one.constitution)}{balance}"


def requirements(required: Iterable[Requirement]) -> str:
    """The conditions in their author's words."""
    return listing(code(requirement.text) for requirement in required)


def text(value: str) -> str:
    """A string as it is written in a spec."""
    return code(json.dumps(value, ensure_ascii=False))
