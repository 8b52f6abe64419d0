"""What a run meets on its way and goes on from: memory that runs out, and an engine that dies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Survived:
    """`told` says in a sentence or two what happened, and what was done about it."""

    kind: Literal["out of memory", "dead engine"]
    told: str


Tell = Callable[[Survived], None]


def unheard(_: Survived) -> None:
    """For whoever is asked by nobody that listens."""
