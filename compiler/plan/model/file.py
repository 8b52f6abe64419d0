"""A plan as people review it and send it to a pod."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from compiler.plan.model.base import Part
from compiler.plan.model.binding import Binding
from compiler.plan.model.method import Method


class Blob(Part):
    """One data file, carried by the plan: `text` is its exact UTF-8 content."""

    sha256: str
    text: str


class StepQuote(Part):
    """An estimate; `basis` says which figures were measured in which run, and which are assumed.

    `at_pilot_s` are the seconds that the step takes where its stage ends with its pilot, None in a plan that
    does not tell.

    On a GPU, `peak_gib` is what a step takes of its memory at most, `needed_gib` what it can't do without
    (an engine may fill what it is given), and `memory` names the parts of that.
    """

    tokens: int
    seconds: float
    basis: str
    peak_gib: float | None = None
    needed_gib: float | None = None
    memory: str = ""
    at_pilot_s: float | None = None


class Quote(Part):
    """Prices and estimates. In no hash, and in no snapshot of the plan.

    `around_seconds` are those of a run outside its steps: engines, certificate, datasets. `closed` are stages
    that ended with their pilot in the run `closed_run`, the newest that came to a pilot of this plan.
    """

    hardware: str
    usd_per_hour: float | None
    steps: dict[str, StepQuote]
    gpu_gib: float | None = None
    around_seconds: float = 0.0
    around_basis: str = ""
    closed: tuple[str, ...] = ()
    closed_run: str = ""

    def seconds(self, closed: Collection[str] = ()) -> float:
        """A whole run's, where these stages end with their pilots."""
        return self.around_seconds + sum(
            step.at_pilot_s
            if step.at_pilot_s is not None and id.partition(".")[0] in closed
            else step.seconds
            for id, step in self.steps.items()
        )

    def usd(self, seconds: float) -> float | None:
        """What so many seconds of the hardware cost; None where no price is known."""
        return None if self.usd_per_hour is None else seconds / 3600 * self.usd_per_hour


class Note(Part):
    """A diagnostic that did not stop the compiler, as plain text for the plan's readers."""

    code: str
    severity: Literal["warning", "note"]
    message: str
    place: str


class Hashes(Part):
    method: str
    plan: str


class PlanFile(Part):
    """What `stagespec compile --out` writes and `stagespec run plan.json` runs, whole.

    `places` says where steps, definitions and their fields stand (see `compiler.lower.places`).
    """

    stagespec_plan: Literal[1] = 1
    compiler: str
    hashes: Hashes
    method: Method
    binding: Binding
    blobs: dict[str, Blob]
    quote: Quote
    places: dict[str, str]
    notes: tuple[Note, ...]
