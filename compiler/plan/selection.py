"""Which steps of a plan a run goes through, which of them must be there already, and which are made anew.

Two relations, and they differ where a source in rounds is concerned. A step *needs* what it reads and waits
for; a source needs also the step that says how many are enough, since that decides how many rounds there
are. A step is *behind* those that it needs and that come before it in the plan's order: what closes the loop
over rounds puts no source behind its own filters.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from compiler.plan.meaning import reads
from compiler.plan.model import AnyStep, Generate, Method, Quality


@dataclass(frozen=True, slots=True)
class Selection:
    """Sets of step ids, `given` and `anew` within `run`. The steps of `given` must have been made in earlier
    runs; those of `anew` take nothing that they made before. `only`, `start` and `until` are what was asked
    for; the run ends with `until`."""

    run: frozenset[str]
    given: frozenset[str] = frozenset()
    anew: frozenset[str] = frozenset()
    only: str | None = None
    start: str | None = None
    until: str | None = None

    @property
    def asked(self) -> str:
        """As the command line says it; empty for the whole plan."""
        said = {"--only": self.only, "--from": self.start, "--until": self.until}
        return " ".join(f"{flag} {name}" for flag, name in said.items() if name is not None)


def everything(method: Method) -> Selection:
    """The whole plan."""
    return Selection(frozenset(step.id for step in _steps(method)))


def select(
    method: Method, only: str | None = None, start: str | None = None, until: str | None = None
) -> Selection:
    """The part of a plan between steps and within a stage; names are known ones, and fit each other.

    `only` is a stage, `start` the id of a step from which all is made anew, `until` that of the last step.
    """
    steps = frozenset(step.id for step in _steps(method))
    own = frozenset(id for id in steps if only is None or id.rpartition(".")[0] == only)
    run = reach(method, own if until is None else {until})
    given = run - own
    anew: frozenset[str] = frozenset()
    if start is not None:
        anew = behind(method, start) & run & own
        given |= reach(method, {start}) - behind(method, start)
    return Selection(run, given, anew, only, start, until)


def reach(method: Method, wanted: Iterable[str]) -> frozenset[str]:
    """The wanted steps and all that they need, to the beginning; and every gate on a round of theirs, since
    asking for a part of a plan is no way around a gate."""
    needed = {step.id: _needs(step, method) for step in _steps(method)}
    found, waiting = set(wanted), list(wanted)
    while waiting:
        more = needed[waiting.pop()] - found
        found |= more
        waiting += more
    gates = (s for s in _steps(method) if isinstance(s, Quality) and s.inputs)
    return frozenset(found | {gate.id for gate in gates if found.issuperset(gate.inputs)})


def behind(method: Method, start: str) -> frozenset[str]:
    """A step and all that rest on it."""
    found: set[str] = set()
    before: set[str] = set()
    for step in _steps(method):
        if step.id == start or _needs(step, method) & before & found:
            found.add(step.id)
        before.add(step.id)
    return frozenset(found)


def _needs(step: AnyStep, method: Method) -> frozenset[str]:
    ids = frozenset(other.id for other in _steps(method))
    waits = {*step.needs}
    if isinstance(step, Generate) and step.until_step is not None:
        waits.add(step.until_step)
    return (reads(step, ids) | waits) & ids


def _steps(method: Method) -> list[AnyStep]:
    return [step for stage in method.stages for step in stage.steps]
