"""Recorded steps compute what the steps themselves do. Only a GPU can record."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from tiny_jobs import examples

from compiler.plan.model import Lora
from runtime.training import adapter, room
from runtime.training.batches import Rounding, collate
from runtime.training.graphs import Graphs
from runtime.training.loss import summed_loss
from runtime.training.sft import SftJob, train_sft

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="CUDA graphs need a GPU")


def test_gradients_are_the_same_for_each_shape(tiny: str) -> None:
    torch.manual_seed(5)
    lora = Lora(rank=4, alpha=8, dropout=0.0, modules="all_linear")
    model = adapter.load(tiny, "float32", lora, None).cuda()
    trained = [p for p in model.parameters() if p.requires_grad]
    for parameter in trained:
        torch.nn.init.normal_(parameter, std=0.1)

    def compute(batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        loss, count = summed_loss(model, batch)
        return loss / count, count

    graphs = Graphs(compute, trained)
    batches = [
        {name: t.cuda() for name, t in collate(examples(count, seed), rounding=Rounding(8, 8)).items()}
        for seed, count in enumerate((5, 5, 7, 5, 7, 7, 5))
    ]

    def plainly(batch: dict[str, torch.Tensor]) -> tuple[float, int, list[torch.Tensor]]:
        loss, count = compute(batch)
        return loss.item(), int(count), list(torch.autograd.grad(loss, trained))

    for batch in batches:
        loss, count, expected = plainly(batch)
        found = graphs.run(batch)
        assert found[0].item() == pytest.approx(loss, rel=1e-5)
        assert found[1] == count
        for parameter, gradient in zip(trained, expected, strict=True):
            torch.testing.assert_close(parameter.grad, gradient, rtol=1e-4, atol=1e-6)


def test_a_training_with_dropout_goes_the_same_way(job: SftJob, monkeypatch: pytest.MonkeyPatch) -> None:
    """Recorded or not, the same random numbers are drawn."""
    recorded = train_sft(replace(job, epochs=4), lambda _: None)
    monkeypatch.setattr("runtime.training.trainer._RECORDED", ())
    plain = train_sft(replace(job, epochs=4, out=f"{job.out}2", work=f"{job.work}2"), lambda _: None)
    assert len(recorded.losses) == len(plain.losses)
    # Dropout masks depend on a batch's padded shape, so only the way down is compared.
    assert recorded.losses[-1][1] == pytest.approx(plain.losses[-1][1], abs=0.3)
    assert recorded.losses[-1][1] < recorded.losses[0][1] / 2


def test_where_there_is_no_room_activations_are_computed_twice(
    job: SftJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not train_sft(job, lambda _: None).checkpointing
    monkeypatch.setattr(room, "SHARE", 0.0)
    again = train_sft(replace(job, out=f"{job.out}2", work=f"{job.work}2"), lambda _: None)
    assert again.checkpointing
    assert again.losses[-1][1] < again.losses[0][1]
