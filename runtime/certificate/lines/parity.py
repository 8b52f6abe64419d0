"""Whether the engine, or a merged checkpoint, computes what the training library computes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from compiler.plan.model import ModelBinding
from runtime.certificate.evidence import MOCK, Evidence
from runtime.certificate.line import CertificateLine, not_measured
from runtime.certificate.reference import Reference
from runtime.engines.protocol import EngineFacts
from runtime.models.local import LocalModel

Scores = tuple[tuple[float, ...], ...]

# Nats per token: the largest difference, and the mean one. Measured on SmolLM2-135M: 0.00003 and
# 0.00001 in float32; in bf16, where the order of sums shows, 0.145 and 0.043.
TOLERANCE = {"float32": (0.01, 0.002), "bf16": (0.3, 0.06)}

# Rounding grows with what an adapter has learnt. Where the fixed limits are passed, an engine may still be as
# far from float32 as this many times what a plain forward pass in bf16 is.
ROUNDED = 2.0

_OTHER_WEIGHTS = "The engine says that it holds other weights than the model that was bound."
_TITLES = {
    "engine_parity": "The engine agrees with a plain forward pass",
    "adapter_parity": "The engine agrees with a plain forward pass, with the adapter",
    "merge_parity": "The merged model agrees with its base and adapter",
}


def engine_parity(evidence: Evidence) -> CertificateLine:
    """Log-probabilities of given continuations, by the engine and by transformers."""
    scores = None if evidence.answers is None else evidence.answers.scores
    return compare(
        "engine_parity", evidence.binding, evidence.engine, evidence.local, scores, evidence.reference
    )


def compare(
    id: str,
    binding: ModelBinding,
    engine: EngineFacts,
    local: LocalModel,
    scores: Scores | None,
    reference: Reference | None,
    exact: Reference | None = None,
) -> CertificateLine:
    """The line for scores by the engine against scores by the reference; None where there are none. `exact`
    is the reference in float32, which says how much of a difference in bf16 is rounding."""
    if scores is None or reference is None:
        return not_measured(id, _TITLES[id], MOCK)
    other = "" if engine.model_sha256 == local.sha256 else _OTHER_WEIGHTS
    dtype = {"engine_dtype": engine.dtype}
    return agreement(id, binding.precision, "the engine", scores, reference, exact, other, dtype)


def agreement(
    id: str,
    precision: str,
    who: str,
    scores: Scores,
    reference: Reference,
    exact: Reference | None = None,
    fault: str = "",
    also: Mapping[str, Any] = MappingProxyType({}),
) -> CertificateLine:
    """The line for scores by `who` against the reference's. A `fault` found before fails it, in its words."""
    most, mean = TOLERANCE[precision]
    shapes_agree = [len(a) for a in scores] == [len(b) for b in reference.scores]
    apart = _apart(scores, reference.scores)
    largest, average = max(apart), sum(apart) / len(apart)
    # Written so that a NaN fails.
    within = largest <= most and average <= mean
    rounded: dict[str, Any] = {}
    if exact is not None and shapes_agree:
        ours, plain = _apart(scores, exact.scores), _apart(reference.scores, exact.scores)
        rounded = {
            name: round(value, 6)
            for name, value in (
                ("largest_nats_from_float32", max(ours)),
                ("mean_nats_from_float32", sum(ours) / len(ours)),
                ("largest_nats_of_reference_from_float32", max(plain)),
                ("mean_nats_of_reference_from_float32", sum(plain) / len(plain)),
            )
        }
        within = within or (max(ours) <= ROUNDED * max(plain) and sum(ours) <= ROUNDED * sum(plain))
    if fault:
        explanation = fault
    elif not shapes_agree:
        explanation = f"{who[0].upper()}{who[1:]} did not give one log-probability per continuation token."
    else:
        by_limit = largest <= most and average <= mean
        verdict = "differ by no more than" if by_limit else "differ by more than"
        explanation = (
            f"Log-probabilities {verdict} {most:g} nats at most and {mean:g} on average "
            f"({precision}): {largest:.4f} and {average:.5f} over {len(apart)} tokens."
        )
        if rounded:
            explanation += (
                f" From float32 {who} differs by {rounded['mean_nats_from_float32']:.5f} on average, "
                f"and a plain pass in {precision} by "
                f"{rounded['mean_nats_of_reference_from_float32']:.5f}."
            )
    return CertificateLine(
        id=id,
        title=_TITLES[id],
        passed=shapes_agree and not fault and within,
        severity="stop",
        measured={
            "tokens": len(apart),
            "largest_nats": round(largest, 6),
            "mean_nats": round(average, 6),
            "limits_nats": [most, mean],
            **rounded,
            **also,
            "reference_device": reference.device,
        },
        explanation=explanation,
    )


def _apart(one: Scores, other: Scores) -> list[float]:
    """How far log-probabilities are apart, token by token."""
    return [
        abs(a - b)
        for ours, theirs in zip(one, other, strict=False)
        for a, b in zip(ours, theirs, strict=False)
    ]
