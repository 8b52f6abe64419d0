"""A run in small: real records, and what a step needs of a plan. Critics say what a test tells them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from runtime.records import Record, Rejected, StepRecords


class SmallWork(SimpleNamespace):
    """`records` are what steps have kept so far; `decided` what was decided last."""

    def __init__(self, records: Mapping[str, Sequence[Record]] | None = None, **more: Any) -> None:
        super().__init__(
            records={id: StepRecords(list(many)) for id, many in (records or {}).items()},
            outcomes={},
            taints=[],
            interventions=[],
            binding=SimpleNamespace(seed=7, rehearsal=False),
            said=[],
            **more,
        )

    def listener(self, event: Any) -> None:
        self.said.append(event)

    def keep(self, step_id: str, kept: Sequence[Record], rejected: Sequence[Rejected]) -> None:
        self.records.setdefault(step_id, StepRecords()).add(list(kept), list(rejected))

    def decide(self, step_id: str, outcome: Any, **fields: Any) -> None:
        self.outcomes[step_id] = outcome
        self.decided = fields

    def kept(self, step_id: str) -> list[Record]:
        return self.records[step_id].kept

    def sinks(self, step_id: str) -> dict[str, int]:
        return dict(self.records[step_id].sinks)


def records(*columns: Mapping[str, Any], round: int = 0, prefix: str = "r0") -> list[Record]:
    return [Record(f"{prefix}/{i}", round, i, dict(row)) for i, row in enumerate(columns)]


def folder_of(tmp_path: Path) -> Path:
    (tmp_path / "run").mkdir()
    return tmp_path / "run"
