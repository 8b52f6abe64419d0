"""Whether that which a part of a plan rests on has been made before.

The steps are gone through on what journals and folders of earlier runs hold, and on nothing else: no engine
is asked, nothing is trained, journaled or told. The first thing that is not there ends it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from compiler.plan.model import Review, Train
from compiler.plan.selection import reach
from runtime.engines.protocol import EngineFacts, Request, Result
from runtime.failures import ResultsMissing, RunStopped
from runtime.journal import Journal
from runtime.progress import silent
from runtime.results import GateOutcome, Ruled
from runtime.scheduler import ONCE, execute
from runtime.steps.jobs import job_of
from runtime.steps.train import trained_before, why_not
from runtime.survived import Tell, unheard
from runtime.work import Adapter, Work


def refuse_missing(work: Work) -> None:
    """ResultsMissing names the first step that was to be there and is not.

    In rounds this goes as far as can be known: where a step that is to be made anew has no results yet, what
    the next round asks for is not known either.
    """
    given = work.selection.given
    if not given:
        return
    aside = Work(
        work.plan,
        work.folder,
        _NoJournal(work.journal.path),
        _NoEngine(work.engine.facts),
        work.tokens,
        silent,
        work.data,
        work.results,
        work.role,
        work.local,
        replace(work.selection, run=reach(work.method, given), anew=frozenset()),
    )
    try:
        execute(aside, {**ONCE, "train": _recall, "review": _pass_by})
    except RunStopped:
        return  # as the run itself will be, and it can tell why
    except _Lacking as lacking:
        if aside.step in given:
            raise ResultsMissing(
                f"{aside.step} is not there, and {work.selection.asked} rests on it: {lacking}", aside.step
            ) from None


class _Lacking(Exception):
    """What is not known, in a few words."""


class _NoEngine:
    """Stands where the engine does, and answers nothing."""

    def __init__(self, facts: EngineFacts) -> None:
        self.facts = facts
        self.tell: Tell = unheard

    def submit(self, requests: Iterable[Request]) -> Iterator[Result]:
        raise _Lacking(f"{len(list(requests))} answers of the model are in no journal")

    def rest(self) -> None:
        """Nothing to give back."""

    def close(self) -> None:
        """Nothing to give back."""


class _NoJournal(Journal):
    """Can be read, and takes no events."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, event: str, **fields: Any) -> None:
        """The run itself will tell it."""

    def sync(self) -> None:
        """There is nothing to write."""


def _recall(step: Train, work: Work) -> None:
    if why_not(step, work):
        work.decide(step.id, None)
        return
    found = trained_before(job_of(step, work), work)
    if found is None:
        raise _Lacking("no run has this very training")
    result, folder = found
    work.adapters[step.id] = Adapter(folder, result.adapter_sha256)
    work.decide(step.id, result)


def _pass_by(step: Review, work: Work) -> None:
    """As if it were open: it is asked in the run itself, and once is enough."""
    work.decide(step.id, GateOutcome((Ruled(step.question, True, "not asked"),)))
