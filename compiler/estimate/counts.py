"""How many records each step reads: back from the number wanted to the source, and forth to the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import inf

from compiler.estimate.history import History, Measured
from compiler.frozen import Frozen
from compiler.plan.model import ITEMS_PER_LIST, LATER_ROUND, AnyStep, Best, Generate, Scaled, Split, Stage

# Assumed until a run has been seen: the share of its records that a step of this kind keeps. Others
# keep all.
SHARE_KEPT: Mapping[str, float] = {"filter": 0.75, "judge": 0.6, "prefer": 0.5}
# Steps that pass no records on.
ENDS = frozenset({"quality", "review", "gate", "evaluate", "train", "output"})


class Share(Frozen):
    """Records that a step passes on for each that it reads, and the run that showed it (empty: assumed)."""

    value: float
    run: str = ""


class Counts(Frozen):
    """Records by step id: what each step reads (of a source, the number of its completions), and the
    run in which what is kept on the way was measured (empty: assumed)."""

    reads: Mapping[str, float]
    runs: Mapping[str, str]


def count(stages: Sequence[Stage], scaled: Mapping[str, Scaled], history: History) -> Counts:
    """Counts of all steps of all stages. `scaled` are the sources' wanted numbers."""
    steps = {step.id: step for stage in stages for step in stage.steps}
    reads: dict[str, float] = {}
    gives: dict[str, float] = {}
    runs: dict[str, str] = {}
    for id, step in steps.items():  # in an order in which they can run
        if isinstance(step, Generate) and step.until_step is not None and id in scaled:
            wanted = float(scaled[id].until_kept)
            for behind in _chain(step, steps):
                kept = _passed_on(steps[behind], steps, history)
                wanted /= kept.value * _part(steps[behind], steps)
                runs[id] = runs.get(id) or kept.run
            items = max(wanted, float(step.pilot_items or 0))
            items = min(items, _most(step, scaled[id].at_most_rounds))
            reads[id] = items / (ITEMS_PER_LIST if step.parse == "numbered_list" else 1)
            gives[id] = items
        elif any(before in gives for before in step.inputs):
            reads[id] = sum(gives.get(before, 0.0) for before in step.inputs) * _part(step, steps)
            kept = _passed_on(step, steps, history)
            runs[id] = next((run for before in step.inputs if (run := runs.get(before))), "") or kept.run
            if step.kind not in ENDS:
                gives[id] = reads[id] * kept.value
    return Counts(reads, runs)


def _most(step: Generate, rounds: int) -> float:
    """Items that all rounds of a source can hold: the pilot, and a fixed multiple of it in each later one."""
    if step.pilot_items is None:
        return inf
    return float(step.pilot_items) * (1 + LATER_ROUND * (rounds - 1))


def _passed_on(step: AnyStep, steps: Mapping[str, AnyStep], history: History) -> Share:
    """By the same step of an earlier run, else by all steps of its kind, else assumed.

    At least 1 %: a step that kept nothing once must not ask for endless records.
    """
    if isinstance(step, Generate):
        return Share(float(step.drafts))
    if step.kind in SHARE_KEPT or isinstance(step, Best):
        same = history.step(step.id, _seen)
        if same is not None:
            return Share(max(same[0].kept / same[0].records, 0.01), same[1])
        alike = history.kind(step.kind, _seen)
        if alike:
            kept = sum(m.kept for m in alike) / sum(m.records for m in alike)
            return Share(max(kept, 0.01), history.runs[0].name)
    if isinstance(step, Best):
        return Share(1 / next((s.drafts for s in _before(step, steps) if isinstance(s, Generate)), 1))
    return Share(SHARE_KEPT.get(step.kind, 1.0))


def _seen(measured: Measured) -> bool:
    return measured.records > 0


def _part(step: AnyStep, steps: Mapping[str, AnyStep]) -> float:
    """The share of a split that a step reads."""
    split = steps.get(step.inputs[0]) if step.part and step.inputs else None
    return split.parts.get(step.part, 1.0) if isinstance(split, Split) else 1.0


def _chain(source: Generate, steps: Mapping[str, AnyStep]) -> list[str]:
    """The steps between a source and the one in which its records are counted, the latter first."""
    last = steps.get(source.until_step or "")
    if last is None or last.id == source.id:
        return []
    return [last.id, *(step.id for step in _before(last, steps) if step.id != source.id)]


def _before(step: AnyStep, steps: Mapping[str, AnyStep]) -> Iterator[AnyStep]:
    """The steps whose records a step reads, by first inputs, nearest first."""
    met = {step.id}
    while step.inputs and step.inputs[0] in steps and step.inputs[0] not in met:
        step = steps[step.inputs[0]]
        met.add(step.id)
        yield step
