"""Batches of similar length, padded on the right; the same ones for the same seed and epoch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch.nn import functional
from torch.utils.data import Sampler

from runtime.training.examples import TrainingExample

IGNORED = -100  # cross entropy's own mark for positions without loss
_POOL = 50  # batches that are sorted by length together: little padding, and the order stays random


@dataclass(frozen=True, slots=True)
class Rounding:
    """Up to multiples of what a batch's longest row and its number of targets are rounded, so that many
    batches have few shapes."""

    length: int = 1
    targets: int = 1


EXACT = Rounding()


def collate(
    examples: Sequence[TrainingExample],
    padding_id: int = 0,
    whole: bool = False,
    rounding: Rounding = EXACT,
) -> dict[str, torch.Tensor]:
    """Examples as tensors of shape (batch, longest): ids, attention mask, labels (int64).

    Labels are -100 on padding and, but for `whole`, on prompts. Padding is on the right, where no real
    token looks, so its id is of no consequence.

    `predicts` and `targets`, of shape (targets,), say the same as the labels: where, counted through all
    rows, a token predicts a target, and which. Targets that are there by `rounding` alone are -100.
    """
    longest = rounded(max(example.length for example in examples), rounding.length)
    shape = (len(examples), longest)
    ids = torch.full(shape, padding_id, dtype=torch.long)
    labels = torch.full(shape, IGNORED, dtype=torch.long)
    mask = torch.zeros(shape, dtype=torch.long)
    for row, example in enumerate(examples):
        start = 0 if whole else len(example.prompt_ids)
        ids[row, : example.length] = torch.tensor(example.prompt_ids + example.target_ids)
        labels[row, start : example.length] = ids[row, start : example.length]
        mask[row, : example.length] = 1
    rows, columns = (labels[:, 1:] != IGNORED).nonzero(as_tuple=True)
    more = rounded(len(rows), rounding.targets) - len(rows)
    return {
        "input_ids": ids,
        "attention_mask": mask,
        "labels": labels,
        "predicts": functional.pad(rows * longest + columns, (0, more)),
        "targets": functional.pad(labels[rows, columns + 1], (0, more), value=IGNORED),
    }


def of_rows(batch: Mapping[str, torch.Tensor], rows: Sequence[int]) -> dict[str, torch.Tensor]:
    """The part of a batch that some of its `rows` make, in ascending order: padded as before, with their
    targets and none by rounding. What there is beside the targets has one entry for each row.
    """
    longest = batch["input_ids"].shape[1]
    chosen = torch.tensor(rows, device=batch["input_ids"].device)
    place = torch.full((len(batch["input_ids"]),), -1, device=chosen.device)
    place[chosen] = torch.arange(len(rows), device=chosen.device)
    row, column = place[batch["predicts"] // longest], batch["predicts"] % longest
    here = (row >= 0) & (batch["targets"] != IGNORED)
    part = {name: t[chosen] for name, t in batch.items() if name not in ("predicts", "targets")}
    return {**part, "predicts": (row * longest + column)[here], "targets": batch["targets"][here]}


def rounded(number: int, multiple: int) -> int:
    """Up to the next multiple."""
    return -(-number // multiple) * multiple


class InOrder(Sampler[int]):  # type: ignore[misc]
    """Indices in their own order, sliced into `batch`es, the same for each `epoch`: a curriculum."""

    def __init__(self, lengths: Sequence[int], batch: int, seed: int) -> None:
        self.lengths = tuple(lengths)
        self.batch = batch
        self.seed = seed
        self.epoch = 0

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[int]:
        for batch in self.batches(self.epoch):
            yield from batch

    def batches(self, epoch: int) -> list[list[int]]:  # noqa: ARG002
        """The epoch's batches in the order in which they are trained on."""
        indices = list(range(len(self.lengths)))
        return [indices[i : i + self.batch] for i in range(0, len(indices), self.batch)]


class LengthGrouped(InOrder):
    """Indices whose consecutive slices of `batch` have similar lengths, reshuffled for each `epoch`.

    The order depends on lengths, seed and epoch alone and draws from no shared generator, so a
    training that was killed goes on with the batches it would have had. The batches themselves are
    shuffled (transformers' own sampler runs from long to short); the odd ones that fill no batch are
    drawn at random and come last.
    """

    def batches(self, epoch: int) -> list[list[int]]:
        draw = torch.Generator().manual_seed((self.seed * 1_000_003 + epoch) % 2**63)
        order = torch.randperm(len(self.lengths), generator=draw).tolist()
        full = len(order) - len(order) % self.batch
        pool = _POOL * self.batch
        batches: list[list[int]] = []
        for start in range(0, full, pool):
            alike = sorted(order[start : min(start + pool, full)], key=lambda i: self.lengths[i])
            batches += [alike[i : i + self.batch] for i in range(0, len(alike), self.batch)]
        shuffled = [batches[i] for i in torch.randperm(len(batches), generator=draw).tolist()]
        return shuffled + ([order[full:]] if full < len(order) else [])
