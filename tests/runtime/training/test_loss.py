"""The loss is the model's own: the same value and the same gradients, from fewer logits."""

from __future__ import annotations

import pytest
import torch
from peft import PeftModel
from tiny_jobs import examples

from compiler.plan.model import Lora
from runtime.training import adapter
from runtime.training.batches import Rounding, collate
from runtime.training.loss import sequence_logprobs, summed_loss

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
    own = model(**{name: batch[name] for name in ("input_ids", "attention_mask", "labels")}).loss
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


@pytest.mark.parametrize(("padding", "multiple"), [(0, 1), (7, 1), (7, 8), (0, 32)])
def test_padding_changes_nothing(model: PeftModel, padding: int, multiple: int) -> None:
    several = examples(5, seed=4)
    with torch.no_grad():
        each = [summed_loss(model, collate([e]))[0].item() for e in several]
        batch = collate(several, padding, rounding=Rounding(multiple, multiple))
        total, count = summed_loss(model, batch)
        assert total.item() == pytest.approx(sum(each), rel=1e-5)
        assert count == sum(len(e.target_ids) for e in several)
        assert sequence_logprobs(model, batch).tolist() == pytest.approx([-one for one in each], rel=1e-5)


def test_the_model_is_left_as_it_was(model: PeftModel) -> None:
    batch = collate(examples(3, seed=4))
    summed_loss(model, batch)
    assert model(input_ids=batch["input_ids"]).logits.shape == (*batch["input_ids"].shape, 97)
