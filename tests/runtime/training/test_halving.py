"""A training whose batches do not fit: the same steps, in parts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from tiny_jobs import examples, pairs

from compiler.plan.hashing import plain
from compiler.plan.model import Lora
from runtime.failures import RunFailed
from runtime.survived import Survived
from runtime.training import adapter
from runtime.training.batches import Rounding, collate, of_rows
from runtime.training.dpo import DpoJob, train_dpo
from runtime.training.job import TrainingJob, TrainingResult
from runtime.training.sft import SftJob, train_sft


class ShortOfMemory:
    """A test double of a GPU with little memory: the model's forward pass raises what torch raises there,
    for more than `rows` rows, once it has been called `after` times, and in the one call with number `peak`.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, rows: int, after: int = 0, peak: int = 0) -> None:
        self.refused = 0
        load = adapter.load

        def loaded(*args: Any) -> Any:
            model = load(*args)
            forward, calls = model.base_model.model.forward, 0

            def short_of_memory(*args: Any, input_ids: torch.Tensor, **more: Any) -> Any:
                nonlocal calls
                calls += 1
                if (calls > after and len(input_ids) > rows) or calls == peak:
                    self.refused += 1
                    raise torch.OutOfMemoryError("a test double: more than this machine holds")
                return forward(*args, input_ids=input_ids, **more)

            model.base_model.model.forward = short_of_memory
            return model

        monkeypatch.setattr(adapter, "load", loaded)


def plainly(job: Any) -> Any:
    """Without dropout, whose masks depend on how a batch is cut."""
    return replace(job, lora=Lora(**{**plain(job.lora), "dropout": 0.0}))


def beside(job: Any) -> Any:
    return replace(job, out=f"{job.out}2", work=f"{job.work}2")


def survived(events: list[object]) -> list[str]:
    return [event.told for event in events if isinstance(event, Survived)]


def same_training(found: TrainingResult, expected: TrainingResult, job: TrainingJob) -> None:
    for name in ("losses", "grad_norms"):
        for (step, one), (again, other) in zip(getattr(found, name), getattr(expected, name), strict=True):
            assert step == again
            assert one == pytest.approx(other, rel=1e-4), f"{name} of step {step}"
    assert found.dev_losses == pytest.approx(expected.dev_losses, rel=1e-4)
    for name in ("examples", "tokens", "target_tokens", "padding_tokens", "steps"):
        assert getattr(found, name) == getattr(expected, name), name
    ours, theirs = (
        load_file(Path(place) / "adapter_model.safetensors") for place in (f"{job.out}2", job.out)
    )
    for name, weight in theirs.items():
        torch.testing.assert_close(ours[name], weight, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(
    ("short", "at_once"),
    [
        ({"rows": 3}, [2]),
        ({"rows": 1}, [2, 1]),
        ({"rows": 2, "after": 4}, [2]),
        ({"rows": 3, "peak": 5}, [2, 1]),
    ],
    ids=["half", "one by one", "in the middle of a training", "in the second part of a step"],
)
def test_a_batch_that_does_not_fit_is_learnt_in_parts(
    job: SftJob, monkeypatch: pytest.MonkeyPatch, short: dict[str, int], at_once: list[int]
) -> None:
    job = plainly(job)
    expected = train_sft(job, lambda _: None)
    double = ShortOfMemory(monkeypatch, **short)
    events: list[object] = []
    found = train_sft(beside(job), events.append)
    assert double.refused == len(at_once)  # halved once, and so for the rest of the training
    assert [int(told.rstrip(".").rpartition(" ")[2]) for told in survived(events)] == at_once
    assert "Training ran out of memory with 4 examples at once" in survived(events)[0]
    same_training(found, expected, job)


def test_pairs_stay_pairs(job: SftJob, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reference's log-probabilities are computed in parts as well, and the steps with what is left."""
    made: dict[str, Any] = {name: getattr(job, name) for name in SftJob.__slots__ if name != "loss_on"}
    made |= {name: getattr(job, name) for name in TrainingJob.__slots__}
    made |= {"examples": pairs(12, 1), "dev_examples": pairs(5, 2)}
    dpo = plainly(DpoJob(**made, reference_adapter=None, beta=0.3))
    expected = train_dpo(dpo, lambda _: None)
    ShortOfMemory(monkeypatch, rows=5)
    events: list[object] = []
    found = train_dpo(beside(dpo), events.append)
    assert len(survived(events)) == 1
    same_training(found, expected, dpo)
    assert [m for _, m in found.margins] == pytest.approx([m for _, m in expected.margins], abs=1e-4)
    assert found.accuracies == expected.accuracies
    assert found.dev_margins == pytest.approx(expected.dev_margins, abs=1e-4)
    assert found.first_loss == pytest.approx(expected.first_loss, abs=1e-5)


def test_what_does_not_fit_at_all_is_a_failure_in_a_sentence(
    job: SftJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    ShortOfMemory(monkeypatch, rows=0)
    events: list[object] = []
    with pytest.raises(RunFailed, match="Training ran out of memory with the least that can be computed"):
        train_sft(job, events.append)
    assert len(survived(events)) == 2
    assert not Path(job.out).exists()


def test_a_part_of_a_batch_is_the_batch_of_its_rows() -> None:
    some = examples(5, 3)
    for rounding in (Rounding(), Rounding(8, 16)):
        batch = {**collate(some, rounding=rounding), "reference": torch.arange(5.0)}
        part = of_rows(batch, [1, 4])
        length = batch["input_ids"].shape[1]
        alone = collate([some[1], some[4]], rounding=Rounding(length))
        assert part["reference"].tolist() == [1.0, 4.0]
        assert part.keys() == {*alone, "reference"}
        for name, tensor in alone.items():
            assert torch.equal(part[name], tensor), name
