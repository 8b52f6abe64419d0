"""What the model does with plain English: the signs of a wrong BOS policy or of broken weights."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from runtime.certificate.evidence import MOCK, Evidence
from runtime.certificate.line import CertificateLine, not_measured
from runtime.certificate.sentinels import COMPLETIONS, INSTRUCTIONS
from runtime.engines.protocol import Completion

LEAST_ENTROPY = 0.5  # nats; plain English leaves models 2 to 4
LEAST_DISTINCT = 0.5  # of the greedily drawn tokens; degenerate models repeat one or two of them
MOST_LOSS = 0.5  # nats per token by which the other BOS policy may read plain English better
LEAST_SENTINELS = 0.7  # of the completions; a model of 135 million weights reaches 0.9

_BOS = "The BOS policy keeps the model sane"
_COMPLETIONS = "Plain completions succeed"
_INSTRUCTIONS = "Bare instructions are answered"


def bos_policy(evidence: Evidence) -> CertificateLine:
    """Under the model's own BOS policy, plain English neither collapses nor reads worse.

    The same is measured with the policy reversed: where a model needs BOS, it shows there.
    """
    if evidence.answers is None or evidence.reference is None or evidence.mock_model:
        return not_measured("bos_policy", _BOS, MOCK)
    policy = evidence.reference.readings["policy"]
    other = evidence.reference.readings.get("reversed")
    distinct = _distinct(evidence.answers.completions)
    faults = []
    # Written so that a NaN is a fault.
    if not policy.entropy >= LEAST_ENTROPY:
        faults.append(f"next-token entropy has collapsed to {policy.entropy:.2f} nats")
    if not distinct >= LEAST_DISTINCT:
        faults.append(f"greedy completions repeat themselves ({distinct:.0%} of their tokens are distinct)")
    if other is not None and not policy.logprob >= other.logprob - MOST_LOSS:
        gain = other.logprob - policy.logprob
        faults.append(f"plain English reads {gain:.1f} nats per token better with the policy reversed")
    token = "no BOS" if evidence.tokens.bos_id is None else evidence.tokens.token(evidence.tokens.bos_id)
    if faults:
        explanation = f"With {token} in front, {' and '.join(faults)}."
    else:
        explanation = (
            f"With {token} in front, entropy on plain English is {policy.entropy:.1f} nats and "
            f"{distinct:.0%} of greedily drawn tokens are distinct."
        )
    measured: dict[str, object] = {
        "policy": token,
        "entropy_nats": round(policy.entropy, 3),
        "logprob_per_token": round(policy.logprob, 3),
        "distinct_share": round(distinct, 3),
    }
    if other is not None:
        measured["reversed"] = {
            "entropy_nats": round(other.entropy, 3),
            "logprob_per_token": round(other.logprob, 3),
            "distinct_share": round(_distinct(evidence.answers.reversed_bos), 3),
        }
    return CertificateLine("bos_policy", _BOS, not faults, "stop", measured, explanation)


def plain_completions(evidence: Evidence) -> CertificateLine:
    """Sentences that every base model of English completes rightly, greedily drawn."""
    if evidence.answers is None or evidence.mock_model:
        return not_measured("plain_completions", _COMPLETIONS, MOCK)
    pairs = list(zip(COMPLETIONS, evidence.answers.completions, strict=True))
    missed = {
        sentinel.prompt: answer.text for sentinel, answer in pairs if not sentinel.answered_by(answer.text)
    }
    rate = 1 - len(missed) / len(pairs)
    return CertificateLine(
        id="plain_completions",
        title=_COMPLETIONS,
        passed=rate >= LEAST_SENTINELS,
        severity="stop",
        measured={"rate": round(rate, 3), "least": LEAST_SENTINELS, "missed": missed},
        explanation=(
            f"{len(pairs) - len(missed)} of {len(pairs)} plain sentences are completed rightly; "
            f"{LEAST_SENTINELS:.0%} are needed."
        ),
    )


def bare_instructions(evidence: Evidence) -> CertificateLine:
    """How many bare instructions are answered. It decides nothing: base models may follow them too."""
    if evidence.answers is None or evidence.mock_model:
        return not_measured("bare_instructions", _INSTRUCTIONS, MOCK)
    pairs = list(zip(INSTRUCTIONS, evidence.answers.instructions, strict=True))
    answers = {sentinel.prompt: answer.text for sentinel, answer in pairs}
    followed = sum(sentinel.answered_by(answer.text) for sentinel, answer in pairs)
    return CertificateLine(
        id="bare_instructions",
        title=_INSTRUCTIONS,
        passed=True,
        severity="report",
        measured={"rate": followed / len(pairs), "answers": answers, "only_told": True},
        explanation=f"{followed} of {len(pairs)} bare instructions are answered; this is only told.",
    )


def _distinct(completions: Sequence[Completion]) -> float:
    """The median share of distinct tokens; completions that ended at once say nothing and are left out."""
    shares = [len(set(answer.ids)) / len(answer.ids) for answer in completions if len(answer.ids) >= 4]
    return statistics.median(shares) if shares else 0.0
