"""The frozen policy's log-probabilities of all pairs: computed once, and kept beside the checkpoints."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from runtime.journal import write_whole
from runtime.training.batches import collate
from runtime.training.dpo import DpoJob
from runtime.training.examples import Pair
from runtime.training.halving import Halving
from runtime.training.loss import sequence_logprobs

NAME = "reference.json"
_ADAPTER = "reference"
_LEARNER = "default"
_ON_A_GPU = 4  # training batches at once: nothing is kept for a backward pass


@dataclass(frozen=True, slots=True)
class Reference:
    """(chosen, rejected) log-probabilities of each pair in nats, the loss before the first update, and the
    time that all of it took."""

    logprobs: tuple[tuple[float, float], ...]
    first_loss: float
    seconds: float


def read(path: Path) -> Reference | None:
    """What an earlier process has computed for the same job."""
    if not path.is_file():
        return None
    stored = json.loads(path.read_text(encoding="utf-8"))
    return Reference(tuple((c, r) for c, r in stored["logprobs"]), stored["first_loss"], stored["seconds"])


def write(path: Path, found: Reference) -> None:
    write_whole(path, json.dumps(asdict(found)))


def logprobs(
    model: Any, pairs: Sequence[Pair], job: DpoJob, halving: Halving
) -> tuple[tuple[float, float], ...]:
    """Each pair's log-probabilities under the base with the reference's adapter, or without any.

    `model` is the learner, without dropout and gradients, and its own adapter is off meanwhile: there is
    one base. Batches are of similar length.
    """
    found: dict[int, tuple[float, float]] = {}
    order = sorted(range(len(pairs)), key=lambda i: pairs[i].length)
    device = next(model.parameters()).device
    with _frozen(model, job.reference_adapter):
        at_once = job.batch * (_ON_A_GPU if device.type == "cuda" else 1)
        for start in range(0, len(order), at_once):
            some = [pairs[i] for i in order[start : start + at_once]]
            values = halving.compute(len(some), partial(_logprobs, model, some, job.pad_id, device))
            found.update(zip(order[start:], values, strict=False))
    return tuple(found[i] for i in range(len(pairs)))


def _logprobs(
    model: Any, pairs: Sequence[Pair], pad_id: int, device: torch.device, at_once: int
) -> list[tuple[float, float]]:
    """Of pairs that are computed `at_once` at most."""
    found: list[tuple[float, float]] = []
    for start in range(0, len(pairs), at_once):
        rows = [row for pair in pairs[start : start + at_once] for row in pair.rows]
        batch = {name: t.to(device) for name, t in collate(rows, pad_id).items()}
        found += [
            (chosen, rejected) for chosen, rejected in sequence_logprobs(model, batch).view(-1, 2).tolist()
        ]
    return found


@contextmanager
def _frozen(model: Any, adapter: str | None) -> Iterator[None]:
    """The model as the reference: the base alone, or with its adapter beside the learner's."""
    if adapter is None:
        with model.disable_adapter():
            yield
        return
    model.load_adapter(adapter, adapter_name=_ADAPTER)
    model.set_adapter(_ADAPTER)
    try:
        yield
    finally:
        model.set_adapter(_LEARNER)
        model.delete_adapter(_ADAPTER)
