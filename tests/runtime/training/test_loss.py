"""The loss is the model's own: the same value and the same gradients, from fewer logits."""

from __future__ import annotations

import pytest
import torch
from peft import PeftModel
from tiny_jobs import examples

from compiler.plan.model import Lora
from runtime.training import adapter
from runtime.training.batches import collate
from runtime.training.loss import summed_loss

LORA = Lora(rank=4, alpha=8, dropout=0.0, modules="all_linear")


@pytest.fixture
def model(tiny: str) -> PeftModel:
    torch.manual_seed(5)
    loaded = adapter.load(tiny, "float32", LORA, None)
    for name, parameter in loaded.named_parameters():
        if "lora_B" in name:  # a new adapter's B is zero, and then A has no gradient to compare
            torch.nn.init.normal_(parameter, std=0.1)
    return loaded


def gradients(model: PeftModel) -> list[torch.Tensor]:
    found = [p.grad.clone() for p in model.parameters() if p.grad is not None]
    model.zero_grad()
    return found


def test_loss_and_gradients_are_those_of_the_models_own_loss(model: PeftModel) -> None:
    batch = collate(examples(7, seed=4))
    own = model(**batch).loss
    own.backward()
    expected = gradients(model)
    total, count = summed_loss(model, batch)
    (total / count).backward()
    assert count == int((batch["labels"] != -100).sum())
    torch.testing.assert_close(total / count, own, rtol=1e-6, atol=1e-6)
    found = gradients(model)
    assert len(found) == len(expected) == 2 * 7 * 2
    for one, other in zip(found, expected, strict=True):
        assert one.abs().max() > 0
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-7)


def test_padding_changes_nothing(model: PeftModel) -> None:
    several = examples(5, seed=4)
    with torch.no_grad():
        alone = sum(summed_loss(model, collate([e]))[0].item() for e in several)
        for padding in (0, 7):
            together = summed_loss(model, collate(several, padding))[0].item()
            assert together == pytest.approx(alone, rel=1e-5)


def test_the_model_is_left_as_it_was(model: PeftModel) -> None:
    batch = collate(examples(3, seed=4))
    summed_loss(model, batch)
    assert model(input_ids=batch["input_ids"]).logits.shape == (*batch["input_ids"].shape, 97)
