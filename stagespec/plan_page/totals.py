"""What a plan takes in all, and what the page says of it before anything else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from compiler.plan.model import PlanFile, Stage
from stagespec.figures import around, budget_of, foundations, if_gates_close
from stagespec.wording import AROUND, duration, many, money, rough, share, source_of


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of the whole. `part` is the share of what there is for it, where there is a bound."""

    label: str
    value: str
    beside: str
    part: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A stage's figures, or without steps those of a run outside its stages; `peak` in GiB is empty where
    nothing runs on a GPU."""

    name: str
    steps: int
    tokens: str
    time: str
    money: str
    peak: str


def wholes(plan: PlanFile) -> list[Figure]:
    tokens, seconds, peak = _sums(plan, plan.method.stages)
    figures = [
        Figure("tokens", rough(tokens), "prompts and completions"),
        Figure("time", duration(seconds), f"on {plan.quote.hardware}" if plan.quote.hardware else ""),
    ]
    usd = plan.quote.usd(seconds)
    if usd is not None:
        budget = budget_of(plan)
        figures.append(
            Figure(
                *("money", money(usd), f"of a budget of {money(budget)}" if budget else "no budget is set"),
                part=usd / budget if budget else None,
            )
        )
    if peak is not None and plan.quote.gpu_gib is not None:
        gpu = plan.quote.gpu_gib
        figures.append(Figure("peak memory", f"{peak:.0f} GiB", f"of {gpu:.0f} GiB", part=peak / gpu))
    return figures


def rows(plan: PlanFile) -> list[Row]:
    """A line for each stage, and one for what is outside of them."""
    found = []
    for stage in plan.method.stages:
        tokens, seconds, peak = _sums(plan, [stage])
        usd = plan.quote.usd(seconds)
        of = f" of {stage.budget_usd:g}" if stage.budget_usd is not None else ""
        found.append(
            Row(
                name=stage.name,
                steps=len(stage.steps),
                tokens=rough(tokens),
                time=duration(seconds),
                money="" if usd is None else f"{money(usd)}{of}",
                peak="" if peak is None else f"{peak:.0f}",
            )
        )
    if seconds := around(plan, plan.method.stages):
        usd = plan.quote.usd(seconds)
        found.append(Row(AROUND, 0, "", duration(seconds), "" if usd is None else money(usd), ""))
    return found


def resting(plan: PlanFile, stage: Stage) -> list[tuple[str, str]]:
    """What memory and estimates of a stage rest on, with a label only where it changes."""
    return [
        (label, text.replace("-v says which are", "each step says what is"))
        for label, text in foundations(plan, [stage])
    ]


def setting(plan: PlanFile) -> Iterator[tuple[str, str]]:
    """How the method is run: the profile, and each model with the checkpoint that it is bound to."""
    binding = plan.binding
    scale = f"{share(binding.scale)} of full scale" if binding.scale != 1 else "full scale"
    hardware = f" on {plan.quote.hardware}" if plan.quote.hardware else ""
    threads = f", {many(binding.threads, 'thread')}" if binding.threads else ""
    yield (
        "profile",
        f"{binding.profile}: engine {binding.engine}{hardware}{threads}; {scale}; seed {binding.seed}",
    )
    for role, bound in binding.models.items():
        note = f"; {bound.note}" if bound.note else ""
        yield (
            f"model {role}",
            f"{plan.method.models[role].kind}: {source_of(bound)}, {bound.precision}{note}",
        )
    if closed := if_gates_close(plan):
        yield "gates", closed


def warnings(plan: PlanFile) -> Iterator[tuple[str, str]]:
    """What a reader must know before any figure: a rehearsal, and models that stand in for others."""
    if plan.binding.rehearsal:
        held = plan.binding.held_out
        cap = f" It looks at {many(held, 'item')} of each held-out set." if held else ""
        yield "Rehearsal", f"It goes on past closed gates, and no verdict can be reached.{cap}"
    for role, bound in plan.binding.models.items():
        if bound.stand_in:
            yield "Stand-in", f"{role} is a model of kind {bound.stand_in}, because {bound.because}"


def _sums(plan: PlanFile, stages: Sequence[Stage]) -> tuple[int, float, float | None]:
    """Tokens, seconds, and the highest peak in GiB."""
    ids = [step.id for stage in stages for step in stage.steps]
    quoted = [plan.quote.steps[id] for id in ids if id in plan.quote.steps]
    peaks = [step.peak_gib for step in quoted if step.peak_gib is not None]
    return (
        sum(step.tokens for step in quoted),
        sum(step.seconds for step in quoted) + around(plan, stages),
        max(peaks, default=None),
    )
