"""How many tokens each step reads, writes and trains on, and how long its longest sequence can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from compiler.estimate.history import History, Measured
from compiler.frozen import Frozen
from compiler.lock import Facts
from compiler.plan.model import (
    AnyStep,
    Best,
    Binding,
    Compare,
    Converse,
    Critic,
    Critique,
    Evaluate,
    Generate,
    Judge,
    LikelihoodGainMethod,
    Method,
    Negatives,
    Prefer,
    PromptUse,
    Rate,
    Revise,
    Supervised,
    Train,
)
from compiler.source import sha256

Writer = Generate | Critique | Revise | Negatives | Converse
Critical = Judge | Rate | Best | Compare | Prefer
ASKING = Writer | Critical | Evaluate | Train

CHARS_PER_TOKEN = 4.0
# Of the token limit that a completion uses: the median over the steps of `tests/archive/fitted`.
COMPLETION_SHARE = 0.3
RECORD = 20.0  # tokens that a record's columns add to a template
# Requests for a record that is judged, and the tokens that they read, by method; measured there.
JUDGED = {"labels": (1, 110.0), "rating": (1, 110.0), "likelihood_gain": (2, 210.0)}


class Tokens(Frozen):
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


class Counter(Frozen):
    """Counts for the resident model: exact where the lock has counted a text, else by its characters."""

    method: Method
    binding: Binding
    records: Mapping[str, Sequence[Mapping[str, Any]]]
    facts: Facts
    history: History

    @cached_property
    def steps(self) -> dict[str, AnyStep]:
        return {step.id: step for stage in self.method.stages for step in stage.steps}

    @cached_property
    def drawn(self) -> dict[tuple[str, ...], float]:
        """Tokens of an example that is drawn from such sources, as far as they were asked for."""
        return {}

    def step(self, step: ASKING, records: float) -> Tokens:
        """Tokens of a step that reads so many records (a source makes so many completions)."""
        if isinstance(step, Writer):
            return self._writer(step, records)
        if isinstance(step, Evaluate):
            return self._evaluate(step)
        if isinstance(step, Train):
            return self._train(step, records)
        if isinstance(step, Prefer) and step.critic is None:
            return Tokens()
        return self._critical(step, records)

    def text(self, text: str) -> float:
        counted: float | None = self.facts.get("tokens", {}).get(sha256(text)[:16])
        return len(text) / CHARS_PER_TOKEN if counted is None else counted

    def prompt(self, use: PromptUse) -> float:
        """Tokens of a rendered prompt: its template, the examples drawn for it, and a record."""
        prompt = self.method.prompts[use.prompt]
        sampled = 0.0
        for sample in (*prompt.samples, *use.samples):
            if sample.sources not in self.drawn:  # prompts share their examples
                pool = [r for source in sample.sources for r in self.records.get(source, ())][:50]
                texts = [" ".join(str(v) for v in record.values()) for record in pool]
                self.drawn[sample.sources] = sum(map(self.text, texts)) / max(len(texts), 1)
            sampled += sample.count * self.drawn[sample.sources]
        return self.text(prompt.template) + sampled + RECORD

    def _writer(self, step: Writer, records: float) -> Tokens:
        limit = step.sampling.max_tokens
        each, said = 1.0, 0.0
        if isinstance(step, Generate) and step.inputs:
            each = step.drafts
        elif isinstance(step, Converse):  # every turn's prompts show all turns before
            each, said = 2 * step.turns - 1, (step.turns - 1) * limit
        prompts = [self.prompt(use) for use in _prompts(step)]
        longest = max(prompts) + 2 * said + limit
        counted = sum(prompts) / len(prompts) + said * COMPLETION_SHARE
        mean, written, run = self._drawn(step.id, counted, limit)
        requests = records * each
        return Tokens(requests * mean, requests * written, longest=longest, requests=requests, run=run)

    def _drawn(self, id: str, prompt: float, limit: int) -> tuple[float, float, str]:
        """Tokens of a prompt and of its completion: the step's own means in an earlier run, and that run;
        else what the prompt is counted at, and a share of the limit."""
        found = self.history.step(id, lambda m: m.requests and m.written)
        if found is None:
            return prompt, limit * COMPLETION_SHARE, ""
        seen, run = found
        return seen.read / seen.requests, min(seen.written / seen.requests, limit), run

    def _critical(self, step: Critical, records: float) -> Tokens:
        assert step.critic is not None
        critic = self.method.critics[step.critic.critic]
        # A critic by a trained model is calibrated when that is there, within the step.
        trained = step.critic.model not in self.method.models
        examples = len(self.records.get(critic.examples, ())) if trained else 0
        records += examples
        longest = self._judged_at_most(step)
        found = self.history.step(step.id, _asked)
        if found is not None:
            seen, run = found
            requests = records * seen.asked / (seen.records + examples)
            read = requests * seen.computed * seen.read / seen.requests
            return Tokens(read, longest=longest, requests=requests, run=run)
        both = 2 if isinstance(step, Compare | Prefer) else 1  # each of the two texts, or both orders
        requests, read = _judged(critic)
        return Tokens(both * records * read, longest=longest, requests=both * records * requests)

    def _judged_at_most(self, step: Critical) -> float:
        """The longest template of the critic, with the longest text that is judged."""
        assert step.critic is not None
        texts = [
            m.given if isinstance(m, LikelihoodGainMethod) else m.template
            for m in self.method.critics[step.critic.critic].methods
        ]
        written = [s.sampling.max_tokens for s in self._behind(step) if isinstance(s, Writer)]
        return max((self.text(text) for text in texts), default=0.0) + RECORD + max(written, default=0)

    def _evaluate(self, step: Evaluate) -> Tokens:
        most = self.binding.held_out or 10**9
        items = float(sum(min(self.method.datasets[name].items, most) for name in step.items))
        prompts = [self.prompt(arm.prompt) for arm in step.arms.values()]
        limit = step.sampling.max_tokens
        answers = items * len(prompts)
        read, written, run = self._drawn(step.id, sum(prompts) / len(prompts), limit)
        found = self.history.step(step.id, lambda m: m.tells)
        computed = found[0].computed if found else 1.0
        critics = [self.method.critics[score.critic.critic] for score in step.critics.values()]
        judged = [_judged(critic) for critic in critics]
        return Tokens(
            answers * computed * read + answers * sum(tokens for _, tokens in judged),
            answers * computed * written,
            longest=max(prompts, default=0.0) + limit,
            requests=answers * (1 + sum(requests for requests, _ in judged)),
            run=run,
        )

    def _train(self, step: Train, records: float) -> Tokens:
        """Epochs over records; a pair is two sequences, and the reference reads it once. Sequences are
        as long as the steps that wrote the texts let them be, and never longer than `max_length`."""
        of = step.objective
        pairs = not isinstance(of, Supervised)
        behind = self._behind(step)
        every = [s for s in behind if isinstance(s, Writer)]
        columns = {of.target} if isinstance(of, Supervised) else {of.chosen, of.rejected}
        columns |= {column for s in behind if isinstance(s, Prefer) for column in (s.first, s.second)}
        writers = [s for s in every if s.into in columns] or every
        prompt = self.prompt(step.prompt)
        limit = float(max((s.sampling.max_tokens for s in writers), default=step.max_length))
        means = [self._drawn(s.id, 0, s.sampling.max_tokens)[1:] for s in writers] or [(limit / 4, "")]
        sources = (s.sampling.max_tokens for s in every if not s.inputs)
        longest = min(prompt + max(sources, default=0) + limit, float(step.max_length))
        mean = min(prompt + sum(mean for mean, _ in means) / len(means), longest)
        sequences = records * (2 if pairs else 1)
        whole = isinstance(of, Supervised) and of.loss_on == "whole"
        return Tokens(
            read=sequences * mean if pairs else 0.0,
            trained=sequences * step.epochs * mean,
            longest=longest,
            targets=longest if whole else min(limit, longest),
            run=next((run for _, run in means if run), ""),
        )

    def _behind(self, step: AnyStep) -> list[AnyStep]:
        """The steps whose records a step reads, over all its inputs."""
        steps = self.steps
        found: dict[str, AnyStep] = {}
        waiting = [*step.inputs]
        while waiting:
            id = waiting.pop()
            if id in steps and id not in found:
                found[id] = steps[id]
                waiting += steps[id].inputs
        return list(found.values())


def _judged(critic: Critic) -> tuple[int, float]:
    """Requests for a record and tokens that they read, by the costlier of the methods that may be used."""
    return max((JUDGED[method.method] for method in critic.methods), key=lambda each: each[1])


def _prompts(step: Writer) -> Sequence[PromptUse]:
    if isinstance(step, Negatives):
        return tuple(step.kinds.values())
    if isinstance(step, Converse):
        return step.user.prompt, step.assistant.prompt
    return (step.prompt,)


def _asked(measured: Measured) -> bool:
    return measured.requests > 0 and measured.records > 0
