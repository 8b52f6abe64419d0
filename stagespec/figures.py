"""The quote on the first screen: columns beside the steps, sums in the head line, what they rest on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from compiler.frozen import Frozen
from compiler.plan.model import AnyStep, PlanFile, Quote, Stage, StepQuote
from compiler.plan.names import short
from stagespec.wording import duration, money, rough

_MEASURED = re.compile(r"measured in run ([^\s;]+)")
_CHANGED = re.compile(r"changed since ([^\s;]+)")


class Column(Frozen):
    """One figure of each step, right-aligned."""

    head: str
    width: int
    of: Callable[[Quote, StepQuote], str]


def _usd(quote: Quote, step: StepQuote) -> str:
    usd = quote.usd(step.seconds)
    return "" if usd is None else money(usd)


def _peak(_: Quote, step: StepQuote) -> str:
    return "" if step.peak_gib is None else f"{step.peak_gib:.0f}"


TOKENS = Column("tokens", 8, lambda _, step: rough(step.tokens))
TIME = Column("time", 12, lambda _, step: duration(step.seconds))
MONEY = Column("money", 9, _usd)
PEAK = Column("GiB", 5, _peak)


def figure_columns(plan: PlanFile) -> tuple[Column, ...]:
    """Money only where there is a price, memory only where there is a GPU."""
    priced = (MONEY,) if plan.quote.usd_per_hour is not None else ()
    return (TOKENS, TIME, *priced, *((PEAK,) if plan.quote.gpu_gib is not None else ()))


def figures(plan: PlanFile, step: AnyStep, columns: Sequence[Column]) -> str:
    """A step's line in the columns; nothing for one that asks no model."""
    quoted = plan.quote.steps.get(step.id)
    if quoted is None or not quoted.tokens:
        return ""
    return "".join(f"{column.of(plan.quote, quoted):>{column.width}}" for column in columns)


def budget_of(plan: PlanFile) -> float | None:
    """What the whole plan may cost: the pipeline's budget, or what its stages may cost together."""
    if plan.method.pipeline:
        return plan.method.pipeline.budget_usd
    budgets = [stage.budget_usd for stage in plan.method.stages]
    return None if None in budgets else sum(budget or 0.0 for budget in budgets)


def sums(plan: PlanFile, stages: Sequence[Stage], budget_usd: float | None) -> Iterator[str]:
    """`$9.40 of 25`, `1 h 52 min`, `peak 61 GiB of 80`: what stages take in all."""
    quoted = [step for stage in stages for step in _quoted(plan, stage)]
    seconds = sum(step.seconds for step in quoted) + around(plan, stages)
    usd = plan.quote.usd(seconds)
    if usd is not None:
        yield f"{money(usd)}{f' of {budget_usd:g}' if budget_usd is not None else ''}"
    if seconds:
        yield duration(seconds)
    peaks = [step.peak_gib for step in quoted if step.peak_gib is not None]
    if peaks and plan.quote.gpu_gib is not None:
        yield f"peak {max(peaks):.0f} GiB of {plan.quote.gpu_gib:.0f}"


def around(plan: PlanFile, stages: Sequence[Stage]) -> float:
    """Seconds of a run outside its steps, which belong to all stages together; 0 where none is estimated."""
    whole = len(stages) == len(plan.method.stages)
    return plan.quote.around_seconds if whole and any(s.tokens for s in plan.quote.steps.values()) else 0.0


def beside(plan: PlanFile, seconds: float, columns: Sequence[Column]) -> str:
    """Seconds outside the steps in the columns."""
    quoted = StepQuote(tokens=0, seconds=seconds, basis="")
    return "".join(
        f"{'' if column is TOKENS else column.of(plan.quote, quoted):>{column.width}}" for column in columns
    )


def if_gates_close(plan: PlanFile) -> str:
    """What a run takes whose stages end with their pilots, and what it takes if the same end so as did in an
    earlier run; nothing where no stage can."""
    quote = plan.quote
    piloted = [
        stage.name
        for stage in plan.method.stages
        if any(step.seconds != step.at_pilot_s is not None for step in _quoted(plan, stage))
    ]
    if not piloted:
        return ""

    def takes(closed: Sequence[str]) -> str:
        seconds = quote.seconds(closed)
        usd = quote.usd(seconds)
        return duration(seconds) + ("" if usd is None else f" and {money(usd)}")

    every = "no pilot passes" if len(piloted) > 1 else "the pilot does not pass"
    some = len(piloted) > 1 and quote.closed
    end = "1 stage ends" if len(quote.closed) == 1 else f"{len(quote.closed)} stages end"
    seen = f"; {takes(quote.closed)} if {end} there, as in {quote.closed_run}"
    return f"figures are for all open; {takes(piloted)} if {every}{seen if some else ''}"


def total(plan: PlanFile, stages: Sequence[Stage], columns: Sequence[Column]) -> str:
    """The sums in the columns; of memory the peak."""
    quoted = [step for stage in stages for step in _quoted(plan, stage)]
    whole = StepQuote(
        tokens=sum(step.tokens for step in quoted),
        seconds=sum(step.seconds for step in quoted) + around(plan, stages),
        basis="",
        peak_gib=max((step.peak_gib for step in quoted if step.peak_gib is not None), default=None),
    )
    return "".join(f"{column.of(plan.quote, whole):>{column.width}}" for column in columns)


def foundations(plan: PlanFile, stages: Sequence[Stage]) -> Iterator[tuple[str, str]]:
    """What of the GPU's memory the largest step of each kind of work needs, and what estimates rest on."""
    largest: dict[bool, tuple[float, str, StepQuote]] = {}
    for step in (step for stage in stages for step in stage.steps):
        quoted = plan.quote.steps.get(step.id)
        if quoted is not None and quoted.needed_gib is not None:
            one = (quoted.needed_gib, short(step.id) if len(stages) == 1 else step.id, quoted)
            trains = step.kind == "train"
            largest[trains] = max(largest.get(trains, one), one, key=lambda other: other[0])
    for number, (needed, name, quoted) in enumerate(largest.values()):
        taken = f", takes {quoted.peak_gib:.0f}" if (quoted.peak_gib or 0) > needed + 1 else ""
        yield "" if number else "memory", f"{name} needs {needed:.0f} GiB{taken}: {quoted.memory}"
    told = [step for stage in stages for step in _quoted(plan, stage) if step.tokens]
    runs = sorted({run for step in told for run in _MEASURED.findall(step.basis)})
    if runs:
        yield "estimates", f"rest on {', '.join(runs)}; -v says which are still assumed"
    elif told and (changed := sorted({run for step in told for run in _CHANGED.findall(step.basis)})):
        yield "estimates", f"are assumed: steps have changed since {', '.join(changed)}, or may have"
    elif told:
        yield "estimates", "are assumed: no run with this engine and model has been seen"


def _quoted(plan: PlanFile, stage: Stage) -> list[StepQuote]:
    return [plan.quote.steps[step.id] for step in stage.steps if step.id in plan.quote.steps]
