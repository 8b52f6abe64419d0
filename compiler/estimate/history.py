"""What earlier runs measured, and which of it says something of this plan.

The compiler reads no runs: whoever calls it passes them in (see `stagespec.earlier_runs`). How much
is kept and how long answers are hangs on the model, the step and what flows into it; speeds hang on the model
and the machine, for which a profile's name and GPU stand.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import field
from functools import cached_property

from compiler.frozen import Frozen
from compiler.plan.lock_key import lock_key
from compiler.plan.model import Binding, Method
from compiler.plan.upstream import meanings

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
    stages by whether a quality gate closed. `meanings` are those of its plan's steps
    (`compiler.plan.upstream`), none where its version did not tell them.
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
    meanings: Mapping[str, str] = field(default_factory=dict)


def model_keys(binding: Binding) -> frozenset[str]:
    """What a run is known by when it is asked whether it ran the same models."""
    return frozenset(f"{lock_key(bound)} {bound.precision}" for bound in binding.models.values())


class History(Frozen):
    """Runs of the same engine and models, the newest first; `here` are those on the same machine. `meanings`
    are this plan's: of what a step keeps and writes, only a run tells in which it meant the same."""

    runs: Sequence[Run] = ()
    here: Sequence[Run] = ()
    meanings: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, runs: Iterable[Run], method: Method, binding: Binding, hardware: str) -> History:
        models = model_keys(binding)
        fitting = [run for run in runs if run.engine == binding.engine and run.models == models]
        same = [run for run in fitting if (run.profile, run.hardware) == (binding.profile, hardware)]
        told = any(run.meanings for run in fitting)
        return cls(fitting, same, meanings(method, binding) if told else {})

    @cached_property
    def measured(self) -> dict[str, list[tuple[Measured, Run]]]:
        """By step id, what each run measured of a step of that name."""
        found: dict[str, list[tuple[Measured, Run]]] = {}
        for run in self.runs:
            for one in run.steps:
                found.setdefault(one.step, []).append((one, run))
        return found

    def same(self, run: Run, id: str) -> bool:
        """Whether the step, and all that flows into it, meant the same in that run."""
        return id in self.meanings and run.meanings.get(id) == self.meanings[id]

    def changed(self, id: str) -> str:
        """Why the newest run that went through the step says nothing of its shares and lengths; empty where
        some run does, or none went through it."""
        runs = [run for m, run in self.measured.get(id, ()) if m.records or m.asked]
        if not runs or any(self.same(run, id) for run in runs):
            return ""
        has = "has" if id in runs[0].meanings else "may have"
        return f"the step or what it reads {has} changed since {runs[0].name}"

    def step(self, id: str, has: Callable[[Measured], object]) -> tuple[Measured, str] | None:
        """The step as the newest run measured it in which it meant the same, and that run's name."""
        named = self.measured.get(id, ())
        seen = [(m, run.name) for m, run in named if self.same(run, id) and has(m)]
        most = max((measured.size for measured, _ in seen), default=0)
        return next((one for one in seen if one[0].size * MANY_MORE >= most), None)

    def kind(self, kind: str, has: Callable[[Measured], object]) -> list[tuple[Measured, str]]:
        """All steps of a kind that measured something and meant the same, with the names of their runs."""
        return [
            (m, run.name)
            for run in self.runs
            for m in run.steps
            if m.kind == kind and has(m) and self.same(run, m.step)
        ]

    def closed(self, gates: Mapping[str, Collection[str]]) -> tuple[frozenset[str], str]:
        """Which stages the newest run that came to one of their quality gates found closed, and that run's
        name; nothing and no name where none did. `gates` are the gates' ids by stage."""
        for run in self.runs:
            same = {stage for stage, ids in gates.items() if all(self.same(run, id) for id in ids)}
            if not (run.closed | run.opened).isdisjoint(same):
                return run.closed & same, run.name
        return frozenset(), ""
