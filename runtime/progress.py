"""Progress as values: the runtime tells, the face draws. Nothing here prints or reads a clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Began:
    """A piece of work began. `key` names it in later events; `total` is None when it can't be known, and
    `unit` is what one of it is called."""

    key: str
    title: str
    total: int | None = None
    unit: str = "record"


@dataclass(frozen=True, slots=True)
class Advanced:
    key: str
    done: int
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    key: str
    summary: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Said:
    """One line for the person who watches: a verdict, a calibration, a warning."""

    text: str
    severity: str = "note"


Event = Began | Advanced | Ended | Said
Listener = Callable[[Event], None]


def silent(_: Event) -> None:
    """A listener for callers that watch nothing."""
