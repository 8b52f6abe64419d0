"""The losses: on target tokens, with logits only where there is a target, and on pairs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch.nn import functional

from runtime.training.batches import IGNORED


def target_losses(model: Any, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """Negative log-likelihoods in nats, in float32, of the batch's targets, row by row: shape (targets,).
    Those of targets that are none are 0.

    Most positions are prompt, and a vocabulary is large: the output layer's input is narrowed to the
    positions that predict a target, by a hook, so that whatever a model does to its logits afterwards
    (scaling, soft caps) still happens.

    The model is given no mask. Padding is on the right, and no token looks at those after it; without a
    mask attention takes its fast path. No value decides a shape here, and nothing is read back, so that a
    GPU can be given all of it at once (see `graphs`).
    """

    def narrow(_: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        return (inputs[0].flatten(0, 1).index_select(0, batch["predicts"]).unsqueeze(0),)

    hook = model.get_output_embeddings().register_forward_pre_hook(narrow)
    try:
        logits = model(input_ids=batch["input_ids"]).logits
    finally:
        hook.remove()
    return functional.cross_entropy(
        logits[0].float(), batch["targets"], reduction="none", ignore_index=IGNORED
    )


def summed_loss(model: Any, batch: Mapping[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """Negative log-likelihood in nats, summed over the batch's targets, and their number.

    Equal to the model's own loss for `labels` (mean cross entropy of the next token, in float32)
    times that number.
    """
    return target_losses(model, batch).sum(), (batch["targets"] != IGNORED).sum()


def sequence_logprobs(model: Any, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """Each row's log-probability of its targets given its prompt, in nats, in float32: shape (rows,)."""
    rows, longest = batch["input_ids"].shape
    losses = target_losses(model, batch)
    return -losses.new_zeros(rows).index_add(0, batch["predicts"] // longest, losses)


def preference_losses(
    policy: torch.Tensor, reference: torch.Tensor, beta: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Losses and reward margins of pairs, in nats, each of shape (pairs,).

    `policy` and `reference` are log-probabilities of shape (2 * pairs,): those of the chosen texts, then
    those of the rejected. A reward is beta times their difference, and the loss is -log sigmoid of the
    rewards' difference (Rafailov et al. 2023, arXiv:2305.18290, eq. 7).
    """
    chosen, rejected = (beta * (policy - reference)).chunk(2)
    margins = chosen - rejected
    return -functional.logsigmoid(margins), margins.detach()
