"""How many tokens each step reads, writes and trains on, and how long its longest sequence can be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from compiler.estimate.counts import in_part
from compiler.estimate.history import History, Measured
from compiler.lock import Facts
from compiler.plan.model import (
    AnyStep,
    Binding,
    Evaluate,
    Generate,
    Judge,
    LabelMethod,
    Method,
    PromptUse,
    Train,
)
from compiler.source import sha256

CHARS_PER_TOKEN = 4.0
COMPLETION_SHARE = 0.5  # of the token limit that a completion uses
RECORD = 20.0  # tokens that a record's columns add to a template
# Tokens that judging a record costs by each method, when what its prompts share is computed once.
JUDGED = {"labels": 60.0, "likelihood_gain": 120.0}


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens of one step. `longest` is the most that one sequence can have, `targets` those of it that
    carry a loss. `run` names the run in which lengths were measured (empty: assumed)."""

    read: float = 0.0
    written: float = 0.0
    trained: float = 0.0
    longest: float = 0.0
    targets: float = 0.0
    requests: float = 0.0
    run: str = ""

    @property
    def total(self) -> float:
        return self.read + self.written + self.trained


@dataclass(frozen=True, slots=True)
class Counter:
    """Counts for one role: exact where the lock has counted a text, else by its characters."""

    method: Method
    binding: Binding
    records: Mapping[str, Sequence[Mapping[str, Any]]]
    lock: Mapping[str, Facts]
    history: History

    def step(self, step: AnyStep, reads: Mapping[str, float], role: str) -> Tokens:
        """Tokens of a step; none for one that asks no model."""
        if isinstance(step, Generate):
            return self._generate(step, reads.get(step.id, 0.0), role)
        if isinstance(step, Judge):
            return self._judge(step, reads.get(step.id, 0.0), role)
        if isinstance(step, Evaluate):
            return self._evaluate(step, role)
        if isinstance(step, Train):
            return self._train(step, reads, role)
        return Tokens()

    def text(self, role: str, text: str) -> float:
        counted: float | None = self.lock.get(role, {}).get("tokens", {}).get(sha256(text)[:16])
        return len(text) / CHARS_PER_TOKEN if counted is None else counted

    def prompt(self, role: str, use: PromptUse) -> float:
        """Tokens of a rendered prompt: its template, the examples drawn for it, and a record."""
        prompt = self.method.prompts[use.prompt]
        sampled = 0.0
        for sample in (*prompt.samples, *use.samples):
            pool = [r for source in sample.sources for r in self.records.get(source, ())][:50]
            texts = [" ".join(str(v) for v in record.values()) for record in pool]
            sampled += sample.count * sum(self.text(role, text) for text in texts) / max(len(texts), 1)
        return self.text(role, prompt.template) + sampled + RECORD

    def _generate(self, step: Generate, records: float, role: str) -> Tokens:
        prompt = self.prompt(role, step.prompt)
        limit = step.sampling.max_tokens
        written, run = self._written(step.id, limit)
        return Tokens(records * prompt, records * written, longest=prompt + limit, requests=records, run=run)

    def _written(self, id: str, limit: int) -> tuple[float, str]:
        """Mean tokens of a completion: the step's own in an earlier run, or a share of the limit."""
        found = self.history.step(id, lambda m: m.requests and m.written)
        if found is None:
            return limit * COMPLETION_SHARE, ""
        return min(found[0].written / found[0].requests, limit), found[1]

    def _judge(self, step: Judge, records: float, role: str) -> Tokens:
        critic = self.method.critics[step.critic]
        records += len(self.records.get(critic.examples, ()))
        templates = [
            self.text(role, m.template if isinstance(m, LabelMethod) else m.given) for m in critic.methods
        ]
        longest = max(templates, default=0.0) + 2 * RECORD
        found = self.history.step(step.id, _asked)
        if found is not None:
            seen, run = found
            requests = records * seen.requests / seen.records
            return Tokens(requests * seen.read / seen.requests, longest=longest, requests=requests, run=run)
        each = sum(JUDGED[m.method] for m in critic.methods)
        return Tokens(records * each, longest=longest, requests=records * 2 * len(critic.methods))

    def _evaluate(self, step: Evaluate, role: str) -> Tokens:
        items = float(min(self.method.datasets[step.items].items, self.binding.held_out or 10**9))
        prompts = [self.prompt(role, arm.prompt) for arm in step.arms.values()]
        limit = step.sampling.max_tokens
        written, run = self._written(step.id, limit)
        return Tokens(
            items * sum(prompts),
            items * len(prompts) * written,
            longest=max(prompts, default=0.0) + limit,
            requests=items * len(prompts),
            run=run,
        )

    def _train(self, step: Train, reads: Mapping[str, float], role: str) -> Tokens:
        """Epochs over a part of the data. Examples are as long as the step that wrote their target
        lets them be, and never longer than `max_length`."""
        examples = in_part(self.method.stages, step.data, step.part, reads)
        prompt = self.prompt(role, step.prompt)
        writer = next((s for s in self._written_by(step.target)), None)
        limit = float(writer.sampling.max_tokens if writer else step.max_length)
        mean, run = self._written(writer.id, writer.sampling.max_tokens) if writer else (limit / 4, "")
        instruction = max((s.sampling.max_tokens for s in self._written_by(None)), default=0)
        longest = min(prompt + instruction + limit, float(step.max_length))
        each = min(prompt + mean, longest)
        return Tokens(
            trained=examples * step.epochs * each, longest=longest, targets=min(limit, longest), run=run
        )

    def _written_by(self, column: str | None) -> Iterator[Generate]:
        """The generate steps that write a column, or for None all that write what others complete."""
        for stage in self.method.stages:
            for step in stage.steps:
                if isinstance(step, Generate) and (
                    step.into == column or (column is None and not step.inputs)
                ):
                    yield step


def _asked(measured: Measured) -> bool:
    return measured.requests > 0 and measured.records > 0
