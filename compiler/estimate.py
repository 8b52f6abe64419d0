"""Estimates of tokens and time per step. Guidance for a reader: in no hash and in no snapshot of the plan.

Two kinds of assumption go in, both named in each figure's basis: how many records pass (no run has
been seen yet), and how fast the hardware is per billion parameters (measured once per engine).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from compiler.lock import Facts
from compiler.lower.profile import Bound
from compiler.plan.model import (
    ITEMS_PER_LIST,
    Evaluate,
    Filter,
    Generate,
    HubSource,
    Judge,
    LabelMethod,
    Method,
    MockSource,
    PromptUse,
    Quote,
    Stage,
    Step,
    StepQuote,
    Train,
)
from compiler.source import sha256

SHARE_KEPT = {"filter": 0.75, "judge": 0.6, "generate": 1.0}
CHARS_PER_TOKEN = 4.0
COMPLETION_SHARE = 0.5  # of the token limit that a completion uses


@dataclass(frozen=True, slots=True)
class Speed:
    """Tokens per second for a model of one billion parameters."""

    write: float
    read: float
    train: float
    basis: str


SPEEDS = {
    "transformers": Speed(22.0, 200.0, 27.0, "two CPU cores, 135 M parameters in float32"),
    "vllm": Speed(96_000.0, 400_000.0, 30_000.0, "one H100, batches that fill it"),
    "mock": Speed(4.0, 40.0, 1.3, "no language model; a random one of a million weights is trained"),
}
DEFAULT_BILLIONS = 1.0
SIZE_IN_NAME = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)([bBmM])(?![a-zA-Z])")


@dataclass(slots=True)
class Estimator:
    method: Method
    bound: Bound
    records: Mapping[str, Sequence[Mapping[str, Any]]]
    lock: Mapping[str, Facts]

    def tokens(self, role: str, text: str) -> float:
        known = self.lock.get(role, {}).get("tokens", {})
        counted: float | None = known.get(sha256(text)[:16])
        return len(text) / CHARS_PER_TOKEN if counted is None else counted

    def prompt_tokens(self, role: str, use: PromptUse) -> float:
        prompt = self.method.prompts[use.prompt]
        sampled = 0.0
        for sample in (*prompt.samples, *use.samples):
            pool = [r for source in sample.sources for r in self.records.get(source, ())][:50]
            texts = [" ".join(str(v) for v in record.values()) for record in pool]
            sampled += sample.count * sum(self.tokens(role, text) for text in texts) / max(len(texts), 1)
        return self.tokens(role, prompt.template) + sampled + 20

    def billions(self, role: str) -> float:
        """Billions of parameters: from the lock, else from what the checkpoint is called ("Qwen2.5-32B")."""
        known = self.lock.get(role, {}).get("dimensions", {}).get("parameters")
        if known is not None:
            return float(known) / 1e9
        source = self.bound.binding.models[role].source
        if isinstance(source, MockSource):
            return 0.001
        name = source.repository if isinstance(source, HubSource) else getattr(source, "path", "")
        named = SIZE_IN_NAME.search(name)
        return DEFAULT_BILLIONS if named is None else float(named[1]) / (1 if named[2] in "bB" else 1000)

    def counts(self, stage: Stage) -> dict[str, float]:
        """Records that each step reads, from the wanted number back to the source and forth again."""
        by_id: dict[str, Step] = {step.id: step for step in stage.steps}
        counts: dict[str, float] = {}
        for source in stage.steps:
            if not isinstance(source, Generate) or source.until_step is None:
                continue
            chain: list[str] = []
            at = source.until_step
            while at != source.id and at in by_id and by_id[at].inputs:
                chain.append(at)
                at = by_id[at].inputs[0]
            wanted = float(self.bound.binding.counts[source.id].until_kept)
            for step_id in chain:
                wanted /= SHARE_KEPT.get(getattr(by_id[step_id], "kind", "generate"), 1.0)
                counts[step_id] = wanted
            counts[source.id] = max(wanted, float(source.pilot_items or 0)) / (
                ITEMS_PER_LIST if source.parse == "numbered_list" else 1
            )
        return counts

    def step(self, step: Any, counts: Mapping[str, float], role: str) -> StepQuote:
        speed = SPEEDS[self.bound.binding.engine]
        billions = self.billions(role)
        read = write = trained = 0.0
        if isinstance(step, Generate):
            n = counts.get(step.id, 0.0)
            read = n * self.prompt_tokens(role, step.prompt)
            write = n * step.sampling.max_tokens * COMPLETION_SHARE
        elif isinstance(step, Judge):
            critic = self.method.critics[step.critic.critic]
            n = counts.get(step.id, 0.0) + len(self.records.get(critic.examples, ()))
            methods = critic.methods
            read = n * sum(60 if isinstance(m, LabelMethod) else 120 for m in methods)
        elif isinstance(step, Evaluate):
            looked_at = self.bound.binding.held_out or 10**9
            n = float(sum(min(self.method.datasets[name].items, looked_at) for name in step.items))
            read = n * sum(self.prompt_tokens(role, arm.prompt) for arm in step.arms.values())
            write = n * len(step.arms) * step.sampling.max_tokens * COMPLETION_SHARE
        elif isinstance(step, Train):
            wanted = max((scaled.until_kept for scaled in self.bound.binding.counts.values()), default=0)
            trained = wanted * step.epochs * 60.0
        elif isinstance(step, Filter):
            return StepQuote(tokens=0, seconds=round(counts.get(step.id, 0.0) / 20_000, 1), basis="assumed")
        seconds = billions * (read / speed.read + write / speed.write + trained / speed.train)
        return StepQuote(tokens=round(read + write + trained), seconds=round(seconds, 1), basis=speed.basis)


def quote(
    method: Method,
    bound: Bound,
    records: Mapping[str, Sequence[Mapping[str, Any]]],
    lock: Mapping[str, Facts],
) -> Quote:
    """A quote for every step of the method, for the profile's hardware and prices."""
    estimator = Estimator(method, bound, records, lock)
    steps: dict[str, StepQuote] = {}
    for stage in method.stages:
        counts = estimator.counts(stage)
        for step in stage.steps:
            steps[step.id] = estimator.step(step, counts, next(iter(method.models)))
    return Quote(hardware=bound.hardware, usd_per_hour=bound.usd_per_hour, steps=steps)
