"""How many records each step reads: back from the number wanted to the source, and forth to the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from compiler.estimate.history import History, Measured
from compiler.plan.model import ITEMS_PER_LIST, AnyStep, Generate, Scaled, Split, Stage

# Assumed until a run has been seen: the share of its records that a step of this kind keeps.
SHARE_KEPT: Mapping[str, float] = {"filter": 0.75, "judge": 0.6}


@dataclass(frozen=True, slots=True)
class Share:
    """The share of its records that a step keeps, and where it was measured (empty: assumed)."""

    value: float
    run: str = ""


def share_kept(id: str, kind: str, history: History) -> Share:
    """By the same step of an earlier run, else by all steps of its kind, else assumed.

    Between 1 % and 1: a step that kept nothing once must not ask for endless records.
    """

    def seen(measured: Measured) -> bool:
        return measured.records > 0

    if kind not in SHARE_KEPT:
        return Share(1.0)
    same = history.step(id, seen)
    if same is not None:
        return Share(_bounded(same[0].kept / same[0].records), same[1])
    alike = history.kind(kind, seen)
    if alike:
        kept = sum(m.kept for m in alike) / sum(m.records for m in alike)
        return Share(_bounded(kept), history.runs[0].name)
    return Share(SHARE_KEPT[kind])


def _bounded(share: float) -> float:
    return min(max(share, 0.01), 1.0)


# Steps that pass no records on.
ENDS = frozenset({"quality", "gate", "evaluate", "train", "output"})


def counts(stages: Sequence[Stage], scaled: Mapping[str, Scaled], history: History) -> dict[str, float]:
    """Records that each step reads, by step id; of a source the number of its completions."""
    steps = [step for stage in stages for step in stage.steps]
    by_id: dict[str, AnyStep] = {step.id: step for step in steps}
    reads: dict[str, float] = {}
    gives: dict[str, float] = {}
    for step in steps:  # in an order in which they can run
        if isinstance(step, Generate) and step.until_step is not None and step.id in scaled:
            wanted = float(scaled[step.id].until_kept)
            for id in _chain(step, by_id):
                wanted /= share_kept(id, by_id[id].kind, history).value
            items = max(wanted, float(step.pilot_items or 0))
            reads[step.id] = items / (ITEMS_PER_LIST if step.parse == "numbered_list" else 1)
            gives[step.id] = items
        elif step.kind not in ENDS and any(id in gives for id in step.inputs):
            reads[step.id] = sum(gives.get(id, 0.0) for id in step.inputs)
            gives[step.id] = reads[step.id] * share_kept(step.id, step.kind, history).value
    return reads


def _chain(source: Generate, by_id: Mapping[str, AnyStep]) -> list[str]:
    """The steps between a source and the one in which its records are counted, the latter first."""
    chain: list[str] = []
    at = source.until_step or source.id
    while at != source.id and at in by_id and at not in chain and by_id[at].inputs:
        chain.append(at)
        at = by_id[at].inputs[0]
    return chain


def in_part(stages: Sequence[Stage], split: str, part: str, reads: Mapping[str, float]) -> float:
    """Records in one part of a split, or all that reach the step where it is no split."""
    step = next((step for stage in stages for step in stage.steps if step.id == split), None)
    share = step.parts.get(part, 1.0) if isinstance(step, Split) else 1.0
    return reads.get(split, 0.0) * share
