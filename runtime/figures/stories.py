"""A few random records with all that happened to them: every step, score and sink, and their columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from compiler.plan.model import AnyStep, Generate, Mix, Split, Stage, Train
from runtime.figures.scores import score_of
from runtime.identity import sample
from runtime.records import Record
from runtime.scheduler import flow
from runtime.work import Work

TOLD = 5


@dataclass(frozen=True, slots=True)
class Visit:
    """What one step, or one part of a split, did with a record: kept it, or gave it to a sink; `score` is its
    critic's."""

    step: str
    id: str
    sink: str | None
    score: float | None


@dataclass(frozen=True, slots=True)
class Story:
    """A record's way in the plan's order, and its columns where it ended. `learnt_by` is the training that
    learns it; empty for what is told from its source on."""

    id: str
    visits: tuple[Visit, ...]
    columns: Mapping[str, Any]
    learnt_by: str = ""


@dataclass(frozen=True, slots=True)
class StageStories:
    """`made` are drawn from all that the stage's sources wrote, `learnt` from what each of its trainings
    learns, `TOLD` for each; both by a hash of the run's seed and the record's id."""

    made: tuple[Story, ...]
    learnt: tuple[Story, ...]


def stage_stories(stage: Stage, work: Work) -> StageStories:
    sources = [step for step in stage.steps if isinstance(step, Generate) and not step.inputs]
    written = [(step, r) for step in sources if step.id in work.records for r in work.records[step.id].kept]
    told = _drawn([f"{step.id} {record.id}" for step, record in written], work, "made", stage.name)
    made = [(step, record) for step, record in written if f"{step.id} {record.id}" in told]
    trainings = [step for step in stage.steps if isinstance(step, Train) and step.source in work.records]
    return StageStories(
        tuple(_way_on(step, record, stage, work) for step, record in made),
        tuple(story for step in trainings for story in _learnt(step, work)),
    )


def _learnt(train: Train, work: Work) -> Iterator[Story]:
    by_id = {record.id: record for record in work.records[train.source].kept}
    for id in sorted(_drawn(list(by_id), work, "learnt", train.id)):
        yield _way_back(train, by_id[id], work)


def _drawn(ids: Sequence[str], work: Work, what: str, of: str) -> set[str]:
    return set(sample(ids, TOLD, work.binding.seed, "told", what, of))


def _way_on(source: AnyStep, record: Record, stage: Stage, work: Work) -> Story:
    """From a source on: the record itself, and drafts that were made of it."""
    visits: list[Visit] = []
    columns = record.columns
    names: dict[str, tuple[str, ...]] = {}
    for step in [source, *flow(source, stage.steps)]:
        names[step.id] = _names(step, names) if step is not source else (record.id,)
        if isinstance(step, Split):
            names |= {f"{step.id}.{part}": names[step.id] for part in step.parts}
        for place, one, sink in _records(step, work):
            if any(one.id == name or one.id.startswith(f"{name}/") for name in names[step.id]):
                visits.append(_visit(step, place, one, sink))
                columns = one.columns
    return Story(record.id, tuple(visits), columns)


def _names(step: AnyStep, known: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """What a record is called in a step, by what it is called in those before; a mix adds its source."""
    if isinstance(step, Mix):
        return tuple(f"{source}:{name}" for source in step.shares for name in known.get(source, ()))
    return tuple(name for id in step.inputs for name in known.get(id, ()))


def _way_back(train: Train, record: Record, work: Work) -> Story:
    """From training back to where the record was first written, in this stage or an earlier one."""
    steps = {step.id: step for stage in work.method.stages for step in stage.steps}
    visits: list[Visit] = []
    step: AnyStep | None = steps.get(train.inputs[0])
    id = record.id
    while step is not None:
        found = next(
            (visit for visit in _records(step, work) if visit[1].id in (id, id.rpartition("/")[0])), None
        )
        if found is not None:
            id = found[1].id
            visits.append(_visit(step, *found))
        step_id = step.inputs[0] if step.inputs else ""
        if isinstance(step, Mix):
            step_id, _, id = id.partition(":")
        step = steps.get(step_id) or steps.get(step_id.rpartition(".")[0])  # the second is a part of a split
    return Story(record.id, tuple(reversed(visits)), record.columns, train.id)


def _records(step: AnyStep, work: Work) -> Iterator[tuple[str, Record, str | None]]:
    """All that came to a step, with the sinks, and where it is: in the step, or in a part of the split."""
    places = [f"{step.id}.{part}" for part in step.parts] if isinstance(step, Split) else [step.id]
    for place in places:
        if place in work.records:
            records = work.records[place]
            yield from ((place, record, None) for record in records.kept)
            yield from ((place, item.record, item.sink) for item in records.rejected)


def _visit(step: AnyStep, place: str, record: Record, sink: str | None) -> Visit:
    return Visit(place, record.id, sink, score_of(step, record))
