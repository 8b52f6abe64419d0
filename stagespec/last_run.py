"""What a plan is compared with: the last run of the same stage and profile, or a plan that was named."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from compiler.frozen import Frozen
from compiler.plan.model import PlanFile
from runtime.folders import PLAN, run_folder
from stagespec.endings import Refused

if TYPE_CHECKING:
    from compiler.diff import Change, StepChange


class Comparison(Frozen):
    """`said` names what the plan was compared with, or why it could not be; then there are no steps."""

    said: str
    same: bool = False
    steps: tuple[StepChange, ...] = ()
    settings: tuple[Change, ...] = ()

    @property
    def by_id(self) -> Mapping[str, StepChange]:
        return {step.id: step for step in self.steps}


def compare(plan: PlanFile, runs: Path, against: Path | None) -> Comparison:
    """Against a plan that is named, which must be readable (else Refused), or else the last run, if any."""
    path = against or last_run(plan, runs)
    if path is None:
        return Comparison(f"no earlier run of this stage and profile in {runs}")
    from stagespec.plan_file import read_plan

    if against is not None:
        return _compared(read_plan(against), plan, f"since {against}")
    try:
        old = read_plan(path)
    except Refused:
        return Comparison(f"the last run's plan cannot be read ({path}), so nothing is compared")
    return _compared(old, plan, f"since the run {path.parent.name}")


def last_run(plan: PlanFile, runs: Path) -> Path | None:
    """The plan of the run that was last started; a run writes its plan whenever it starts or goes on."""
    anyone = run_folder(plan, runs).name.removesuffix(plan.hashes.plan[:8])
    started: dict[Path, float] = {}
    for path in runs.glob(f"{anyone}????????/{PLAN}"):
        try:
            started[path] = path.stat().st_mtime
        except OSError:
            continue  # it was taken away just now
    return max(started, key=lambda path: (started[path], path), default=None)


def _compared(old: PlanFile, new: PlanFile, said: str) -> Comparison:
    from compiler.diff import diff_plans, diff_settings

    return Comparison(said, old.hashes == new.hashes, diff_plans(old, new), diff_settings(old, new))
