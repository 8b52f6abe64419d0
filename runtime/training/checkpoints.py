"""Checkpoints of one training: which may be gone on from, and when the next is due."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from runtime.training.job import TrainingJob

_PER_TRAINING = 20  # one every 5 % of the way, so a kill costs little and the disk sees few
SECONDS_BETWEEN = 30.0  # at least, within an epoch: what is soon done again is not worth a write


def newest(job: TrainingJob) -> Path | None:
    """The newest whole checkpoint of this very job in its `work` folder; those of another job are removed.

    transformers writes `trainer_state.json` last, so a checkpoint that has it, readable, is whole.
    """
    work, meaning = Path(job.work), job.sha256
    mark = work / "job.sha256"
    if not mark.is_file() or mark.read_text(encoding="utf-8") != meaning:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        mark.write_text(meaning, encoding="utf-8")
    whole = [path for path in work.glob("checkpoint-*") if _is_whole(path)]
    # By the step in the name: times of change say nothing after a copy.
    return max(whole, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


def steps_between(total: int) -> int:
    """How many optimizer steps lie between two checkpoints of a training of `total` steps."""
    return max(1, total // _PER_TRAINING)


def _is_whole(checkpoint: Path) -> bool:
    try:
        json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return True
