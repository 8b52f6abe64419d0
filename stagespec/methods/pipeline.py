"""The page of a pipeline: its stages in order, what all of them use, and what each of them claims."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.diagnostics import listing
from compiler.plan.model import Evaluate, Generate, Pipeline, Stage, Supervised, Train
from compiler.plan.names import short
from stagespec.methods.claims import claims
from stagespec.methods.markdown import code, items, prose, table
from stagespec.methods.materials import data
from stagespec.methods.written import Written
from stagespec.wording import count, many


def pipeline_page(written: Written, pipeline: Pipeline) -> Iterator[str]:
    stages = written.method.stages
    yield f"# Methods: {pipeline.name.replace('_', ' ')}"
    yield prose(pipeline.doc)
    budget = f", for at most {pipeline.budget_usd:g} usd" if pipeline.budget_usd is not None else ""
    yield f"A pipeline of {many(len(stages), 'stage')}, run as one{budget}."
    yield "## Stages"
    yield table(
        ("", "stage", "purpose", "learner", "made", "trained", "claimed", "budget"),
        (_row(written, number, stage) for number, stage in enumerate(stages, 1)),
    )
    yield "## Data of all stages"
    yield from data(written, [step for stage in stages for step in stage.steps])
    yield "## What is claimed, in this order"
    for stage in stages:
        yield f"### Stage {code(stage.name)}"
        yield from claims(written.plan, stage)
    allowed = [(stage, one) for stage in stages for one in stage.allowed]
    if allowed:
        yield "## What is let stand, and why"
        yield items(f"{code(one.code)} in {code(stage.name)}: {prose(one.because)}" for stage, one in allowed)


def _row(written: Written, number: int, stage: Stage) -> tuple[str, ...]:
    page = written.page_of(stage.name)
    sources = [step for step in stage.steps if isinstance(step, Generate) and step.until_kept]
    trains = [step for step in stage.steps if isinstance(step, Train)]
    compared = [step for step in stage.steps if isinstance(step, Evaluate) and step.compare]
    return (
        str(number),
        f"[{stage.name}]({page})" if page else code(stage.name),
        prose(stage.doc),
        code(stage.learner),
        listing(f"{count(step.until_kept or 0)} in {code(short(step.until_step or ''))}" for step in sources),
        listing(_learnt(step) for step in trains),
        listing(_claimed(step) for step in compared),
        "" if stage.budget_usd is None else f"{stage.budget_usd:g} usd",
    )


def _learnt(step: Train) -> str:
    of = step.objective
    what = of.target if isinstance(of, Supervised) else f"{of.chosen} over {of.rejected}"
    return f"{of.method} of {code(what)}"


def _claimed(step: Evaluate) -> str:
    of = step.compare
    assert of is not None
    if of.test == "no_worse":
        return f"{of.arm} no worse than {of.baseline} by {of.margin * 100:g} points"
    return f"{of.arm} over {of.baseline} by {of.smallest_effect * 100:g} points"
