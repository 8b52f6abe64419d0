"""A quote for every step: records, then tokens, then seconds and memory; money follows from seconds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from compiler.estimate import memory
from compiler.estimate.counts import counts, share_kept
from compiler.estimate.dimensions import Dimensions, dimensions
from compiler.estimate.history import History, Run
from compiler.estimate.speed import FILTERED_PER_S, SPEEDS, Work, cpu_seconds, gpu_seconds, pace
from compiler.estimate.tokens import Counter, Tokens
from compiler.lock import Facts
from compiler.lower.profile import Bound
from compiler.plan.model import (
    AnyStep,
    Evaluate,
    Generate,
    Judge,
    Method,
    MockSource,
    Quote,
    Stage,
    StepQuote,
    Train,
)

DEFAULT_BILLIONS = 1.0  # of a model whose size nothing tells
MOCK_BILLIONS = 0.001
ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class Estimator:
    method: Method
    bound: Bound
    counter: Counter
    history: History
    sizes: Mapping[str, Dimensions | None]
    reads: Mapping[str, float]

    def step(self, step: AnyStep, stage: Stage) -> StepQuote:
        if not isinstance(step, Generate | Judge | Evaluate | Train):
            seconds = self.reads.get(step.id, 0.0) / FILTERED_PER_S if step.kind == "filter" else 0.0
            return StepQuote(tokens=0, seconds=round(seconds, 1), basis=self._records(step))
        role = self._role(step, stage)
        tokens = self.counter.step(step, self.reads, role)
        peak = self._peak(step, tokens, role)
        seconds, speed = self._seconds(step, tokens, role)
        lengths = f"measured in run {tokens.run}" if tokens.run else ASSUMED
        return StepQuote(
            tokens=round(tokens.total),
            seconds=round(seconds, 1),
            basis=f"{self._records(step)}; lengths {lengths}; speed {speed}",
            peak_gib=None if peak is None else round(peak.taken / memory.GIB, 1),
            needed_gib=None if peak is None else round(peak.needed / memory.GIB, 1),
            memory="" if peak is None else peak.words,
        )

    def _role(self, step: Generate | Judge | Evaluate | Train, stage: Stage) -> str:
        """The role whose checkpoint a step computes with: a trained model is its base and an adapter."""
        if isinstance(step, Evaluate):
            named = [arm.model for arm in step.arms.values()]
        else:
            named = [step.start if isinstance(step, Train) else step.model]
        roles = self.bound.binding.models
        return next((name for name in (*named, stage.learner) if name in roles), next(iter(roles)))

    def _records(self, step: AnyStep) -> str:
        """Where the number of records comes from: what the steps before this one keep, and it itself."""
        kept = [
            share_kept(s.id, s.kind, self.history) for s in self._steps() if s.kind in ("filter", "judge")
        ]
        runs = sorted({share.run for share in kept if share.run})
        if isinstance(step, Evaluate):
            return "records as planned"
        return f"records measured in run {runs[-1]}" if runs else f"records {ASSUMED}"

    def _steps(self) -> Iterable[AnyStep]:
        return (step for stage in self.method.stages for step in stage.steps)

    def _seconds(
        self, step: Generate | Judge | Evaluate | Train, tokens: Tokens, role: str
    ) -> tuple[float, str]:
        """Seconds, and what they rest on."""

        def formula(read: float, written: float, trained: float) -> float:
            work = self._work(step, tokens, role, read, written, trained)
            sizes, gpu = self.sizes[role], self.bound.gpu
            if gpu is None or sizes is None:
                return cpu_seconds(self.bound.binding.engine, self._billions(role), work)
            precision = self.bound.binding.models[role].precision
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
        step: Generate | Judge | Evaluate | Train,
        tokens: Tokens,
        role: str,
        read: float,
        written: float,
        trained: float,
    ) -> Work:
        quantised = isinstance(step, Train) and self._weights(step) in memory.QUANTISED
        at_once = min(memory.AT_ONCE, max(tokens.requests, 1.0))
        sizes, gpu = self.sizes[role], self.bound.gpu
        if gpu is not None and sizes is not None:
            job = self._serving(tokens, role)
            at_once = min(at_once, max(memory.fitting(sizes, job, gpu.memory_gib * memory.GIB), 1.0))
        return Work(read, written, trained, at_once, tokens.longest, quantised)

    def _weights(self, step: Train) -> memory.Weights:
        return self.bound.binding.weights or step.weights

    def _billions(self, role: str) -> float:
        sizes = self.sizes[role]
        if sizes is not None:
            return sizes.parameters / 1e9
        mock = isinstance(self.bound.binding.models[role].source, MockSource)
        return MOCK_BILLIONS if mock else DEFAULT_BILLIONS

    def _serving(self, tokens: Tokens, role: str) -> memory.Serving:
        rank = max((s.lora.rank for s in self._steps() if isinstance(s, Train)), default=0)
        return memory.Serving(self.bound.binding.models[role].precision, tokens.longest, rank)

    def _peak(
        self, step: Generate | Judge | Evaluate | Train, tokens: Tokens, role: str
    ) -> memory.Peak | None:
        sizes, gpu = self.sizes[role], self.bound.gpu
        if gpu is None or sizes is None:
            return None
        if isinstance(step, Train):
            job = memory.Training(
                self._weights(step),
                step.lora,
                step.optimizer.name,
                step.batch * tokens.longest,
                step.batch * tokens.targets,
            )
            return memory.training(sizes, job)
        if self.bound.binding.engine == "vllm":
            return memory.serving(sizes, self._serving(tokens, role), gpu.memory_gib * memory.GIB)
        return memory.asking(sizes, self.bound.binding.models[role].precision, tokens.longest)


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
    estimator = Estimator(
        method,
        bound,
        Counter(method, bound.binding, records, lock, history),
        history,
        {role: dimensions(model, lock.get(role, {})) for role, model in bound.binding.models.items()},
        counts(method.stages, bound.binding.counts, history),
    )
    steps = {step.id: estimator.step(step, stage) for stage in method.stages for step in stage.steps}
    return Quote(
        hardware=bound.hardware,
        usd_per_hour=bound.usd_per_hour,
        steps=steps,
        gpu_gib=None if bound.gpu is None else bound.gpu.memory_gib,
    )
