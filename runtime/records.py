"""Records: immutable rows that flow between steps, and what a step did with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Record:
    """`id` is the record's lineage (`r0/12/3`: round, prompt, item); (round, index) orders records."""

    id: str
    round: int
    index: int
    columns: Mapping[str, Any]

    def with_columns(self, **more: Any) -> Record:
        return Record(self.id, self.round, self.index, {**self.columns, **more})


def renamed(columns: Mapping[str, Any], names: Mapping[str, str], wanted: Iterable[str]) -> dict[str, Any]:
    """The `wanted` columns, each taken from the record's column that `names` gives for it."""
    return {name: columns[names.get(name, name)] for name in wanted}


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that a step did not pass on, and the name of the sink that took it."""

    record: Record
    sink: str


@dataclass(slots=True)
class StepRecords:
    """All that one step has kept and rejected so far, over all rounds."""

    kept: list[Record] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)

    def add(self, kept: Iterable[Record], rejected: Iterable[Rejected]) -> None:
        self.kept += kept
        self.rejected += rejected

    def of_rounds(self, rounds: Container[int]) -> StepRecords:
        """The share of some rounds."""
        return StepRecords(
            [r for r in self.kept if r.round in rounds],
            [r for r in self.rejected if r.record.round in rounds],
        )

    @property
    def seen(self) -> int:
        return len(self.kept) + len(self.rejected)

    @property
    def sinks(self) -> Counter[str]:
        return Counter(r.sink for r in self.rejected)

    def rate_kept(self) -> float | None:
        """Kept of all that came in, never of what an earlier filter had left; None where nothing came."""
        return len(self.kept) / self.seen if self.seen else None

    def rate_rejected(self, sink: str) -> float | None:
        return self.sinks[sink] / self.seen if self.seen else None

    def rate_where(self, holds: Callable[[Record], bool]) -> float | None:
        every = [*self.kept, *(r.record for r in self.rejected)]
        return sum(map(holds, every)) / len(every) if every else None
