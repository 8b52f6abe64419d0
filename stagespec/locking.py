"""Writing models.lock: what was measured replaces the entries of the same checkpoints, the others stay."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from compiler.lock import LOCK
from compiler.plan.model import PlanFile
from runtime.journal import write_whole
from runtime.locks import measure_locks
from stagespec.progress_bars import watching


def update_lock(plan: PlanFile, root: Path) -> tuple[Path, list[str]]:
    """Measure the plan's models and merge them into the spec folder's lock; returns its path and the keys."""
    with watching(plan, sys.stderr) as listener:
        measured = measure_locks(plan, listener)
    path = root / LOCK
    if measured:
        write_whole(path, merged(path.read_text(encoding="utf-8") if path.exists() else "", measured))
    return path, sorted(measured)


def merged(old: str, measured: dict[str, Any]) -> str:
    """The lock's new text, entries sorted. An old one that cannot be read is written anew."""
    try:
        entries = json.loads(old)["models"]
    except (ValueError, KeyError, TypeError):
        entries = {}
    return (
        json.dumps({"models": {**entries, **measured}}, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    )
