"""Whether a plan is still what its spec says, where the spec is at hand."""

from __future__ import annotations

from pathlib import Path

import click

from compiler.compile import compile_spec
from compiler.diff import diff_plans, diff_settings
from compiler.plan.model import PlanFile
from stagespec.change_lines import change, reason
from stagespec.dry_run import entry_file
from stagespec.endings import Refused


def refuse_stale(path: Path, plan: PlanFile) -> None:
    """Refused where the spec that the plan was made from stands here, or beside the plan's file, and would
    now make another plan.

    Comments and layout make no other plan. Where the spec is not at hand, on a pod, the plan stands alone,
    and that nothing was compared is said.
    """
    entry = _at_hand(entry_file(plan), path)
    if entry is None:
        click.echo(
            f'"{path}" runs as it is: its specs are not here, so nothing was compared with them', err=True
        )
        return
    now = compile_spec(entry, plan.binding.profile, plan.binding.seed).plan
    if now is not None and now.hashes == plan.hashes:
        return
    why = "no longer compiles" if now is None else f"says otherwise: {first_difference(plan, now)}"
    raise Refused(f'"{path}" is stale: since it was compiled, "{entry}" {why}; compile it anew and review it')


def _at_hand(entry: str, path: Path) -> str | None:
    """The spec as its author named it: from the current folder, or else from the one that the plan is in."""
    return next((str(at) for at in (Path(entry), path.parent / entry) if at.is_file()), None)


def first_difference(old: PlanFile, new: PlanFile) -> str:
    """The first difference, in a few words."""
    for one in diff_settings(old, new):
        return change(new, one)
    for step in diff_plans(old, new):
        if step.mark != "=":
            return f"{step.id}, {reason(new, step)}"
    return "what the steps refer to changed"
