"""Whether a GPU has room to keep a batch's activations. Tried, not guessed: one pass says it."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from typing import Any

import torch

from runtime.training.batches import collate
from runtime.training.examples import Example
from runtime.training.job import TrainingJob
from runtime.training.loss import summed_loss
from runtime.training.sft import SftJob

# Of the memory that others leave: the rest is for the optimizer, and for what lies unused between tensors.
SHARE = 0.85


def checkpointing_needed(model: Any, kept: Sequence[Example], job: TrainingJob) -> bool:
    """Whether activations must be computed twice: the largest batch leaves too little of the GPU when it
    keeps them. False without a GPU, where memory is cheaper than time."""
    if not torch.cuda.is_available():
        return False
    largest = sorted(kept, key=lambda example: example.length)[-job.batch :]
    whole = isinstance(job, SftJob) and job.loss_on == "whole"
    batch = collate([row for example in largest for row in example.rows], job.pad_id, whole)
    if next(model.parameters()).device.type == "cpu":  # what bitsandbytes made is where it belongs
        model.cuda()
    model.train()
    torch.cuda.reset_peak_memory_stats()
    try:
        with torch.autocast("cuda", torch.bfloat16, enabled=job.weights != "float32"):
            loss, _ = summed_loss(model, {name: tensor.cuda() for name, tensor in batch.items()})
        loss.backward()
        peak = torch.cuda.max_memory_allocated()
    except torch.OutOfMemoryError:
        peak = None
    model.zero_grad()
    gc.collect()
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    return peak is None or peak > SHARE * _left_by_others()


def _left_by_others() -> int:
    """Bytes of the GPU's memory that are free or this process's own."""
    return int(torch.cuda.mem_get_info()[0] + torch.cuda.memory_reserved())
