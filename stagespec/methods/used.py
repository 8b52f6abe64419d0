"""What the steps of a page use, and which of them use it: prompts, rules, critics, data, models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from compiler.plan.meaning import critic_uses, principle_sample
from compiler.plan.model import (
    AnyStep,
    Converse,
    Critique,
    Evaluate,
    Filter,
    Generate,
    Method,
    Negatives,
    Preference,
    Revise,
    Train,
)
from compiler.plan.names import short
from stagespec.dry_run_detail import asked
from stagespec.step_lines import within

Users = dict[str, list[str]]  # by what is used, who uses it, each once


def prompts(steps: Iterable[AnyStep]) -> Users:
    """Steps and arms by prompt."""
    return _users((use.prompt, name) for step in steps for name, use in asked(step))


def rules(steps: Iterable[AnyStep]) -> Users:
    return _users(
        (use.rules, short(step.id))
        for step in steps
        if isinstance(step, Filter | Evaluate)
        for use in step.rules
    )


def critics(steps: Iterable[AnyStep]) -> Users:
    return _users((use.critic, short(step.id)) for step in steps for use in critic_uses(step))


def constitutions(steps: Iterable[AnyStep]) -> Users:
    drawn = ((principle_sample(step), short(step.id)) for step in steps)
    return _users((sample.constitution, name) for sample, name in drawn if sample)


def datasets(method: Method, steps: Sequence[AnyStep]) -> list[str]:
    """Names of the data that steps read, directly or through a prompt or a critic, in the plan's order."""
    there: set[str] = set()
    for step in steps:
        if isinstance(step, Evaluate):
            there |= set(step.items)
        if isinstance(step, Filter):
            there |= set(step.apart_from)
        if isinstance(step, Generate) and step.about:
            there.add(step.about)
        for _, use in asked(step):
            for sample in (*method.prompts[use.prompt].samples, *use.samples):
                there |= set(sample.sources)
    there |= {method.critics[name].examples for name in critics(steps)}
    return [name for name in method.datasets if name in there]


def models(steps: Iterable[AnyStep]) -> Users:
    """What each model does, by its name within the stage."""
    return _users(
        (within(step, id), f"{does} {short(step.id)}") for step in steps for id, does in _does(step)
    )


def _does(step: AnyStep) -> Iterator[tuple[str, str]]:
    for use in critic_uses(step):
        yield use.model, "judges in"
    match step:
        case Generate() | Critique() | Revise() | Negatives():
            yield step.model, "writes in"
        case Converse():
            yield step.user.model, "is the user in"
            yield step.assistant.model, "is the assistant in"
        case Evaluate():
            for arm in step.arms.values():
                yield arm.model, "answers in"
        case Train():
            yield step.start, "is where training starts in"
            if isinstance(step.objective, Preference):
                yield step.objective.reference, "is the reference in"


def _users(pairs: Iterable[tuple[str, str]]) -> Users:
    found: Users = {}
    for used, by in pairs:
        users = found.setdefault(used, [])
        if by not in users:
            users.append(by)
    return found
