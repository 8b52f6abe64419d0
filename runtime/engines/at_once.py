"""How much the transformers engine computes at once, and less when memory has run out."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from runtime.survived import Tell


@dataclass(slots=True)
class AtOnce:
    """What one submission may compute at once, within the bounds that are always kept: completions that are
    drawn side by side, and tokens of what is judged. Half as many each time that memory has run out."""

    tell: Tell
    rows: int = sys.maxsize
    tokens: int = sys.maxsize
