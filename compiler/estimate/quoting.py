"""A quote for every step: records, then tokens, then seconds and memory; money follows from seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from compiler.estimate import memory
from compiler.estimate.counts import ENDS, Counts, count
from compiler.estimate.dimensions import Dimensions, dimensions
from compiler.estimate.history import History, Measured, Run
from compiler.estimate.speed import (
    BUCKET,
    END,
    FEW,
    PROOF,
    SPEEDS,
    START,
    Work,
    cpu_seconds,
    gpu_seconds,
    pace,
)
from compiler.estimate.tokens import ASKING, Counter, Tokens
from compiler.frozen import Frozen
from compiler.lock import Facts
from compiler.lower.profile import Bound
from compiler.plan.gpus import Gpu
from compiler.plan.meaning import models, prompt_uses
from compiler.plan.model import (
    AnyStep,
    Converse,
    Evaluate,
    Filter,
    Method,
    MockSource,
    ModelBinding,
    Quote,
    StepQuote,
    Supervised,
    Train,
)

DEFAULT_BILLIONS = 1.0  # of a model whose size nothing tells
MOCK_BILLIONS = 0.001
ASSUMED = "assumed"
WRITING = frozenset({"generate", "critique", "revise", "negatives", "converse"})
JUDGING = frozenset({"judge", "rate", "best", "compare", "prefer"})


class Estimator(Frozen):
    method: Method
    bound: Bound
    counter: Counter
    history: History
    model: ModelBinding
    sizes: Dimensions | None
    counts: Counts

    @cached_property
    def steps(self) -> dict[str, AnyStep]:
        return {step.id: step for stage in self.method.stages for step in stage.steps}

    @cached_property
    def rank(self) -> int:
        """The largest of the adapters that an engine has to make room for."""
        return max((s.lora.rank for s in self.steps.values() if isinstance(s, Train)), default=0)

    @cached_property
    def piloted(self) -> dict[str, list[str]]:
        """Stages that may end with their pilot, with their quality gates. A rehearsal goes on."""
        if self.bound.binding.rehearsal:
            return {}
        gates = {
            stage.name: [step.id for step in stage.steps if step.kind == "quality"]
            for stage in self.method.stages
        }
        return {stage: ids for stage, ids in gates.items() if ids}

    @cached_property
    def seen(self) -> dict[str, list[tuple[float, float]]]:
        """By kind of work, what steps took on this machine, and what they should have taken."""
        found: dict[str, list[tuple[float, float]]] = {}
        for run in self.history.here:
            for measured in filter(_tells, run.steps):
                expected = self._seconds(self._measured(measured, run))
                found.setdefault(_of_work(measured.kind), []).append((measured.seconds, expected))
        return found

    def step(self, step: AnyStep) -> StepQuote:
        records = self.counts.reads.get(step.id, 0.0)
        run = self.counts.runs.get(step.id, "")
        basis = f"records {f'measured in run {run}' if run else ASSUMED}"
        tokens = self._tokens(step, records)
        work = self._planned(step, tokens, records, self._waves(step, self.counts.rounds))
        factor, speed = self._pace(step)
        changed = self.history.changed(step.id)
        rest = f"{changed}; {speed}" if changed else speed
        seconds = self._seconds(work) * factor
        ends = step.id.partition(".")[0] in self.piloted
        at_pilot = self._at_pilot(step, seconds / factor) * factor if ends else seconds
        if not isinstance(step, ASKING):
            return StepQuote(
                tokens=0, seconds=round(seconds, 1), at_pilot_s=round(at_pilot, 1), basis=f"{basis}; {rest}"
            )
        if isinstance(step, Evaluate):
            basis = "records as planned"
        peak = self._peak(step, tokens)
        lengths = f"measured in run {tokens.run}" if tokens.run else ASSUMED
        return StepQuote(
            tokens=round(tokens.total),
            seconds=round(seconds, 1),
            at_pilot_s=round(at_pilot, 1),
            basis=f"{basis}; lengths {lengths}; {rest}",
            peak_gib=None if peak is None else round(peak.taken / memory.GIB, 1),
            needed_gib=None if peak is None else round(peak.needed / memory.GIB, 1),
            memory="" if peak is None else peak.words,
        )

    def around(self) -> tuple[float, str]:
        """Seconds of a run outside its steps, and what they rest on."""
        for run in self.history.here:
            if run.around is not None:
                return run.around, f"measured in run {run.name}"
        engine = self.bound.binding.engine
        if self.bound.gpu is None or engine != "vllm":
            return SPEEDS[engine].around, ASSUMED
        return START + PROOF + END, ASSUMED

    def _tokens(self, step: AnyStep, records: float) -> Tokens:
        return self.counter.step(step, records) if isinstance(step, ASKING) else Tokens()

    def _at_pilot(self, step: AnyStep, seconds: float) -> float:
        """Of these seconds, those where the step's stage ends with its pilot: nothing is trained, and nothing
        asked of what would have been."""
        if self._gated(step):
            return 0.0
        if isinstance(step, Evaluate):
            arms = [arm for arm in step.arms.values() if not self._untrained(arm.model)]
            return seconds * len(arms) / len(step.arms)
        if any(map(self._untrained, models(step))):
            return 0.0
        records = self.counts.at_pilot.get(step.id, 0.0)
        if records == self.counts.reads.get(step.id, 0.0):
            return seconds
        return self._seconds(self._planned(step, self._tokens(step, records), records, self._waves(step, {})))

    def _gated(self, step: AnyStep) -> bool:
        return any(self.steps[id].kind == "quality" for id in step.needs if id in self.steps)

    def _untrained(self, model: str) -> bool:
        step = self.steps.get(model)
        return isinstance(step, Train) and self._gated(step)

    def _seconds(self, work: Work) -> float:
        sizes, gpu = self.sizes, self.bound.gpu
        if gpu is None or sizes is None:
            return cpu_seconds(self.bound.binding.engine, self._billions(), work)
        weights = memory.weight_bytes(sizes, self.model.precision)
        return gpu_seconds(gpu, sizes, work, weights, memory.kv_bytes(sizes, self.model.precision))

    def _pace(self, step: AnyStep) -> tuple[float, str]:
        """How much longer than computed the kind of work takes on this machine, and what that rests on."""
        factor = pace(self.seen.get(_of_work(step.kind), ()))
        if factor is not None:
            return factor, f"speed measured in run {self.history.here[0].name}"
        if self.bound.gpu is None:
            return 1.0, f"speed {SPEEDS[self.bound.binding.engine].basis}"
        return 1.0, f"speed {ASSUMED} from the data sheet of {self.bound.gpu.name}"

    def _waves(self, step: AnyStep, rounds: Mapping[str, float]) -> float:
        """How often requests are sent together: once a round, and for each arm and each turn."""
        once = rounds.get(self.counts.source.get(step.id, ""), 1.0)
        if isinstance(step, Evaluate):
            return len(step.arms)
        return once * (2 * step.turns - 1) if isinstance(step, Converse) else once

    def _planned(self, step: AnyStep, tokens: Tokens, records: float, waves: float) -> Work:
        """The work of a step that reads so many records in so many waves."""
        trained = records * step.epochs / step.batch if isinstance(step, Train) else 0.0
        pool = self._pool(step, lambda id: self.counts.gives.get(id, 0.0) if waves > 1 else 0.0)
        return self._work(step, tokens, waves, records, tokens.requests, pool, trained)

    def _measured(self, measured: Measured, run: Run) -> Work:
        """The work of a step of an earlier run; of one that this plan hasn't, without what only a plan
        tells."""
        tokens = Tokens(measured.read, measured.written, measured.trained, requests=measured.asked)
        step = self.steps.get(measured.step)
        if step is None or step.kind != measured.kind:
            return Work(
                measured.asked,
                judged=measured.kind in JUDGING,
                read=measured.read,
                written=measured.written,
                records=measured.records,
                trained=measured.trained,
                optimizer_steps=measured.optimizer_steps,
                at_once=min(memory.AT_ONCE, max(measured.asked, 1)),
            )
        own = {other.step: other for other in run.steps}
        rounds = {id: float(own[id].rounds) for id in self.counts.rounds if id in own and own[id].rounds}
        pool = self._pool(step, lambda id: own[id].kept if id in own else 0.0)
        return self._work(
            step,
            tokens,
            self._waves(step, rounds),
            measured.records,
            measured.asked,
            pool,
            measured.optimizer_steps,
        )

    def _pool(self, step: AnyStep, kept: Callable[[str], float]) -> float:
        """Items that the draws of a prompt of the step go through. Pools that a source makes while it asks
        grow from none to all that are `kept`."""
        uses = prompt_uses(step)
        items = 0.0
        for sample in (s for use in uses for s in (*self.method.prompts[use.prompt].samples, *use.samples)):
            pool = 0.0
            for source in sample.sources:
                data = self.method.datasets.get(source)
                grows = self.counts.source.get(source, "") == step.id
                pool += data.items if data else kept(source) / (2 if grows else 1)
            items += pool if pool <= FEW else sample.count * BUCKET
        return items / max(len(uses), 1)

    def _work(
        self,
        step: AnyStep,
        tokens: Tokens,
        waves: float,
        records: float,
        requests: float,
        pool: float,
        optimizer_steps: float,
    ) -> Work:
        sampling = getattr(step, "sampling", None)
        at_once = min(memory.AT_ONCE, max(requests, 1.0))
        kept = quantised = False
        sizes, gpu = self.sizes, self.bound.gpu
        if gpu is not None and sizes is not None and isinstance(step, ASKING):
            job = self._serving(tokens)
            at_once = min(at_once, max(memory.fitting(sizes, job, gpu.memory_gib * memory.GIB), 1.0))
            if isinstance(step, Train):
                quantised = self._weights(step) in memory.QUANTISED
                kept = not self._training(step, tokens, sizes, gpu).checkpointing
        return Work(
            requests=requests,
            waves=waves if requests else 0.0,
            judged=step.kind in JUDGING,
            longest=sampling.max_tokens if sampling else 0.0,
            read=tokens.read,
            written=tokens.written,
            drawn=requests * pool,
            scored=requests if isinstance(step, Evaluate) else 0.0,
            records=0.0 if isinstance(step, ASKING) or step.kind in ENDS else records,
            compared=self._compared(step, records),
            trained=tokens.trained,
            optimizer_steps=optimizer_steps,
            at_once=at_once,
            length=tokens.longest,
            quantised=quantised,
            kept=kept,
        )

    def _compared(self, step: AnyStep, records: float) -> float:
        """Texts that are compared with others: every record, and once the data that it must stand apart
        from."""
        if not isinstance(step, Filter) or not (step.near or step.apart_from):
            return 0.0
        return records + sum(self.method.datasets[name].items for name in step.apart_from)

    def _weights(self, step: Train) -> memory.Weights:
        return self.bound.binding.weights or step.weights

    def _billions(self) -> float:
        sizes = self.sizes
        if sizes is not None:
            return sizes.parameters / 1e9
        mock = isinstance(self.model.source, MockSource)
        return MOCK_BILLIONS if mock else DEFAULT_BILLIONS

    def _serving(self, tokens: Tokens) -> memory.Serving:
        return memory.Serving(self.model.precision, tokens.longest, self.rank)

    def _peak(self, step: ASKING, tokens: Tokens) -> memory.Peak | None:
        sizes, gpu = self.sizes, self.bound.gpu
        if gpu is None or sizes is None or not tokens.longest:
            return None
        if isinstance(step, Train):
            return memory.training(sizes, self._training(step, tokens, sizes, gpu))
        if self.bound.binding.engine == "vllm":
            return memory.serving(sizes, self._serving(tokens), gpu.memory_gib * memory.GIB)
        return memory.asking(sizes, self.model.precision, tokens.longest)

    def _training(self, step: Train, tokens: Tokens, sizes: Dimensions, gpu: Gpu) -> memory.Training:
        supervised = isinstance(step.objective, Supervised)
        sequences = step.batch * (1 if supervised else 2)
        targets = sequences * tokens.targets
        job = memory.Training(
            self._weights(step),
            step.lora,
            step.optimizer.name,
            sequences * tokens.longest,
            targets,
            reference_targets=0.0 if supervised else memory.REFERENCE_BATCHES * targets,
        )
        return memory.roomy(sizes, job, gpu.memory_gib * memory.GIB)


def quote(
    method: Method,
    bound: Bound,
    records: Mapping[str, Sequence[Mapping[str, Any]]],
    lock: Mapping[str, Facts],
    runs: Iterable[Run] = (),
) -> Quote:
    """A quote for every step of the method, for the profile's hardware and prices.

    `records` are the data files' by name, `lock` the models' facts by role, `runs` what earlier runs
    measured, the newest first; only those of the same engine and models count.
    """
    history = History.of(runs, method, bound.binding, bound.hardware)
    role, model = next(iter(bound.binding.models.items()))  # one resident base serves all roles
    facts = lock.get(role, {})
    estimator = Estimator(
        method,
        bound,
        Counter(method, bound.binding, records, facts, history),
        history,
        model,
        dimensions(model, facts),
        count(method.stages, bound.binding.counts, history),
    )
    around, around_basis = estimator.around()
    closed, closed_run = history.closed(estimator.piloted)
    return Quote(
        hardware=bound.hardware,
        usd_per_hour=bound.usd_per_hour,
        steps={id: estimator.step(step) for id, step in estimator.steps.items()},
        gpu_gib=None if bound.gpu is None else bound.gpu.memory_gib,
        around_seconds=round(around, 1),
        around_basis=around_basis,
        closed=tuple(sorted(closed)),
        closed_run=closed_run,
    )


def _of_work(kind: str) -> str:
    """Steps that do the same kind of work are corrected together."""
    if kind in WRITING:
        return "writing"
    return "judging" if kind in JUDGING else kind


def _tells(measured: Measured) -> bool:
    """Whether a step tells of speed: one whose answers were known for the most part tells of memory."""
    there = measured.tells if measured.asked else measured.trained or measured.records
    return bool(there) and measured.seconds > 0
