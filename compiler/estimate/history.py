"""What earlier runs measured, and which of it says something of this plan.

The compiler reads no runs: whoever calls it passes them in (see `stagespec.earlier_runs`). How much
is kept and how long answers are hangs on the model alone; speeds hang on the machine too, and a
profile's name and GPU stand for it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import field

from compiler.frozen import Frozen
from compiler.plan.lock_key import lock_key
from compiler.plan.model import Binding

# A step's newest measures count unless another run saw so many times as many records: a pilot whose gate
# closed says less of a step than the thousands before it.
MANY_MORE = 4
KNOWN_AT_MOST = 4  # requests for each that was computed


class Measured(Frozen):
    """One step of one run. Records in and kept, in so many rounds, and those of the first round among them;
    requests `asked`, and those computed (the others were known already), with their tokens; seconds.

    A train step has no requests; `trained` are the tokens of its examples, over all epochs, and
    `optimizer_steps` are what they were learnt in.
    """

    step: str
    kind: str
    records: int = 0
    kept: int = 0
    rounds: int = 0
    pilot_records: int = 0
    pilot_kept: int = 0
    asked: int = 0
    requests: int = 0
    read: int = 0
    written: int = 0
    trained: int = 0
    optimizer_steps: int = 0
    seconds: float = 0.0

    @property
    def size(self) -> int:
        return max(self.records, self.asked, self.trained)

    @property
    def later(self) -> tuple[int, int]:
        """Records in and kept in the rounds after the first, which draw on what was kept before them; of the
        first where there are no others."""
        if self.records > self.pilot_records:
            return self.records - self.pilot_records, self.kept - self.pilot_kept
        return self.records, self.kept

    @property
    def tells(self) -> bool:
        """Whether enough of its answers were computed to say how long the work takes."""
        return self.requests > 0 and self.requests * KNOWN_AT_MOST >= self.asked

    @property
    def computed(self) -> float:
        """The share of its requests that a run has to compute: others ask the same. Where most were known,
        they may be so from other runs, and nothing is said."""
        return min(self.requests / self.asked, 1.0) if self.tells and self.asked else 1.0


class Run(Frozen):
    """A run by its folder's name; `models` are lock keys with precisions; `hardware` as in its quote.

    `around` are the seconds outside its steps, None where it did not measure them; `closed` and `opened` the
    stages by whether a quality gate closed.
    """

    name: str
    engine: str
    models: frozenset[str]
    profile: str
    hardware: str
    steps: tuple[Measured, ...]
    around: float | None = None
    closed: frozenset[str] = frozenset()
    opened: frozenset[str] = frozenset()


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
        seen = [(m, run.name) for run in self.runs for m in run.steps if m.step == id and has(m)]
        most = max((measured.size for measured, _ in seen), default=0)
        return next((one for one in seen if one[0].size * MANY_MORE >= most), None)

    def kind(self, kind: str, has: Callable[[Measured], object]) -> list[Measured]:
        """All steps of a kind that measured something."""
        return [m for run in self.runs for m in run.steps if m.kind == kind and has(m)]

    def closed(self, stages: Collection[str]) -> tuple[frozenset[str], str]:
        """Which of these stages the newest run that came to one of their quality gates found closed, and that
        run's name; nothing and no name where none did."""
        for run in self.runs:
            if not (run.closed | run.opened).isdisjoint(stages):
                return run.closed.intersection(stages), run.name
        return frozenset(), ""
