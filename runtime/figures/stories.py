"""A few random records with all that happened to them: every step, score and sink, and their columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from compiler.plan.model import AnyStep, Generate, Mix, Stage, Train
from runtime.figures.scores import score_of
from runtime.identity import sample
from runtime.records import Record
from runtime.scheduler import behind
from runtime.work import Work

TOLD = 5


@dataclass(frozen=True, slots=True)
class Visit:
    """What one step did with a record: kept it, or gave it to a sink; `score` is its critic's."""

    step: str
    id: str
    sink: str | None
    score: float | None


@dataclass(frozen=True, slots=True)
class Story:
    """A record's way in the plan's order, and its columns where it ended."""

    id: str
    visits: tuple[Visit, ...]
    columns: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StageStories:
    """`made` are drawn from all that the stage's sources wrote, `learnt` from what it is trained on; both by
    a hash of the run's seed and the record's id."""

    made: tuple[Story, ...]
    learnt: tuple[Story, ...]


def stage_stories(stage: Stage, work: Work) -> StageStories:
    sources = [step for step in stage.steps if isinstance(step, Generate) and not step.inputs]
    written = [(step, r) for step in sources if step.id in work.records for r in work.records[step.id].kept]
    told = _drawn([f"{step.id} {record.id}" for step, record in written], "made", stage, work)
    made = [(step, record) for step, record in written if f"{step.id} {record.id}" in told]
    trained = next((step for step in stage.steps if isinstance(step, Train)), None)
    learnt: tuple[Story, ...] = ()
    if trained is not None and trained.source in work.records:
        by_id = {record.id: record for record in work.records[trained.source].kept}
        drawn = sorted(_drawn(list(by_id), "learnt", stage, work))
        learnt = tuple(_way_back(trained, by_id[id], work) for id in drawn)
    return StageStories(tuple(_way_on(step, record, stage, work) for step, record in made), learnt)


def _drawn(ids: Sequence[str], what: str, stage: Stage, work: Work) -> set[str]:
    return set(sample(ids, TOLD, work.binding.seed, "told", what, stage.name))


def _way_on(source: AnyStep, record: Record, stage: Stage, work: Work) -> Story:
    """From a source on: the record itself, and drafts that were made of it."""
    visits: list[Visit] = []
    columns = record.columns
    for step in [source, *behind(source, stage.steps)]:
        for one, sink in _records(step, work):
            if one.id == record.id or one.id.startswith(f"{record.id}/"):
                visits.append(_visit(step, one, sink))
                columns = one.columns
    return Story(record.id, tuple(visits), columns)


def _way_back(train: Train, record: Record, work: Work) -> Story:
    """From training back to where the record was first written, in this stage or an earlier one."""
    steps = {step.id: step for stage in work.method.stages for step in stage.steps}
    visits: list[Visit] = []
    step: AnyStep | None = steps.get(train.inputs[0])
    id = record.id
    while step is not None:
        found = next(
            ((one, sink) for one, sink in _records(step, work) if one.id in (id, id.rpartition("/")[0])), None
        )
        if found is not None:
            id = found[0].id
            visits.append(_visit(step, *found))
        step_id = step.inputs[0] if step.inputs else ""
        if isinstance(step, Mix):
            step_id, _, id = id.partition(":")
        step = steps.get(step_id) or steps.get(step_id.rpartition(".")[0])  # the second is a part of a split
    return Story(record.id, tuple(reversed(visits)), record.columns)


def _records(step: AnyStep, work: Work) -> Iterator[tuple[Record, str | None]]:
    if step.id in work.records:
        records = work.records[step.id]
        yield from ((record, None) for record in records.kept)
        yield from ((item.record, item.sink) for item in records.rejected)


def _visit(step: AnyStep, record: Record, sink: str | None) -> Visit:
    return Visit(step.id, record.id, sink, score_of(step, record))
