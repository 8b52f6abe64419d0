"""The parts of an archive, read when a check first asks for them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from compiler.plan.expressions import Missing
from compiler.plan.model import PlanFile
from runtime import journal
from runtime.folders import MANIFEST, PLAN
from runtime.remade import Remade, remake
from stagespec.archive.layout import COUNTS, SPECS, Index, data_below
from stagespec.endings import Refused
from stagespec.plan_file import read_plan

# What damage of a part can make its reader raise: it was changed by hand, or written by another version.
DAMAGE = (Refused, Missing, OSError, LookupError, TypeError, ValueError, AttributeError, StopIteration)


@dataclass(frozen=True)
class Parts:
    """Reading a damaged part raises one of DAMAGE; `verify` tells that of the check that asked."""

    folder: Path
    index: Index

    @cached_property
    def plan(self) -> PlanFile:
        return read_plan(self.folder / PLAN, data_below(self.folder / SPECS))

    @cached_property
    def manifest(self) -> Mapping[str, Any]:
        manifest: dict[str, Any] = self.json(MANIFEST)
        return manifest

    @cached_property
    def events(self) -> Sequence[Mapping[str, Any]]:
        return self.lines(journal.NAME)

    @cached_property
    def remade(self) -> Remade:
        """The run, brought back."""
        return remake(self.plan, self.manifest, self.events, self.json(COUNTS), self.folder)

    def json(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text(encoding="utf-8"))

    def lines(self, name: str) -> list[Any]:
        text = (self.folder / name).read_text(encoding="utf-8")
        return [json.loads(line) for line in text.split("\n") if line]
