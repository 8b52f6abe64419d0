"""Several stages on one screen: a line or two for each, what it goes on from, learns and claims."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.diagnostics import listing
from compiler.plan.model import Comparison as Claim
from compiler.plan.model import Evaluate, Generate, PlanFile, Stage, Supervised, Train
from stagespec.figures import around, beside, figure_columns, total
from stagespec.last_run import Comparison
from stagespec.wording import AROUND, count, in_points, many

MARKS = ("+", "~", "-")


def overview(plan: PlanFile, compared: Comparison, width: int, briefly: bool = False) -> Iterator[str]:
    """The stages in the order in which they run, with figures at the right, and a sum of them; `briefly` a
    line for each."""
    columns = figure_columns(plan)
    left = width - sum(column.width for column in columns)
    names = max(len(stage.name) for stage in plan.method.stages)
    yield f"{'stages':<{left}}{''.join(f'{column.head:>{column.width}}' for column in columns)}"
    for stage in plan.method.stages:
        first, *rest = _told(plan, stage, compared)
        mark = _mark(stage, compared)
        yield f"{f'{mark} {stage.name:<{names}}  {first}':<{left}}{total(plan, [stage], columns)}"
        for line in () if briefly else rest:
            yield " " * (names + 4) + line
    if seconds := around(plan, plan.method.stages):
        yield f"{f'  {AROUND}':<{left}}{beside(plan, seconds, columns)}"
    yield f"{'total':<{left}}{total(plan, plan.method.stages, columns)}"


def _told(plan: PlanFile, stage: Stage, compared: Comparison) -> Iterator[str]:
    source = stage.learner.partition(".")[0]
    yield f"{many(len(stage.steps), 'step')} on {source}"
    for train in (step for step in stage.steps if isinstance(step, Train)):
        of = train.objective
        learns = of.target if isinstance(of, Supervised) else f"{of.chosen} over {of.rejected}"
        yield f"{of.method} of {learns}{_made(plan, stage)}"
    claims = [step.compare for step in stage.steps if isinstance(step, Evaluate) and step.compare]
    if claims:
        yield f"claims {listing(dict.fromkeys(_claim(claim) for claim in claims))}"
    changed = [
        step.id for step in compared.steps if step.mark in MARKS and step.id.startswith(f"{stage.name}.")
    ]
    if changed and len(changed) < len(stage.steps):
        yield f"changed: {listing(id.rpartition('.')[2] for id in changed)}"


def _made(plan: PlanFile, stage: Stage) -> str:
    """How many records its sources are to make."""
    wanted = [plan.binding.counts[step.id].until_kept for step in stage.steps if _is_source(step, plan)]
    return f", {count(sum(wanted))} wanted" if wanted else ""


def _is_source(step: object, plan: PlanFile) -> bool:
    return isinstance(step, Generate) and step.id in plan.binding.counts


def _claim(claim: Claim) -> str:
    if claim.test == "no_worse":
        return f"{claim.arm} loses less than {in_points(claim.margin)}"
    return f"{claim.arm} over {claim.baseline} by {in_points(claim.smallest_effect)}"


def _mark(stage: Stage, compared: Comparison) -> str:
    """The mark that all steps of a stage share, or ~ where some of it changed."""
    marks = {step.mark for step in compared.steps if step.id.startswith(f"{stage.name}.")}
    if not marks:
        return " "
    return marks.pop() if len(marks) == 1 else "~"
