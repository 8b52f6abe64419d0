"""What every step function is given: the plan, the bound models, the journal, and the records so far."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from compiler.plan.counting import counted
from compiler.plan.model import Binding, Method, Output, PlanFile, PromptUse, Train
from compiler.plan.prompts import render
from compiler.plan.selection import Selection
from runtime.engines.protocol import (
    Choose,
    Completion,
    Draw,
    Engine,
    LabelLogprobs,
    Request,
    Result,
    Score,
    TokenLogprobs,
)
from runtime.failures import RunStopped
from runtime.identity import Spread, encoded, result_key, sample_encoded
from runtime.journal import Journal
from runtime.progress import Advanced, Began, Ended, Listener, Said
from runtime.records import Record, StepRecords, renamed
from runtime.survived import Survived

if TYPE_CHECKING:
    from runtime.calibration import Calibration
    from runtime.certificate import Certificate
    from runtime.models.local import LocalModel
    from runtime.models.tokens import Tokens
    from runtime.rulings import Ruling

RESULTS: Mapping[str, type] = {
    "Completion": Completion,
    "LabelLogprobs": LabelLogprobs,
    "TokenLogprobs": TokenLogprobs,
}


# What is counted of a step's requests (see `Work.tally`).
TALLIED = ("asked", "computed", "read", "written")


@dataclass(frozen=True, slots=True)
class Adapter:
    """A trained adapter: a folder in peft's format, named by its content."""

    folder: Path
    sha256: str


_FEW = 2_000  # items of a pool through all of which each draw goes


@dataclass(frozen=True)
class _Pool:
    """Items that prompts draw from. `key` says how many of each source there are."""

    key: tuple[tuple[str, int], ...]
    items: Sequence[Mapping[str, Any]]
    codes: Sequence[bytes]

    def sample(self, count: int, *parts: object) -> list[Mapping[str, Any]]:
        few = len(self.codes) <= _FEW
        draw = partial(sample_encoded, self.codes) if few else self._spread.sample
        return [self.items[i] for i in draw(count, *parts)]

    @cached_property
    def _spread(self) -> Spread:
        return Spread(self.codes)


