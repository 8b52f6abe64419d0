"""The scheduler: the selected steps in the plan's order, and rounds, the only loop.

A source and the map steps behind it run round by round until enough is kept; a quality gate on a
round is asked as soon as that round is through. Everything else runs once.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from functools import partial

from compiler.plan.counting import counted
from compiler.plan.meaning import models
from compiler.plan.model import AnyStep, Generate, Quality, Stage
from runtime.failures import RunStopped
from runtime.progress import Ended, Said
from runtime.records import Record
from runtime.steps import DECIDES, FITS, MAPS, REDUCES, StepFunction, write
from runtime.work import Work

ONCE: Mapping[str, StepFunction] = {**REDUCES, **FITS, **DECIDES}


def execute(work: Work, once: Mapping[str, StepFunction] = ONCE) -> None:
    """Run the selected steps of every stage, up to the one that the run is to end with. `once` has the
    functions of the kinds that are no maps."""
    for stage in work.method.stages:
        if work.selection.until in _stage(stage, work, once):
            return


def _stage(stage: Stage, work: Work, once: Mapping[str, StepFunction]) -> set[str]:
    """The steps that are done, all of the selected ones or up to the last."""
    done: set[str] = set()
    for step in stage.steps:
        if work.selection.until in done:
            break
        if step.id in done or step.id not in work.selection.run:
            continue
        if isinstance(step, Generate) and step.until_step is not None:
            done |= _rounds(step, stage, work)
        elif step.kind in MAPS:  # behind a mix, a split or another stage: everything is there already
            _timed(step, work, partial(_map, step, work, work.records[step.source].kept))
        else:
            _timed(step, work, partial(once[step.kind], step, work))
        done.add(step.id)
    return done


def _rounds(source: Generate, stage: Stage, work: Work) -> set[str]:
    """All rounds of a source; returns the steps that are done with them."""
    selected = [step for step in stage.steps if step.id in work.selection.run]
    chain = list(behind(source, selected))
    gates = [
        s for s in selected if isinstance(s, Quality) and set(s.inputs) & {source.id, *(c.id for c in chain)}
    ]
    counts = work.binding.counts[source.id]
    wanted = str(source.until_step).rpartition(".")[2]
    asked: set[str] = set()
    for round in range(counts.at_most_rounds):
        _timed(source, work, partial(write, source, work, round))
        for step in chain:
            records = work.records[step.source].of_rounds((round,)).kept
            _timed(step, work, partial(_map, step, work, records))
        for gate in gates:
            if gate.round <= round <= gate.round + gate.retries and not _is_open(gate, work):
                _timed(gate, work, partial(DECIDES["quality"], gate, work))
                asked.add(gate.id)
        kept = len(work.records[str(source.until_step)].kept)
        work.journal.append("round", source=source.id, round=round, kept=kept, wanted=counts.until_kept)
        work.listener(Said(f"round {round}: {kept} of {counts.until_kept} kept in {wanted}"))
        again = any(g.round <= round < g.round + g.retries and not _is_open(g, work) for g in gates)
        if again:
            continue
        if kept >= counts.until_kept or work.selection.until in asked:
            break
        closed = [g.id for g in gates if g.round + g.retries <= round and not _is_open(g, work)]
        if closed and not work.binding.rehearsal:
            why = f"no more rounds: gate {', '.join(id.rpartition('.')[2] for id in closed)} is closed"
            work.listener(Said(why, "warning"))
            break
    else:
        short = len(work.records[str(source.until_step)].kept)
        shortfall = f"only {short} of {counts.until_kept} wanted records in {source.until_step} after "
        shortfall += f"{counts.at_most_rounds} rounds"
        if source.shortfall == "stop":
            raise RunStopped(f"{shortfall}.", "Look at the rejects in the report, or allow more rounds.")
        work.taints.append(shortfall)
        work.listener(Said(shortfall, "warning"))
    return {source.id, *(s.id for s in chain), *asked}


def _is_open(gate: Quality, work: Work) -> bool:
    return gate.id in work.outcomes and bool(work.outcomes[gate.id].open)


def _map(step: AnyStep, work: Work, records: list[Record]) -> None:
    """Run a map step; what a model should have done that was never trained is not done by another."""
    absent = [model for model in models(step) if not work.runs(model)]
    if absent:
        work.keep(step.id, (), ())
        name = step.id.rpartition(".")[2]
        work.listener(Said(f"{name} passes nothing on: {', '.join(absent)} was not trained", "warning"))
    else:
        MAPS[step.kind](step, work, records)


def behind(source: AnyStep, steps: Sequence[AnyStep]) -> Iterator[AnyStep]:
    """Those map steps that a step's records flow through within a round, in the plan's order."""
    return _reached(source, steps, MAPS)


def flow(source: AnyStep, steps: Sequence[AnyStep]) -> Iterator[AnyStep]:
    """All steps that a step's records flow through, also behind a split, a mix or an order."""
    return _reached(source, steps, {*MAPS, *REDUCES})


def _reached(source: AnyStep, steps: Sequence[AnyStep], kinds: Container[str]) -> Iterator[AnyStep]:
    reached = {source.id}
    for step in steps:
        if step.kind in kinds and step.id != source.id and set(step.inputs) & reached:
            reached.add(step.id)
            yield step


def _timed(step: AnyStep, work: Work, run: Callable[[], None]) -> None:
    began, before = time.monotonic(), Counter(work.tally)
    work.step = step.id
    work.deadline = _deadline(step, work, began)
    run()
    work.step, work.deadline = "", None
    took = time.monotonic() - began
    work.step_seconds[step.id] = work.step_seconds.get(step.id, 0.0) + took
    tally = work.tally - before
    work.step_tallies.setdefault(step.id, Counter()).update(tally)
    work.journal.append("step", step=step.id, seconds=round(took, 3), **tally)
    work.listener(Ended(step.id, summary(step, work), took))


def _deadline(step: AnyStep, work: Work, began: float) -> float | None:
    """When the step has had its time (its `limit`, over all rounds), on the monotonic clock."""
    if step.limit_seconds is None:
        return None
    return began + step.limit_seconds - work.step_seconds.get(step.id, 0.0)


def summary(step: AnyStep, work: Work) -> str:
    """What a step did, in a few words."""
    records = work.records.get(step.id)
    if records is None:
        return step.kind
    if not records.rejected:
        return counted(len(records.kept), "record")
    sinks = ", ".join(f"{n} {sink}" for sink, n in records.sinks.most_common())
    return f"kept {len(records.kept)} of {records.seen} ({sinks})"
