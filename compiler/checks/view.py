"""What a check sees: one lowered stage, the method it is part of, and where things stand."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar

from compiler.diagnostics import Diagnostics, Span
from compiler.frozen import Frozen
from compiler.plan.meaning import reads
from compiler.plan.model import AnyStep, Evaluate, Method, Output, Stage, Supervised, Train

S = TypeVar("S")


class Texts:
    """The texts of data files by column, without case and white space, each read at most once."""

    def __init__(self, records: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        self._records = records
        self._known: dict[tuple[str, str], dict[str, str]] = {}

    def of(self, data: str, column: str) -> Mapping[str, str]:
        """Plain text to the text as it stands."""
        key = (data, column)
        if key not in self._known:
            texts = [str(record[column]) for record in self._records.get(data, ())]
            self._known[key] = {" ".join(text.casefold().split()): text for text in texts}
        return self._known[key]


class StageView(Frozen):
    """`steps` are those of all stages by id: what a stage reads of an earlier one is looked up there too.
    `read_elsewhere` are the steps whose records another stage reads. `compared` remembers, for all stages,
    with what data a column of a step's records was compared (see `compiler.checks.leaks`).
    `evaluated_before` are the held-out sets of earlier stages, each once."""

    stage: Stage
    method: Method
    places: Mapping[str, Span]
    steps: Mapping[str, AnyStep]
    read_elsewhere: frozenset[str]
    texts: Texts
    compared: dict[tuple[str, str], frozenset[str]]
    evaluated_before: tuple[str, ...]

    def of(self, kind: type[S]) -> Iterator[S]:
        if kind not in self._by_kind:
            self._by_kind[kind] = [step for step in self.stage.steps if isinstance(step, kind)]
        return iter(self._by_kind[kind])

    @cached_property
    def _by_kind(self) -> dict[Any, list[Any]]:
        return {}

    @cached_property
    def unread(self) -> tuple[AnyStep, ...]:
        """The steps that do not lead to the stage's output; none where there is no output, which is reported
        by `output_is_gated`."""
        # What a comparison claims is reported, whether or not a gate asks for it.
        claims = {step.id for step in self.of(Evaluate) if step.compare}
        ids = frozenset(step.id for step in self.stage.steps)
        reached = claims | {step.id for step in self.of(Output)} | (self.read_elsewhere & ids)
        waiting = list(reached)
        while waiting:
            step = self.step(waiting.pop())
            if step is not None:
                named = {*reads(step, ids), *step.needs} - reached
                reached |= named
                waiting += named
        is_whole = any(True for _ in self.of(Output))
        return tuple(step for step in self.stage.steps if step.id not in reached) if is_whole else ()

    def step(self, id: str) -> AnyStep | None:
        return self.steps.get(id)

    def before(self, id: str, unless: Callable[[AnyStep], bool] | None = None) -> list[AnyStep]:
        """All steps whose records go into a step, nearest first, over stages; with `unless` those from which
        a record can come there and pass none of which it holds. A mix has a way from each of its parts, and
        what one of them passes the others have not."""
        found: dict[str, AnyStep] = {}
        waiting = deque([id])
        while waiting:
            step = self.step(waiting.popleft())
            for wanted in step.inputs if step else ():
                upstream = self.step(wanted)
                if upstream is not None and wanted not in found and not (unless and unless(upstream)):
                    found[wanted] = upstream
                    waiting.append(wanted)
        return list(found.values())

    def learns(self, train: Train) -> tuple[str, ...]:
        """The text columns that a train step learns from."""
        of = train.objective
        return (of.target,) if isinstance(of, Supervised) else (of.chosen, of.rejected)

    def place(self, id: str) -> Span:
        return self.places[id]

    @property
    def here(self) -> Span:
        return self.places[self.stage.name]


Check = Callable[[StageView, Diagnostics], None]
