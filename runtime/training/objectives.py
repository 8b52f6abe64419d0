"""What differs between the methods of training: how batches are made, and what is measured on them."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial, reduce
from math import log
from operator import add
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch

from runtime.failures import RunFailed
from runtime.training import reference
from runtime.training.batches import EXACT, IGNORED, collate, of_rows
from runtime.training.dpo import DpoJob, DpoResult
from runtime.training.examples import Example, Pair, TrainingExample
from runtime.training.halving import Halving
from runtime.training.job import TrainingResult
from runtime.training.loss import preference_losses, sequence_logprobs, summed_loss
from runtime.training.sft import SftJob

E = TypeVar("E", bound=Example)
Logged = Callable[[str], tuple[tuple[int, float], ...]]  # (optimizer step, value) of a name
_NEAR_LN_2 = 0.02  # nats: bf16 rounds log-probabilities of whole texts by about as much, times beta


@dataclass(frozen=True, slots=True)
class Measured:
    """Sums over a batch, as tensors without shape: the loss in nats with its gradient, of how many, and
    whatever else by name."""

    loss: torch.Tensor
    count: torch.Tensor
    others: Mapping[str, torch.Tensor]

    def __add__(self, more: Measured) -> Measured:
        others = {name: value + more.others[name] for name, value in self.others.items()}
        return Measured(self.loss + more.loss, self.count + more.count, others)


class Objective(ABC, Generic[E]):
    """One method of training. `measure` is asked for each batch that `collate` makes, whose shapes are
    rounded up by `rounding`. An example is `sides` rows of it: the first side of each, then the next."""

    rounding = EXACT
    sides = 1

    def prepare(
        self, model: Any, kept: Sequence[E], dev: Sequence[E], first: Sequence[E], halving: Halving
    ) -> None:
        """Whatever is computed once, with the model before its first update; `first` is the first batch."""

    @abstractmethod
    def collate(self, examples: Sequence[E]) -> dict[str, torch.Tensor]:
        """One batch: tensors of the examples' rows, padded to one shape."""

    @abstractmethod
    def measure(self, model: Any, batch: Mapping[str, torch.Tensor]) -> Measured:
        """The batch's loss with its gradient, and what is logged beside it."""

    @abstractmethod
    def count(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Of how many things the batch's loss is a mean: known before any of them is measured."""

    def examples(self, batch: Mapping[str, torch.Tensor]) -> int:
        """How many examples a batch is made of."""
        return len(batch["input_ids"]) // self.sides

    def parts(self, batch: Mapping[str, torch.Tensor], at_once: int) -> Iterator[Mapping[str, torch.Tensor]]:
        """A batch in parts of at most `at_once` examples each; whole, if it has no more."""
        examples = self.examples(batch)
        if examples <= at_once:
            yield batch
            return
        for start in range(0, examples, at_once):
            some = range(start, min(start + at_once, examples))
            yield of_rows(batch, [side * examples + i for side in range(self.sides) for i in some])

    def whole(self, model: Any, batch: Mapping[str, torch.Tensor], at_once: int) -> Measured:
        """`measure` of a batch in parts, without gradients."""
        return reduce(add, (self.measure(model, part) for part in self.parts(batch, at_once)))

    def targets(self, row: TrainingExample) -> int:
        """How many of a row's tokens carry loss."""
        return len(row.target_ids)

    def result(self, measured: Mapping[str, Any], logged: Logged) -> TrainingResult:  # noqa: ARG002
        """The result: what every training measures, and this method's own from the history by name."""
        return TrainingResult(**measured)


class OnTargets(Objective[TrainingExample]):
    """Supervised: cross-entropy, a mean over target tokens."""

    def __init__(self, job: SftJob) -> None:
        self._job = job

    def collate(self, examples: Sequence[TrainingExample]) -> dict[str, torch.Tensor]:
        return collate(examples, self._job.pad_id, self._job.loss_on == "whole", self.rounding)

    def measure(self, model: Any, batch: Mapping[str, torch.Tensor]) -> Measured:
        loss, targets = summed_loss(model, batch)
        return Measured(loss, targets, {})

    def count(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        return (batch["targets"] != IGNORED).sum()

    def targets(self, row: TrainingExample) -> int:
        # Nothing comes before the first token of all, so nothing predicts it.
        return row.length - 1 if self._job.loss_on == "whole" else len(row.target_ids)


class OnPairs(Objective[Pair]):
    """By preference: the loss of `loss.preference_losses`, a mean over pairs."""

    sides = 2

    def __init__(self, job: DpoJob) -> None:
        self._job = job
        self._reference: dict[Pair, tuple[float, float]] = {}
        self._known = reference.Reference((), 0.0, 0.0)

    def prepare(
        self,
        model: Any,
        kept: Sequence[Pair],
        dev: Sequence[Pair],
        first: Sequence[Pair],
        halving: Halving,
    ) -> None:
        stored = Path(self._job.work) / reference.NAME
        pairs = (*kept, *dev)
        known = reference.read(stored)
        if known is None:
            began = time.monotonic()
            with _as_it_is(model, bf16=self._job.weights != "float32") as device:
                found = reference.logprobs(model, pairs, self._job, halving)
                self._reference = dict(zip(pairs, found, strict=True))
                batch = {name: t.to(device) for name, t in self.collate(first).items()}
                measured = halving.compute(len(first), partial(self.whole, model, batch))
            first_loss = measured.loss.item() / measured.count.item()
            known = reference.Reference(found, first_loss, time.monotonic() - began)
            self._check(known.first_loss)
            reference.write(stored, known)
        self._reference = dict(zip(pairs, known.logprobs, strict=True))
        self._known = known

    def collate(self, examples: Sequence[Pair]) -> dict[str, torch.Tensor]:
        """As `collate` for the chosen sides and then the rejected; `reference` has the shape (2 * pairs,)."""
        rows = [*(pair.chosen for pair in examples), *(pair.rejected for pair in examples)]
        chosen, rejected = zip(*(self._reference[pair] for pair in examples), strict=True)
        batch = collate(rows, self._job.pad_id, rounding=self.rounding)
        batch["reference"] = torch.tensor([*chosen, *rejected])
        return batch

    def measure(self, model: Any, batch: Mapping[str, torch.Tensor]) -> Measured:
        losses, margins = preference_losses(
            sequence_logprobs(model, batch), batch["reference"], self._job.beta
        )
        others = {"margin": margins.sum(), "accuracy": (margins > 0).sum()}
        return Measured(losses.sum(), self.count(batch), others)

    def count(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        # Each pair is two rows. Made where the batch is, since nothing may be read back from there.
        return torch.full_like(batch["reference"], 0.5).sum()

    def result(self, measured: Mapping[str, Any], logged: Logged) -> DpoResult:
        return DpoResult(
            **measured,
            first_loss=self._known.first_loss,
            reference_seconds=self._known.seconds,
            margins=logged("margin"),
            accuracies=logged("accuracy"),
            dev_margins=tuple(value for _, value in logged("eval_margin")),
            dev_accuracies=tuple(value for _, value in logged("eval_accuracy")),
        )

    def _check(self, first_loss: float) -> None:
        """A policy that is its own reference rewards nothing: its loss is ln 2 whatever the pairs are."""
        same = self._job.reference_adapter == self._job.start_adapter
        if same and not abs(first_loss - log(2)) < _NEAR_LN_2:
            raise RunFailed(
                f"The loss before the first update is {first_loss:.3f} nats, and must be ln 2 = 0.693 "
                "where the reference is what training starts from.",
                "The two were not computed alike: nothing that is learnt from this reference means anything.",
            )


@contextmanager
def _as_it_is(model: Any, *, bf16: bool) -> Iterator[torch.device]:
    """The model's device, while it computes in training's precision, without dropout and gradients."""
    device = next(model.parameters()).device
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad(), torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            yield device
    finally:
        model.train(was_training)
