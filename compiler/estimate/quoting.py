"""A quote for every step: records, then tokens, then seconds and memory; money follows from seconds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from compiler.estimate import memory
from compiler.estimate.counts import Counts, count
from compiler.estimate.dimensions import Dimensions, dimensions
from compiler.estimate.history import History, Run
from compiler.estimate.speed import FILTERED_PER_S, SPEEDS, Work, cpu_seconds, gpu_seconds, pace
from compiler.estimate.tokens import ASKING, Counter, Tokens
from compiler.frozen import Frozen
from compiler.gpus import Gpu
from compiler.lock import Facts
from compiler.lower.profile import Bound
from compiler.plan.model import (
    AnyStep,
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


class Estimator(Frozen):
    method: Method
    bound: Bound
    counter: Counter
    history: History
    model: ModelBinding
    sizes: Dimensions | None
    counts: Counts

    def step(self, step: AnyStep) -> StepQuote:
        records = self.counts.reads.get(step.id, 0.0)
        run = self.counts.runs.get(step.id, "")
        basis = f"records {f'measured in run {run}' if run else ASSUMED}"
        if not isinstance(step, ASKING):
            seconds = records / FILTERED_PER_S if isinstance(step, Filter) else 0.0
            return StepQuote(tokens=0, seconds=round(seconds, 1), basis=basis)
        if isinstance(step, Evaluate):
            basis = "records as planned"
        tokens = self.counter.step(step, records)
        peak = self._peak(step, tokens)
        seconds, speed = self._seconds(step, tokens)
        lengths = f"measured in run {tokens.run}" if tokens.run else ASSUMED
        return StepQuote(
            tokens=round(tokens.total),
            seconds=round(seconds, 1),
            basis=f"{basis}; lengths {lengths}; speed {speed}",
            peak_gib=None if peak is None else round(peak.taken / memory.GIB, 1),
            needed_gib=None if peak is None else round(peak.needed / memory.GIB, 1),
            memory="" if peak is None else peak.words,
        )

    def _steps(self) -> Iterable[AnyStep]:
        return (step for stage in self.method.stages for step in stage.steps)

    def _seconds(self, step: ASKING, tokens: Tokens) -> tuple[float, str]:
        """Seconds, and what they rest on."""

        def formula(read: float, written: float, trained: float) -> float:
            work = self._work(step, tokens, read, written, trained)
            sizes, gpu = self.sizes, self.bound.gpu
            if gpu is None or sizes is None:
                return cpu_seconds(self.bound.binding.engine, self._billions(), work)
            precision = self.model.precision
            weights = memory.weight_bytes(sizes, precision)
            return gpu_seconds(gpu, sizes, work, weights, memory.kv_bytes(sizes, precision))

        factor = pace(self.history, step.kind, formula)
        seconds = formula(tokens.read, tokens.written, tokens.trained)
        if factor is not None:
            return seconds * factor, f"measured in run {self.history.here[0].name}"
        if self.bound.gpu is None:
            return seconds, SPEEDS[self.bound.binding.engine].basis
        return seconds, f"{ASSUMED} from the data sheet of {self.bound.gpu.name}"

    def _work(
        self,
        step: ASKING,
        tokens: Tokens,
        read: float,
        written: float,
        trained: float,
    ) -> Work:
        quantised = isinstance(step, Train) and self._weights(step) in memory.QUANTISED
        kept = False
        at_once = min(memory.AT_ONCE, max(tokens.requests, 1.0))
        sizes, gpu = self.sizes, self.bound.gpu
        if gpu is not None and sizes is not None:
            job = self._serving(tokens)
            at_once = min(at_once, max(memory.fitting(sizes, job, gpu.memory_gib * memory.GIB), 1.0))
            if isinstance(step, Train):
                kept = not self._training(step, tokens, sizes, gpu).checkpointing
        return Work(read, written, trained, at_once, tokens.longest, quantised, kept)

    def _weights(self, step: Train) -> memory.Weights:
        return self.bound.binding.weights or step.weights

    def _billions(self) -> float:
        sizes = self.sizes
        if sizes is not None:
            return sizes.parameters / 1e9
        mock = isinstance(self.model.source, MockSource)
        return MOCK_BILLIONS if mock else DEFAULT_BILLIONS

    def _serving(self, tokens: Tokens) -> memory.Serving:
        rank = max((s.lora.rank for s in self._steps() if isinstance(s, Train)), default=0)
        return memory.Serving(self.model.precision, tokens.longest, rank)

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
        sequences = step.batch * (1 if isinstance(step.objective, Supervised) else 2)
        job = memory.Training(
            self._weights(step),
            step.lora,
            step.optimizer.name,
            sequences * tokens.longest,
            sequences * tokens.targets,
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
    history = History.of(runs, bound.binding, bound.hardware)
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
    steps = {step.id: estimator.step(step) for stage in method.stages for step in stage.steps}
    return Quote(
        hardware=bound.hardware,
        usd_per_hour=bound.usd_per_hour,
        steps=steps,
        gpu_gib=None if bound.gpu is None else bound.gpu.memory_gib,
    )
