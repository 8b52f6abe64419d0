"""Whether the engine computes what the training library computes."""

from __future__ import annotations

from compiler.plan.model import ModelBinding
from runtime.certificate.evidence import MOCK, Evidence
from runtime.certificate.line import CertificateLine, not_measured
from runtime.certificate.reference import Reference
from runtime.engines.protocol import EngineFacts
from runtime.models.local import LocalModel

# Nats per token: the largest difference, and the mean one. Measured on SmolLM2-135M: 0.00003 and
# 0.00001 in float32; in bf16, where the order of sums shows, 0.145 and 0.043.
TOLERANCE = {"float32": (0.01, 0.002), "bf16": (0.3, 0.06)}

_TITLES = {
    "engine_parity": "The engine agrees with a plain forward pass",
    "adapter_parity": "The engine agrees with a plain forward pass, with the adapter",
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
    scores: tuple[tuple[float, ...], ...] | None,
    reference: Reference | None,
) -> CertificateLine:
    """The line for scores by the engine against scores by the reference; None where there are none."""
    if scores is None or reference is None:
        return not_measured(id, _TITLES[id], MOCK)
    most, mean = TOLERANCE[binding.precision]
    shapes_agree = [len(a) for a in scores] == [len(b) for b in reference.scores]
    apart = [
        abs(a - b)
        for ours, theirs in zip(scores, reference.scores, strict=False)
        for a, b in zip(ours, theirs, strict=False)
    ]
    largest, average = max(apart), sum(apart) / len(apart)
    same_weights = engine.model_sha256 == local.sha256
    # Written so that a NaN fails.
    passed = shapes_agree and same_weights and largest <= most and average <= mean
    if not same_weights:
        explanation = "The engine says that it holds other weights than the model that was bound."
    elif not shapes_agree:
        explanation = "The engine did not give one log-probability per continuation token."
    else:
        verdict = "differ by no more than" if passed else "differ by more than"
        explanation = (
            f"Log-probabilities {verdict} {most:g} nats at most and {mean:g} on average "
            f"({binding.precision}): {largest:.4f} and {average:.5f} over {len(apart)} tokens."
        )
    return CertificateLine(
        id=id,
        title=_TITLES[id],
        passed=passed,
        severity="stop",
        measured={
            "tokens": len(apart),
            "largest_nats": round(largest, 6),
            "mean_nats": round(average, 6),
            "limits_nats": [most, mean],
            "engine_dtype": engine.dtype,
            "reference_device": reference.device,
        },
        explanation=explanation,
    )
