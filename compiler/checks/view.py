"""What a check sees: one lowered stage, the method it is part of, and where things stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from compiler.diagnostics import Diagnostics, Span
from compiler.plan.model import AnyStep, Method, Stage

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class StageView:
    stage: Stage
    method: Method
    places: Mapping[str, Span]

    def of(self, kind: type[S]) -> Iterator[S]:
        return (step for step in self.stage.steps if isinstance(step, kind))

    def step(self, id: str) -> AnyStep | None:
        return next((step for step in self.stage.steps if step.id == id), None)

    def before(self, id: str) -> list[AnyStep]:
        """All steps whose records go into a step, nearest first."""
        found: list[AnyStep] = []
        waiting = [id]
        while waiting:
            step = self.step(waiting.pop(0))
            for wanted in step.inputs if step else ():
                upstream = self.step(wanted)
                if upstream is not None and upstream not in found:
                    found.append(upstream)
                    waiting.append(wanted)
        return found

    def place(self, id: str) -> Span:
        return self.places[id]

    @property
    def here(self) -> Span:
        return self.places[self.stage.name]


def short(id: str) -> str:
    """A step's name without its stage."""
    return id.rpartition(".")[2]


Check = Callable[[StageView, Diagnostics], None]
