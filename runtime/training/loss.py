"""The losses: on target tokens, with logits only where there is a target, and on pairs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch.nn import functional

from runtime.training.batches import IGNORED

_INPUTS = ("input_ids", "attention_mask", "position_ids")


def target_losses(model: Any, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """Negative log-likelihoods in nats, in float32, of the batch's targets, row by row: shape (targets,).

    Most positions are prompt, and a vocabulary is large: the output layer's input is narrowed to the
    positions that predict a target, by a hook, so that whatever a model does to its logits afterwards
    (scaling, soft caps) still happens.
    """
    labels = batch["labels"][:, 1:]
    predicts = labels != IGNORED

    def narrow(_: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        return (inputs[0][:, :-1][predicts].unsqueeze(0),)

    hook = model.get_output_embeddings().register_forward_pre_hook(narrow)
    try:
        logits = model(**{name: batch[name] for name in _INPUTS}).logits
    finally:
        hook.remove()
    return functional.cross_entropy(logits[0].float(), labels[predicts], reduction="none")


def summed_loss(model: Any, batch: Mapping[str, torch.Tensor]) -> tuple[torch.Tensor, int]:
    """Negative log-likelihood in nats, summed over the batch's targets, and their number.

    Equal to the model's own loss for `labels` (mean cross entropy of the next token, in float32)
    times that number.
    """
    losses = target_losses(model, batch)
    return losses.sum(), losses.numel()


def sequence_logprobs(model: Any, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """Each row's log-probability of its targets given its prompt, in nats, in float32: shape (rows,)."""
    targets = (batch["labels"][:, 1:] != IGNORED).sum(1).tolist()
    return -torch.stack([row.sum() for row in target_losses(model, batch).split(targets)])


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
