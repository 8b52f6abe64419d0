"""What a check is given, and what it finds: values, as diagnostics are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from compiler.estimate.dimensions import dimensions
from compiler.plan.model import ModelBinding, PlanFile, Train

State = Literal["ok", "warning", "error"]
QUANTISED = ("nf4", "int8")


@dataclass(frozen=True, slots=True)
class Finding:
    """`what` is what was looked at. An error means that the profile cannot run here; `todo` is empty where
    all is well."""

    what: str
    state: State
    detail: str
    todo: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A plan that is to run here, or None to look at the machine alone. `runs` is where runs will lie,
    `cache` where models do; `facts` are those of the lock, by role."""

    plan: PlanFile | None
    runs: Path
    cache: Path
    facts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def models(self) -> Mapping[str, ModelBinding]:
        return self.plan.binding.models if self.plan else {}

    @property
    def quantised(self) -> bool:
        """Whether a training needs bitsandbytes, which needs a GPU."""
        return any(
            (self._weights(step) in QUANTISED) or step.optimizer.name == "paged_adamw_8bit"
            for stage in (self.plan.method.stages if self.plan else ())
            for step in stage.steps
            if isinstance(step, Train)
        )

    def _weights(self, step: Train) -> str:
        assert self.plan is not None
        return self.plan.binding.weights or step.weights

    @property
    def needs_gpu(self) -> bool:
        """A profile that names its GPU is meant for one."""
        return self.plan is not None and (self.plan.quote.gpu_gib is not None or self.quantised)

    @property
    def guessed(self) -> bool:
        """Whether what is needed rests on a size guessed from a model's name: no ground for an error."""
        sizes = (dimensions(bound, self.facts.get(name, {})) for name, bound in self.models.items())
        return any(size is None or not size.known for size in sizes)

    @property
    def needed_gib(self) -> float | None:
        """The most GPU memory that a step cannot do without, as estimated."""
        quoted = self.plan.quote.steps.values() if self.plan else ()
        return max((step.needed_gib for step in quoted if step.needed_gib is not None), default=None)


Check = Callable[[Case], Iterable[Finding]]


def existing(folder: Path) -> Path:
    """The folder, or the nearest above it that is there: both lie on one disk until it is made."""
    return next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
