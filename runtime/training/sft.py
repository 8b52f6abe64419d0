"""Supervised fine-tuning of a LoRA adapter: what goes in, what comes out. `trainer` does the work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from runtime.training.examples import TrainingExample
from runtime.training.job import TrainingJob, TrainingResult, before_libraries


@dataclass(frozen=True, slots=True, kw_only=True)
class SftJob(TrainingJob):
    """Cross-entropy on the targets; with `loss_on` whole on the prompts too, which is an ablation."""

    examples: Sequence[TrainingExample]
    dev_examples: Sequence[TrainingExample]
    loss_on: Literal["target", "whole"] = "target"


def train_sft(job: SftJob, emit: Callable[[object], None]) -> TrainingResult:
    """Train, and write the adapter whole or not at all. Goes on from the newest checkpoint in `work`.

    Emits `StepDone`, and `Survived` where memory ran out. Raises RunFailed for weights that this machine
    can't hold, a start adapter of another shape, examples that mask nothing or everything or disagree with
    the model on its eos, and where every example is too long, or one alone more than memory holds.
    """
    before_libraries()
    from runtime.training.objectives import OnTargets
    from runtime.training.trainer import train

    return train(job, OnTargets(job), emit)
