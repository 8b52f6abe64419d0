"""Whether the tokenizer is the one that the model was trained with, as far as it shows."""

from __future__ import annotations

from runtime.certificate.evidence import Evidence
from runtime.certificate.line import CertificateLine
from runtime.models.reference_text import PASSAGE, ROUND_TRIPS, words

# Vocabularies of known models need 1.1 to 1.4 on plain English; one split into letters needs over 4.
MOST_TOKENS_PER_WORD = 2.0


def tokenizer_fidelity(evidence: Evidence) -> CertificateLine:
    """Plain English takes few tokens, and texts come back exactly. A mock's are bytes by intent."""
    tokens = evidence.tokens
    per_word = round(tokens.count(PASSAGE) / words(PASSAGE), 4)
    changed = [text for text in ROUND_TRIPS if tokens.decode(tokens.continuation_ids(text)) != text]
    splits = per_word > MOST_TOKENS_PER_WORD and not evidence.mock_model
    if splits:
        explanation = (
            f"A word takes {per_word:.2f} tokens, over {MOST_TOKENS_PER_WORD:.1f}: the tokenizer splits "
            "words that the model knows whole."
        )
    elif changed:
        explanation = (
            f"{len(changed)} of {len(ROUND_TRIPS)} texts do not come back from their tokens as they were."
        )
    else:
        explanation = f"A word takes {per_word:.2f} tokens, and {len(ROUND_TRIPS)} texts come back exactly."
    return CertificateLine(
        id="tokenizer_fidelity",
        title="The tokenizer knows words and loses nothing",
        passed=not splits and not changed,
        severity="stop",
        measured={"tokens_per_word": per_word, "limit": MOST_TOKENS_PER_WORD, "changed": changed},
        explanation=explanation,
    )
