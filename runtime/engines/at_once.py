"""How much the transformers engine computes at once, and less when memory has run out."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from runtime.survived import Tell


@dataclass(slots=True)
class AtOnce:
    """Limits of one submission: completions that are drawn side by side; and where nothing is drawn, tokens
    that go through the model, and those of them whose logits are needed. At first there are none, beside
    those that are always kept; each time that memory runs out they are halved."""

    tell: Tell
    rows: int = sys.maxsize
    tokens: int = sys.maxsize
    logits: int = sys.maxsize
