"""How many records each step reads: back from the number wanted to the source, and forth to the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import ceil

from compiler.estimate.history import History, Measured
from compiler.frozen import Frozen
from compiler.plan.model import (
    ITEMS_PER_LIST,
    LATER_ROUND,
    AnyStep,
    Best,
    Generate,
    Mix,
    Scaled,
    Split,
    Stage,
)

# Assumed until a run has been seen: the share of its records that a step of this kind keeps. Others
# keep all. Rounded from `tests/archive/fitted`, where judges and preferences kept 0.07 to 0.95.
SHARE_KEPT: Mapping[str, float] = {"filter": 0.9, "judge": 0.6, "prefer": 0.4}
# Steps that pass no records on.
ENDS = frozenset({"quality", "review", "gate", "evaluate", "train", "output"})
# Steps that are not gone through round by round: they read what all rounds have kept.
ONCE = frozenset({*ENDS, "split", "mix", "order"})


class Share(Frozen):
    """Records that a step passes on for each that it reads, and the run that showed it (empty: assumed)."""

    value: float
    run: str = ""


class Counts(Frozen):
    """Records by step id: what each step reads (of a source, the number of its completions), what it passes
    on, and the run in which what is kept on the way was measured (empty: assumed).

    `source` names the source of each step that is gone through in rounds, `rounds` says how many a source
    has. `at_pilot` are the records read where the step's own stage ends with its pilot.
    """

    reads: Mapping[str, float]
    gives: Mapping[str, float]
    runs: Mapping[str, str]
    source: Mapping[str, str]
    rounds: Mapping[str, float]
    at_pilot: Mapping[str, float]


def count(stages: Sequence[Stage], scaled: Mapping[str, Scaled], history: History) -> Counts:
    """Counts of all steps of all stages. `scaled` are the sources' wanted numbers."""
    steps = {step.id: step for stage in stages for step in stage.steps}
    reads: dict[str, float] = {}
    gives: dict[str, float] = {}
    runs: dict[str, str] = {}
    sources: dict[str, str] = {}
    rounds: dict[str, float] = {}
    at_pilot: dict[str, float] = {}
    gives_at_pilot: dict[str, float] = {}
    for id, step in steps.items():  # in an order in which they can run
        if isinstance(step, Generate) and step.until_step is not None and id in scaled:
            wanted = float(scaled[id].until_kept)
            for behind in _chain(step, steps):
                kept = _passed_on(steps[behind], steps, history)
                wanted /= kept.value * _part(steps[behind], steps)
                runs[id] = runs.get(id) or kept.run
            each = _items_each(step, history)
            pilot = _pilot_prompts(step)
            reads[id] = wanted / each.value
            rounds[id] = 1
            if pilot is not None:
                most = scaled[id].at_most_rounds
                rounds[id] = min(1 + max(ceil((reads[id] - pilot) / (LATER_ROUND * pilot)), 0), most)
                reads[id] = min(max(reads[id], pilot), pilot * (1 + LATER_ROUND * (most - 1)))
            gives[id] = reads[id] * each.value
            runs[id] = runs.get(id) or each.run
            sources[id] = id
            at_pilot[id] = reads[id] if pilot is None else pilot
            gives_at_pilot[id] = at_pilot[id] * each.value
        elif any(before in gives for before in step.inputs):
            part, kept = _part(step, steps), _passed_on(step, steps, history)
            own = [before for before in step.inputs if _stage(before) == _stage(id)]
            given = {before: gives.get(before, 0.0) for before in step.inputs}
            closed = given | {before: gives_at_pilot.get(before, 0.0) for before in own}
            reads[id], at_pilot[id] = sum(given.values()) * part, sum(closed.values()) * part
            runs[id] = next((run for before in step.inputs if (run := runs.get(before))), "") or kept.run
            if isinstance(step, Mix):
                gives[id], gives_at_pilot[id] = _mixed(step, steps, given), _mixed(step, steps, closed)
            elif step.kind not in ENDS:
                gives[id], gives_at_pilot[id] = reads[id] * kept.value, at_pilot[id] * kept.value
            if step.kind not in ONCE and own and (source := sources.get(step.inputs[0])):
                sources[id] = source
    return Counts(reads, gives, runs, sources, rounds, at_pilot)


def _mixed(step: Mix, steps: Mapping[str, AnyStep], gives: Mapping[str, float]) -> float:
    """As many as the source that is shortest for its share allows."""
    there: list[float] = []
    for name, share in step.shares.items():
        id, _, part = (name, "", "") if name in steps else name.rpartition(".")
        split = steps.get(id)
        of = split.parts.get(part, 1.0) if isinstance(split, Split) else 1.0
        there.append(gives.get(id, 0.0) * of / share)
    return min(there) * sum(step.shares.values())


def _stage(id: str) -> str:
    return id.partition(".")[0]


def _pilot_prompts(step: Generate) -> int | None:
    """Prompts of a source's first round, as the runtime counts them; later rounds have a multiple of it."""
    if step.pilot_items is None:
        return None
    return max(1, ceil(step.pilot_items / (ITEMS_PER_LIST if step.parse == "numbered_list" else 1)))


def _items_each(step: Generate, history: History) -> Share:
    """Items that a completion of a source holds. At least 1 %, as below."""
    found = history.step(step.id, lambda m: m.asked and m.records)
    if found is None:
        return Share(ITEMS_PER_LIST if step.parse == "numbered_list" else 1)
    seen, run = found
    pilot = _pilot_prompts(step) or 0
    prompts = seen.asked - pilot if seen.rounds > 1 and seen.asked > pilot else seen.asked
    return Share(max(seen.later[1] / prompts, 0.01), run)


def _passed_on(step: AnyStep, steps: Mapping[str, AnyStep], history: History) -> Share:
    """By the same step of an earlier run, else by all of its kind there that are the same, else assumed.

    At least 1 %: a step that kept nothing once must not ask for endless records.
    """
    if isinstance(step, Generate):
        return Share(float(step.drafts))
    if step.kind in SHARE_KEPT or isinstance(step, Best):
        same = history.step(step.id, _seen)
        if same is not None:
            records, kept = same[0].later
            return Share(max(kept / records, 0.01), same[1])
        alike = history.kind(step.kind, _seen)
        if alike:
            share = sum(m.later[1] for m, _ in alike) / sum(m.later[0] for m, _ in alike)
            return Share(max(share, 0.01), alike[0][1])
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
