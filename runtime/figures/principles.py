"""What each principle of a constitution did: how often it was drawn, and what came of those records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from compiler.plan.meaning import principle_sample
from compiler.plan.model import AnyStep, Judge, Prefer, Stage, Train
from runtime.figures.scores import score_of
from runtime.records import Record, StepRecords
from runtime.scheduler import behind, flow
from runtime.statistics import Interval, share
from runtime.steps.principles import COLUMN
from runtime.work import Work


@dataclass(frozen=True, slots=True)
class Decided:
    """What a judge or a preference made of the records of one principle. `median_margin` is that of the
    records that were kept, in nats; None where none was, or where no critic was asked."""

    accepted: Interval
    kept: int
    seen: int
    median_margin: float | None


@dataclass(frozen=True, slots=True)
class PrincipleRow:
    """One principle. A record may have several, and counts for each of them."""

    principle: str
    category: str
    drawn: int
    kept: int
    kept_share: Interval | None
    decided: tuple[Decided | None, ...]


@dataclass(frozen=True, slots=True)
class PrincipleUse:
    """One step that draws principles; `last` is where its records are counted as kept. `deciding` are the
    judges and preferences that they come to, also after a training. Each principle's `decided` has an entry
    for each of them."""

    step: str
    constitution: str
    last: str
    deciding: tuple[str, ...]
    principles: tuple[PrincipleRow, ...]


def principle_uses(stage: Stage, work: Work) -> Iterator[PrincipleUse]:
    """For each step that draws principles a row per principle, those that were never drawn among them."""
    learnt = _before_training(stage)
    for step in stage.steps:
        sample = principle_sample(step)
        if sample is None or step.id not in work.records:
            continue
        after = [one for one in behind(step, stage.steps) if one.id in work.records]
        last = next((one for one in reversed(after) if one.id in learnt), (after or [step])[-1])
        deciding = [
            one
            for one in flow(step, stage.steps)
            if isinstance(one, Judge | Prefer) and _carried(work.records.get(one.id))
        ]
        drawn = work.records[step.id].kept
        survived = _with_ancestors(work.records[last.id].kept)
        constitution = work.method.constitutions[sample.constitution]
        yield PrincipleUse(
            step=step.id,
            constitution=sample.constitution,
            last=last.id,
            deciding=tuple(one.id for one in deciding),
            principles=tuple(
                _row(name, principle.category, drawn, survived, deciding, work)
                for name, principle in constitution.principles.items()
            ),
        )


def _row(
    name: str, category: str, drawn: list[Record], survived: set[str], deciding: Sequence[AnyStep], work: Work
) -> PrincipleRow:
    ids = [record.id for record in drawn if _has(record, name)]
    kept = sum(id in survived for id in ids)
    return PrincipleRow(
        principle=name,
        category=category,
        drawn=len(ids),
        kept=kept,
        kept_share=share(kept, len(ids)) if ids else None,
        decided=tuple(_decided(step, name, work.records[step.id]) for step in deciding),
    )


def _decided(step: AnyStep, name: str, records: StepRecords) -> Decided | None:
    kept = [record for record in records.kept if _has(record, name)]
    seen = len(kept) + sum(_has(item.record, name) for item in records.rejected)
    if not seen:
        return None
    margins = [value for record in kept if (value := score_of(step, record)) is not None]
    return Decided(share(len(kept), seen), len(kept), seen, median(margins) if margins else None)


def _carried(records: StepRecords | None) -> bool:
    """Whether a step's records have principles; a mix may leave the column out. Where none came they may."""
    if records is None:
        return False
    every = [*records.kept, *(item.record for item in records.rejected)]
    return not every or any(COLUMN in record.columns for record in every)


def _has(record: Record, name: str) -> bool:
    return any(principle["id"] == name for principle in record.columns.get(COLUMN, ()))


def _with_ancestors(records: Sequence[Record]) -> set[str]:
    """The records' ids, and those that they were made from: a draft's id begins with its record's."""
    found: set[str] = set()
    for record in records:
        parts = record.id.split("/")
        found |= {"/".join(parts[:n]) for n in range(1, len(parts) + 1)}
    return found


def _before_training(stage: Stage) -> set[str]:
    """The steps of this stage whose records go into training."""
    steps = {step.id: step for step in stage.steps}
    waiting = [id for step in stage.steps if isinstance(step, Train) for id in step.inputs]
    found: set[str] = set()
    while waiting:
        id = waiting.pop()
        if id in steps and id not in found:
            found.add(id)
            waiting += steps[id].inputs
    return found
