"""What each step of a plan does, in a sentence or two: one function per kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from compiler.checks.view import short
from compiler.diagnostics import listing
from compiler.plan.model import (
    AnyStep,
    Evaluate,
    Filter,
    Gate,
    Generate,
    Judge,
    Output,
    PlanFile,
    Prompt,
    PromptUse,
    Quality,
    Requirement,
    Sampling,
    Split,
    Train,
)
from stagespec.wording import count, share

WRITES = {"text": "one completion each", "numbered_list": "each completion is a list of items"}
UNBROKEN = "\u00a0"  # a space at which no line ends; `dry_run` makes it a plain one
MODULES = {"all_linear": "all linear layers", "attention": "attention", "query_value": "query and value"}


def sentences(plan: PlanFile, step: AnyStep) -> list[str]:
    """The step's lines on the first screen; each begins a new line."""
    lines = WRITERS[step.kind](plan, step)
    if step.needs:
        lines.append(
            f"only if {listing(map(short, step.needs))} {'is' if len(step.needs) == 1 else 'are'} open"
        )
    return lines


def _generate(plan: PlanFile, step: Generate) -> list[str]:
    wrote = f"{short(step.model)}: {prompt(plan, step.prompt)}, {sampling(step.sampling)}"
    scaled = plan.binding.counts.get(step.id)
    if scaled is None:
        return [wrote]
    full = f" ({count(step.until_kept or 0)} at full scale)" if scaled.until_kept != step.until_kept else ""
    return [
        f"rounds until {count(scaled.until_kept)} kept in {short(step.until_step or '')}{full}",
        f"pilot of {count(step.pilot_items or 0)} items, at most {scaled.at_most_rounds} rounds; "
        f"{WRITES[step.parse]}",
        wrote,
    ]


def _filter(plan: PlanFile, step: Filter) -> list[str]:
    said = [f"{name} ({count(len(plan.method.rules[name].statements))} statements)" for name in step.rules]
    lines = [f"rules {listing(said)}"] if said else []
    if step.near:
        lines.append(
            f"drops near-duplicates of {step.near.column}, {share(step.near.similarity)} alike or more"
        )
    if step.apart_from:
        lines.append(f"apart from {listing(step.apart_from)}")
    return lines


def _judge(_: PlanFile, step: Judge) -> list[str]:
    by = "precision" if step.accept.by == "precision" else "margin"
    bound = share(step.accept.at_least) if by == "precision" else f"{step.accept.at_least:g} nats"
    return [f"{step.critic} by {short(step.model)}: good at {by} >= {bound}"]


def _split(_: PlanFile, step: Split) -> list[str]:
    parts = listing(f"{name} {share(part)}" for name, part in step.parts.items())
    return [f"{parts}, by {step.group_by}"]


def _quality(_: PlanFile, step: Quality) -> list[str]:
    end = "stops the run" if step.on_failure == "stop" else "closes"
    return [f"{end} unless {requirements(step.require)} in round {step.round}"]


def _gate(_: PlanFile, step: Gate) -> list[str]:
    return [f"opens if {requirements(step.require)}", *([f"because: {step.because}"] if step.because else [])]


def _evaluate(plan: PlanFile, step: Evaluate) -> list[str]:
    dataset = plan.method.datasets[step.items]
    looked = min(dataset.items, plan.binding.held_out or dataset.items)
    of = f"{count(looked)} of {count(dataset.items)}" if looked < dataset.items else count(looked)
    sealed = ", the sealed test set" if dataset.split == "test" else ""
    arms = f"{len(step.arms)} arms: {', '.join(step.arms)}; {sampling(step.sampling)}"
    lines = [f"{step.items}, {of} items{sealed}", arms]
    if step.compare:
        test = step.compare
        lines.append(
            f"claim: {test.arm} over {test.baseline} by {test.smallest_effect * 100:g} points or more, "
            f"{'McNemar' if test.test == 'mcnemar' else test.test}, alpha {share(test.alpha)}"
        )
    return lines


def _train(plan: PlanFile, step: Train) -> list[str]:
    weights = plan.binding.weights or step.weights
    instead = f" (method: {step.weights})" if weights != step.weights else ""
    best = step.optimizer
    stop = f", stops early on {short(step.stop_early.on)}.{step.stop_early.part}" if step.stop_early else ""
    lora = f"LoRA {step.lora.rank}/{step.lora.alpha} on {MODULES[step.lora.modules]}"
    data = f"{short(step.data)}.{step.part}"
    return [
        f"{step.method} of {short(step.start)} on {data}: {step.target} after {step.prompt.prompt}",
        f"{lora}, weights {weights}{instead}",
        f"{best.name} {learning_rate(best.learning_rate)} {best.schedule}, {step.epochs} epochs, "
        f"batch {step.batch}{stop}",
    ]


def _output(_: PlanFile, step: Output) -> list[str]:
    return [f"{short(step.model)} if {short(step.gate)} is open, otherwise {short(step.otherwise)}"]


WRITERS: dict[str, Callable[[PlanFile, Any], list[str]]] = {
    "generate": _generate,
    "filter": _filter,
    "judge": _judge,
    "split": _split,
    "quality": _quality,
    "gate": _gate,
    "evaluate": _evaluate,
    "train": _train,
    "output": _output,
}


def prompt(plan: PlanFile, use: PromptUse) -> str:
    """`respond (3 of worked_answers)`"""
    drawn = [
        f"{sample.count} of {' + '.join(map(short, sample.sources))}"
        for sample in (*plan.method.prompts.get(use.prompt, _EMPTY).samples, *use.samples)
    ]
    return f"{use.prompt} ({', '.join(drawn)})" if drawn else use.prompt


_EMPTY = Prompt(kind="raw", columns={}, template="")


def sampling(values: Sampling) -> str:
    """`greedy, 80 tokens` or `T 0.7, 200 tokens`"""
    drawn = "greedy" if values.temperature == 0 else f"T {values.temperature:g}"
    return f"{drawn}, {values.max_tokens} tokens"


def requirements(required: Iterable[Requirement]) -> str:
    """The conditions in their author's words; none of them is to be broken over two lines."""
    return ", ".join(requirement.text.replace(" ", UNBROKEN) for requirement in required)


def learning_rate(value: float) -> str:
    """`1e-4`, as it is written in papers and specs."""
    mantissa, _, exponent = f"{value:e}".partition("e")
    return f"{float(mantissa):g}e{int(exponent)}"
