"""The procedure: every step in an order in which they can run, in plain sentences with all its settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from compiler.diagnostics import listing
from compiler.lower.steps import sinks_of
from compiler.plan.model import AnyStep, Evaluate, Gate, Mix, Output, Quality, Stage, Step
from compiler.plan.names import short
from stagespec.methods import deciding, making, sifting
from stagespec.methods.markdown import code, ended, prose
from stagespec.methods.phrases import named
from stagespec.methods.written import Written
from stagespec.step_lines import within
from stagespec.wording import duration

SENTENCES: Mapping[str, Callable[[Any], list[str]]] = {
    "generate": making.generate,
    "compose": making.compose,
    "principles": making.principles,
    "critique": making.critique,
    "revise": making.revise,
    "negatives": making.negatives,
    "converse": making.converse,
    "filter": sifting.filter_,
    "judge": sifting.judge,
    "rate": sifting.rate,
    "best": sifting.best,
    "compare": sifting.compare,
    "prefer": sifting.prefer,
    "mix": sifting.mix,
    "split": sifting.split,
    "order": sifting.order,
    "quality": deciding.quality,
    "gate": deciding.gate,
    "review": deciding.review,
    "evaluate": deciding.evaluate,
    "train": deciding.train,
    "output": deciding.output,
}


def procedure(written: Written, stage: Stage) -> Iterator[str]:
    """One heading and one paragraph or more for each step."""
    for number, step in enumerate(stage.steps, 1):
        yield f"### {number}. {step.kind.capitalize()} {code(short(step.id))}"
        if step.doc:
            yield prose(step.doc)
        yield " ".join([*_reads(step), *SENTENCES[step.kind](step), *_sinks(written, step), *_waits(step)])
        if isinstance(step, Evaluate):
            yield deciding.arms(step)
        if step.like:
            yield likeness(written, step)


def likeness(written: Written, step: Step) -> str:
    """What a step is written like, and what it sets otherwise, with the reason."""
    what = "the preset" if written.is_defined("preset", step.like) else "the step"
    told = f"Written like {what} {code(step.like)}"
    if step.overrides:
        told += f", but for {named_fields(step)}"
    return f"{told}, because: {ended(step.because)}" if step.because else f"{told}."


def named_fields(step: Step) -> str:
    """Fields that a step sets otherwise than what it is like; dotted where they are inside of others."""
    return listing(code(field) for field in step.overrides)


def _reads(step: AnyStep) -> Iterator[str]:
    """Where the records come from; other kinds name what they read in their sentences."""
    if step.inputs and not isinstance(step, Mix | Quality | Gate | Evaluate | Output):
        yield f"Reads {code(within(step, step.source))}."


def _sinks(written: Written, step: AnyStep) -> Iterator[str]:
    sinks = sinks_of(step, written.method.rules)
    if sinks and not isinstance(step, Mix):
        places = listing(code(sink) for sink in sinks)
        yield f"What is rejected is kept apart, with the reason: {places}."


def _waits(step: AnyStep) -> Iterator[str]:
    if step.needs:
        one = len(step.needs) == 1
        yield f"Runs only if {named(step.needs)} {'is' if one else 'are'} open."
    if step.limit_seconds:
        yield f"It may take {duration(step.limit_seconds)} at most."
    if step.because and not step.like:
        yield f"Because: {ended(step.because)}"
