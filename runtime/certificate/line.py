"""The certificate and its lines: plain values that can be stored as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["stop", "report"]
State = Literal["passed", "failed", "told", "not measured"]


@dataclass(frozen=True)
class CertificateLine:
    """One measurement. `measured` is JSON-ready; `explanation` says in one sentence what it means.

    A failed line of severity "stop" must end the run before it costs anything; "report" lines are
    only told. A line that could not be measured has not passed.
    """

    id: str
    title: str
    passed: bool
    severity: Severity
    measured: dict[str, Any]
    explanation: str

    @property
    def state(self) -> State:
        """How to show the line: what was not measured, or decides nothing, has neither passed nor failed."""
        if "not_measured" in self.measured:
            return "not measured"
        if self.measured.get("only_told"):
            return "told"
        return "passed" if self.passed else "failed"

    @property
    def stops(self) -> bool:
        """Whether this line alone must stop the run."""
        return self.severity == "stop" and not self.passed

    @property
    def taints(self) -> bool:
        """Whether every verdict reached with this model must carry the line's explanation."""
        return bool(self.measured.get("taint"))


@dataclass(frozen=True)
class Certificate:
    """All lines for one model in one engine. `fingerprint` is the engine's."""

    name: str
    model_sha256: str
    fingerprint: str
    lines: tuple[CertificateLine, ...]

    @property
    def stopping(self) -> tuple[CertificateLine, ...]:
        """The lines that must stop the run; empty when the model may be used."""
        return tuple(line for line in self.lines if line.stops)

    @property
    def tainting(self) -> tuple[CertificateLine, ...]:
        """The lines that every verdict must carry."""
        return tuple(line for line in self.lines if line.taints)

    def as_json(self) -> dict[str, Any]:
        """JSON-ready, with each line's state spelled out for readers of the stored file."""
        return {
            "name": self.name,
            "model_sha256": self.model_sha256,
            "fingerprint": self.fingerprint,
            "lines": [{**asdict(line), "state": line.state} for line in self.lines],
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Certificate:
        """A certificate as `as_json` wrote it."""
        lines = ({k: v for k, v in line.items() if k != "state"} for line in stored["lines"])
        return cls(
            stored["name"],
            stored["model_sha256"],
            stored["fingerprint"],
            tuple(CertificateLine(**line) for line in lines),
        )


def not_measured(id: str, title: str, why: str) -> CertificateLine:
    """A line that could not be measured: never a pass, and no reason to stop."""
    return CertificateLine(id, title, False, "report", {"not_measured": why}, f"not measured ({why})")
