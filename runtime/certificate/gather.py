"""Gather the evidence, run every line over it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from compiler.plan.model import ModelBinding
from runtime.certificate.evidence import MOCK, Evidence
from runtime.certificate.line import Certificate, CertificateLine
from runtime.certificate.lines import LINES
from runtime.certificate.lines.parity import compare
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
            reference = _reference(binding, local, tokens, engine)
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
    reference = _reference(binding, local, tokens, engine, adapter)
    scores = scores_of(answer_all(engine, score_requests(tokens, adapter)))
    line = compare("adapter_parity", binding, engine.facts, local, scores, reference)
    if line.passed or binding.precision == "float32" or _bytes(local) > _SMALL_BYTES:
        return line
    exact = _reference(replace(binding, precision="float32"), local, tokens, engine, adapter)
    return compare("adapter_parity", binding, engine.facts, local, scores, reference, exact)


def _bytes(local: LocalModel) -> int:
    return sum(path.stat().st_size for path in local.folder.glob("*.safetensors"))


def _reference(
    binding: ModelBinding, local: LocalModel, tokens: Tokens, engine: Engine, adapter: str | None = None
) -> Reference:
    engine.rest()
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