@dataclass(slots=True)
class Work:
    """One run at work. Steps read it, and write through `ask`, `keep` and `decide` only."""

    plan: PlanFile
    folder: Path
    journal: Journal
    engine: Engine
    tokens: Tokens
    listener: Listener
    data: Mapping[str, Sequence[Mapping[str, Any]]]
    results: dict[str, Mapping[str, Any]]
    role: str
    local: LocalModel
    selection: Selection
    tensorboard: bool = False
    certificate: Certificate | None = None
    records: dict[str, StepRecords] = field(default_factory=dict)
    adapters: dict[str, Adapter] = field(default_factory=dict)
    given: dict[str, str] = field(default_factory=dict)  # what each stage's output turned out to be
    parities: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    outcomes: dict[str, Any] = field(default_factory=dict)
    not_trained: dict[str, str] = field(default_factory=dict)  # by train step: why there is no new model
    calibrations: dict[str, tuple[Calibration, ...]] = field(default_factory=dict)
    rulings: dict[str, Ruling] = field(default_factory=dict)
    # Of labelled examples, in their order: by use of a critic, one tuple for each of its methods.
    label_scores: dict[str, tuple[tuple[float, ...], ...]] = field(default_factory=dict)
    taints: list[str] = field(default_factory=list)
    step_seconds: dict[str, float] = field(default_factory=dict)
    seconds_before: dict[str, float] = field(default_factory=dict)  # in this run's earlier processes
    # Of this process outside the steps: "start" of the engines with the models, "proof" of what can be shown
    # before anything is made, "end" for datasets and scores.
    around_seconds: dict[str, float] = field(default_factory=dict)
    # Requests "asked" and "computed" (the others were known), and the tokens "read" and "written" for those.
    tally: Counter[str] = field(default_factory=Counter)
    step_tallies: dict[str, Counter[str]] = field(default_factory=dict)
    tallies_before: dict[str, Counter[str]] = field(default_factory=dict)
    step: str = ""  # the id of the one at work
    deadline: float | None = None  # of the step at work, on the monotonic clock
    made: set[str] = field(default_factory=set)  # the keys of results that this process has made
    interventions: list[str] = field(default_factory=list)
    # What all processes of the run met and went on from, as the journal has it.
    survived: list[Mapping[str, Any]] = field(default_factory=list)
    fresh_requests: int = 0
    reused_requests: int = 0
    # What prompts draw from, by its sources, and the codes of each source's items so far.
    pools: dict[tuple[str, ...], _Pool] = field(default_factory=dict)
    pool_codes: dict[str, list[bytes]] = field(default_factory=dict)

    @property
    def method(self) -> Method:
        return self.plan.method

    @property
    def binding(self) -> Binding:
        return self.plan.binding

    @property
    def anew(self) -> bool:
        """Whether the step at work takes nothing that it made in earlier runs."""
        return self.step in self.selection.anew

    @property
    def not_run(self) -> list[str]:
        """The steps of the plan that have not been gone through, not for one round."""
        steps = (step.id for stage in self.method.stages for step in stage.steps)
        return [id for id in steps if id not in self.step_seconds]

    def adapter(self, model: str) -> Adapter | None:
        """The adapter of a model reference: none for a base, the trained one for a train step, and for a
        stage's output that of the model it gave out. A train step whose gate was closed has none."""
        return self.adapters.get(self._given(model))

    def runs(self, model: str) -> bool:
        """Whether a model reference can answer: a role, a trained step, or an output that is one of them."""
        model = self._given(model)
        return model in self.method.models or model in self.adapters

    def _given(self, model: str) -> str:
        while model in self.given:
            model = self.given[model]
        return model

    def kind(self, model: str) -> str:
        """raw or chat, of a model reference: a trained model stays what it started as."""
        while model not in self.method.models:
            step = next(s for stage in self.method.stages for s in stage.steps if s.id == model)
            model = step.start if isinstance(step, Train) else cast("Output", step).model
        return self.method.models[model].kind

    def prompt_ids(self, kind: str, text: str) -> tuple[int, ...]:
        """The ids of a filled-in template as a model of this kind is sent it: a text to go on from, or a
        user's turn."""
        return self.tokens.chat_ids(text) if kind == "chat" else self.tokens.prompt_ids(text)

    def rendered_ids(self, use: PromptUse, columns: Mapping[str, Any], *draw: object) -> tuple[int, ...]:
        """What a model is sent for one record by a prompt."""
        return self.prompt_ids(self.method.prompts[use.prompt].kind, self.render(use, columns, *draw))

    def render(self, use: PromptUse, columns: Mapping[str, Any], *draw: object) -> str:
        """The prompt's text for one record; its samples depend on the run's seed and on `draw` alone."""
        prompt = self.method.prompts[use.prompt]
        samples = {
            s.variable: self._pool(s.sources).sample(
                s.count, self.binding.seed, use.prompt, s.variable, *draw
            )
            for s in (*prompt.samples, *use.samples)
        }
        return render(prompt.template, {**columns, **renamed(columns, use.columns, use.columns)}, samples)

    def _pool(self, sources: Sequence[str]) -> _Pool:
        """Data files' records, and what steps have kept in the rounds before this one."""
        parts: list[tuple[str, Sequence[Any]]] = [
            (source, self.data[source] if source in self.data else self.records[source].kept)
            for source in sources
            if source in self.data or source in self.records
        ]
        key = tuple((source, len(items)) for source, items in parts)
        pool = self.pools.get(tuple(sources))
        if pool is None or pool.key != key:
            # Each part only grows.
            pool = self.pools[tuple(sources)] = _Pool(key, *self._pooled(parts))
        return pool

    def _pooled(
        self, parts: Sequence[tuple[str, Sequence[Any]]]
    ) -> tuple[list[Mapping[str, Any]], list[bytes]]:
        items: list[Mapping[str, Any]] = []
        codes: list[bytes] = []
        for source, found in parts:
            known = self.pool_codes.setdefault(source, [])
            columns = found if source in self.data else [record.columns for record in found]
            known += [encoded(item) for item in columns[len(known) :]]
            items += columns
            codes += known
        return items, codes

    def ask(self, title: str, key: str, requests: Sequence[Request]) -> dict[str, Result]:
        """Results by request id: from journals where they are known, from the engine otherwise."""
        keyed = {r.id: result_key(r, self.engine.facts.fingerprint, self._adapter_hash(r)) for r in requests}
        answers = {
            r.id: _restore(r.id, self.results[keyed[r.id]]) for r in requests if self._known(keyed[r.id])
        }
        missing = [r for r in requests if r.id not in answers]
        self.reused_requests += len(answers)
        self.fresh_requests += len(missing)
        self.tally.update(asked=len(requests), computed=len(missing), read=sum(map(_reads, missing)))
        if not requests:
            return answers
        began = time.monotonic()
        self.listener(Began(key, title, len(requests), _unit(requests[0])))
        self.listener(Advanced(key, len(answers)))
        for result in self.engine.submit(missing) if missing else ():
            answers[result.id] = result
            self.tally["written"] += len(result.ids) if isinstance(result, Completion) else 0
            stored = {"type": type(result).__name__, **{k: v for k, v in asdict(result).items() if k != "id"}}
            self.results[keyed[result.id]] = stored
            self.made.add(keyed[result.id])
            self.journal.append("result", key=keyed[result.id], result=stored)
            self.in_time(title)
            self.listener(Advanced(key, len(answers)))
        self.journal.sync()
        took = time.monotonic() - began
        reused = f", {len(requests) - len(missing)} known already" if len(missing) < len(requests) else ""
        self.listener(Ended(key, f"{counted(len(requests), _unit(requests[0]))}{reused}", took))
        return answers

    def _known(self, key: str) -> bool:
        return key in self.results and (key in self.made or not self.anew)

    def in_time(self, title: str) -> None:
        """Raises RunStopped where the step at work has had the time that the spec gives it."""
        if self.deadline is not None and time.monotonic() > self.deadline:
            self.journal.sync()
            raise RunStopped(
                f"{title} has taken longer than its limit",
                "What it made is kept: run the same command again, or give it a longer limit.",
            )

    def survive(self, met: Survived) -> None:
        """Journal what was met and gone on from, and warn of it."""
        told = {"step": self.step, **asdict(met)}
        self.survived.append(told)
        self.journal.append("survived", **told)
        self.journal.sync()
        self.listener(Said(met.told, "warning"))

    def complete(self, title: str, key: str, requests: Sequence[Request]) -> dict[str, Completion]:
        return cast("dict[str, Completion]", self.ask(title, key, requests))

    def _adapter_hash(self, request: Request) -> str | None:
        if request.adapter is None:
            return None
        return next(a.sha256 for a in self.adapters.values() if str(a.folder) == request.adapter)

    def keep(self, step_id: str, kept: Iterable[Record], rejected: Iterable[Any]) -> None:
        """Store what a step made of a round's records, and journal it."""
        kept, rejected = list(kept), list(rejected)
        self.records.setdefault(step_id, StepRecords()).add(kept, rejected)
        for record in kept:
            self.journal.append("kept", step=step_id, record=record.id, columns=dict(record.columns))
        for item in rejected:
            self.journal.append(
                "rejected",
                step=step_id,
                record=item.record.id,
                sink=item.sink,
                columns=dict(item.record.columns),
            )

    def decide(self, step_id: str, outcome: Any, **fields: Any) -> None:
        """Store a decision, and journal it."""
        self.outcomes[step_id] = outcome
        self.journal.append("decision", step=step_id, **fields)
        self.journal.sync()


def _restore(id: str, stored: Mapping[str, Any]) -> Result:
    fields = {k: tuple(v) if isinstance(v, list) else v for k, v in stored.items() if k != "type"}
    return cast(Result, RESULTS[stored["type"]](id=id, **fields))


def _reads(request: Request) -> int:
    """Tokens that an engine is given: the prompt's, and those of a continuation that is scored."""
    given = request.task.continuation_ids if isinstance(request.task, Score) else ()
    return len(request.prompt_ids) + len(given)


def _unit(request: Request) -> str:
    match request.task:
        case Draw():
            return "completion"
        case Choose():
            return "judgement"
        case Score():
            return "likelihood"


StepFunction = Callable[[Any, Work], None]
