"""Gather the evidence, run every line over it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal

from compiler.plan.model import ModelBinding
from runtime.certificate.evidence import MOCK, Evidence
from runtime.certificate.line import Certificate, CertificateLine
from runtime.certificate.lines import LINES
from runtime.certificate.lines.parity import agreement, compare
from runtime.certificate.probe import answer_all, ask, reversed_prompt_ids, score_requests, scores_of
from runtime.certificate.reference import Question, Reference, measure
from runtime.certificate.sentinels import SCORED
from runtime.child import run_in_child
from runtime.engines.protocol import Engine
from runtime.models.local import LocalModel
from runtime.models.reference_text import PASSAGE
from runtime.models.tokens import Tokens
from runtime.models.work import work
from runtime.progress import Listener, silent

_SMALL_BYTES = 16 * 2**30  # of a model that can be looked at in float32 too


def certify(
    name: str,
    binding: ModelBinding,
    local: LocalModel,
    tokens: Tokens,
    engine: Engine,
    prompts: Mapping[str, tuple[int, ...]],
    listener: Listener = silent,
    kind: Literal["raw", "chat"] = "raw",
    chat_prompts: frozenset[str] = frozenset(),
) -> Certificate:
    """Measure the model in its engine. `prompts` are rendered ids by the prompt's name, those of
    `chat_prompts` with the chat template around them.

    It does not stop anything itself: the caller looks at `stopping`. RunFailed when the engine or
    the reference breaks.

    The engine rests while the reference is loaded, since a GPU seldom holds a model twice; it wakes when
    it is next asked.
    """
    answers = reference = None
    with work(listener, f"certify {name}", f"certifying the model '{name}'", 2) as advance:
        if engine.facts.name != MOCK:
            answers = ask(engine, tokens)
            advance(1)
            engine.rest()
            reference = _reference(binding, local, tokens)
        evidence = Evidence(
            name, kind, binding, local, tokens, engine.facts, prompts, answers, reference, chat_prompts
        )
        lines = tuple(line(evidence) for line in LINES)
        advance(2)
    return Certificate(name, local.sha256, engine.facts.fingerprint, lines)


def adapter_parity(
    binding: ModelBinding, local: LocalModel, tokens: Tokens, engine: Engine, adapter: str
) -> CertificateLine:
    """Whether the engine answers as transformers and peft do with a trained adapter (a folder).

    The reference goes first: after a training the engine still rests, and so is started once and not twice.
    """
    if engine.facts.name == MOCK:
        return compare("adapter_parity", binding, engine.facts, local, None, None)
    engine.rest()
    reference = _reference(binding, local, tokens, adapter)
    scores = scores_of(answer_all(engine, score_requests(tokens, adapter)))
    line = compare("adapter_parity", binding, engine.facts, local, scores, reference)
    if line.passed or not _exact_too(binding, local):
        return line
    engine.rest()
    exact = _reference(replace(binding, precision="float32"), local, tokens, adapter)
    return compare("adapter_parity", binding, engine.facts, local, scores, reference, exact)


def merge_parity(
    binding: ModelBinding, local: LocalModel, tokens: Tokens, adapter: str, merged: Path
) -> CertificateLine:
    """Whether the checkpoint in `merged` answers as the base with the adapter does, both by transformers."""
    scores = _reference(binding, replace(local, folder=merged), tokens).scores
    reference = _reference(binding, local, tokens, adapter)
    asked = ("merge_parity", binding.precision, "the merged model", scores, reference)
    line = agreement(*asked)
    if line.passed or not _exact_too(binding, local):
        return line
    return agreement(*asked, _reference(replace(binding, precision="float32"), local, tokens, adapter))


def _exact_too(binding: ModelBinding, local: LocalModel) -> bool:
    """Whether float32 can say how much of a difference is rounding."""
    size = sum(path.stat().st_size for path in local.folder.glob("*.safetensors"))
    return binding.precision != "float32" and size <= _SMALL_BYTES


def _reference(
    binding: ModelBinding, local: LocalModel, tokens: Tokens, adapter: str | None = None
) -> Reference:
    read = {"policy": tokens.prompt_ids(PASSAGE)}
    if tokens.named_bos_id is not None:
        read["reversed"] = reversed_prompt_ids(tokens, PASSAGE)
    question = Question(
        folder=local.folder,
        precision=binding.precision,
        scored=tuple((tokens.prompt_ids(a), tokens.continuation_ids(b)) for a, b in SCORED),
        read=read,
        eos_ids=tuple(sorted(tokens.eos_ids)),
        adapter=adapter,
    )
    return run_in_child(measure, question, forked=True)
