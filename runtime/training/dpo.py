"""Direct preference optimisation of a LoRA adapter: what goes in, what comes out. `trainer` does the work.

Rafailov et al. 2023, arXiv:2305.18290, eq. 7.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

from runtime.training.examples import Pair
from runtime.training.job import TrainingJob, TrainingResult, before_libraries


@dataclass(frozen=True, slots=True, kw_only=True)
class DpoJob(TrainingJob):
    """Pairs, the weight `beta`, and the frozen policy: the base with `reference_adapter`, or without any."""

    examples: Sequence[Pair]
    dev_examples: Sequence[Pair]
    reference_adapter: str | None
    beta: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DpoResult(TrainingResult):
    """Losses are in nats per pair. A pair's margin is how much more the chosen text is rewarded than the
    rejected one (nats), and accuracy the share of pairs in which it is.

    `first_loss` is of the first batch before the first update, without dropout; the ones by (optimizer
    step, value) are taken with it. `reference_seconds` went into the reference, before `seconds`.
    """

    first_loss: float
    reference_seconds: float
    margins: tuple[tuple[int, float], ...]
    accuracies: tuple[tuple[int, float], ...]
    dev_margins: tuple[float, ...]
    dev_accuracies: tuple[float, ...]


def train_dpo(job: DpoJob, emit: Callable[[object], None]) -> DpoResult:
    """Train, and write the adapter whole or not at all. Goes on from the newest checkpoint in `work`,
    which also holds the reference's log-probabilities: they are computed once.

    Emits `StepDone`, and `Survived` where memory ran out. Raises RunFailed as `train_sft` does, and where the
    first loss is not near ln 2 although the reference is what training starts from.
    """
    before_libraries()
    from runtime.training.objectives import OnPairs
    from runtime.training.trainer import train

    return cast(DpoResult, train(job, OnPairs(job), emit))
