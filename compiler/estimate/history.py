"""What earlier runs measured, and which of it says something of this plan.

The compiler reads no runs: whoever calls it passes them in (see `stagespec.earlier_runs`). How much
is kept and how long answers are hangs on the model alone; speeds hang on the machine too, and a
profile's name and GPU stand for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import field

from compiler.frozen import Frozen
from compiler.plan.lock_key import lock_key
from compiler.plan.model import Binding


class Measured(Frozen):
    """One step of one run. Records in and kept; requests `asked`, and those computed (the others were known
    from an earlier run), with their tokens; seconds.

    A train step has no requests; `trained` are the tokens of its examples, over all epochs.
    """

    step: str
    kind: str
    records: int = 0
    kept: int = 0
    asked: int = 0
    requests: int = 0
    read: int = 0
    written: int = 0
    trained: int = 0
    seconds: float = 0.0


class Run(Frozen):
    """A run by its folder's name; `models` are lock keys with precisions; `hardware` as in its quote."""

    name: str
    engine: str
    models: frozenset[str]
    profile: str
    hardware: str
    steps: tuple[Measured, ...]


def model_keys(binding: Binding) -> frozenset[str]:
    """What a run is known by when it is asked whether it ran the same models."""
    return frozenset(f"{lock_key(bound)} {bound.precision}" for bound in binding.models.values())


class History(Frozen):
    """Runs of the same engine and models, the newest first; `here` are those on the same machine."""

    runs: Sequence[Run] = ()
    here: Sequence[Run] = field(default=())

    @classmethod
    def of(cls, runs: Iterable[Run], binding: Binding, hardware: str) -> History:
        models = model_keys(binding)
        fitting = [run for run in runs if run.engine == binding.engine and run.models == models]
        same = [run for run in fitting if (run.profile, run.hardware) == (binding.profile, hardware)]
        return cls(fitting, same)

    def step(self, id: str, has: Callable[[Measured], object]) -> tuple[Measured, str] | None:
        """A step of this name as the newest run measured it, and that run's name."""
        for run in self.runs:
            for measured in run.steps:
                if measured.step == id and has(measured):
                    return measured, run.name
        return None

    def kind(self, kind: str, has: Callable[[Measured], object], here: bool = False) -> list[Measured]:
        """All steps of a kind that measured something; of runs on the same machine only where `here`."""
        runs = self.here if here else self.runs
        return [m for run in runs for m in run.steps if m.kind == kind and has(m)]
