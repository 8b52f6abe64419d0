"""Where a run lies, and how its files are called. Light: the face asks before any heavy library is needed."""

from __future__ import annotations

from pathlib import Path

from compiler.plan.model import PlanFile

MANIFEST = "manifest.json"
PLAN = "plan.json"


def run_folder(plan: PlanFile, runs: Path) -> Path:
    """Where a plan's run lives: one folder per plan, so that the same command goes on where it was."""
    return runs / f"{plan.method.name}-{plan.binding.profile}-{plan.hashes.plan[:8]}"
