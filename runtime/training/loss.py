"""The loss on target tokens, with logits only where there is a target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch.nn import functional

from runtime.training.batches import IGNORED


def summed_loss(model: Any, batch: Mapping[str, torch.Tensor]) -> tuple[torch.Tensor, int]:
    """Negative log-likelihood in nats, summed over the batch's targets, and their number.

    Equal to the model's own loss for `labels` (mean cross entropy of the next token, in float32)
    times that number. Most positions are prompt, and a vocabulary is large: the output layer's
    input is narrowed to the positions that predict a target, by a hook, so that whatever a model
    does to its logits afterwards (scaling, soft caps) still happens.
    """
    labels = batch["labels"][:, 1:]
    predicts = labels != IGNORED
    targets = labels[predicts]

    def narrow(_: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        return (inputs[0][:, :-1][predicts].unsqueeze(0),)

    hook = model.get_output_embeddings().register_forward_pre_hook(narrow)
    try:
        logits = model(**{name: value for name, value in batch.items() if name != "labels"}).logits
    finally:
        hook.remove()
    return functional.cross_entropy(logits[0].float(), targets, reduction="sum"), int(targets.numel())
