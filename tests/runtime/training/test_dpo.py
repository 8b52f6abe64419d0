"""Preference training of a tiny model: the loss, the reference, what is measured, and how it goes on."""

from __future__ import annotations

import json
from dataclasses import asdict, fields, replace
from math import exp, log
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from tiny_jobs import EOS, make_job, pairs
from transformers import AutoModelForCausalLM

from runtime.child import run_in_child
from runtime.failures import RunFailed
from runtime.training import reference
from runtime.training.dpo import DpoJob, DpoResult, train_dpo
from runtime.training.examples import LeftOut, Pair, TrainingExample
from runtime.training.job import StepDone, TrainingResult, adapter_digest
from runtime.training.loss import preference_losses
from runtime.training.sft import SftJob

Straight = tuple[SftJob, TrainingResult]


class Killed(Exception):
    """The test's stand-in for a death in the middle of training."""


def quiet(_: object) -> None:
    pass


@pytest.fixture
def job(tiny: str, tmp_path: Path) -> DpoJob:
    """Two epochs of six steps on 21 pairs, with dropout, from the base."""
    made = asdict_shallow(make_job(tiny, tmp_path, "adapter"))
    return DpoJob(
        **{**made, "examples": pairs(21, 1), "dev_examples": pairs(6, 2)}, reference_adapter=None, beta=0.1
    )


def asdict_shallow(job: SftJob) -> dict[str, object]:
    return {field.name: getattr(job, field.name) for field in fields(job) if field.name != "loss_on"}


def kill_at(step: int):
    def kill(event: object) -> None:
        if isinstance(event, StepDone) and event.step == step:
            raise Killed

    return kill


def logprob(model: torch.nn.Module, row: TrainingExample) -> float:
    """Of a completion, from whole logits, one text at a time."""
    with torch.no_grad():
        logits = model(torch.tensor([row.prompt_ids + row.target_ids])).logits[0].log_softmax(-1)
    start = len(row.prompt_ids) - 1
    return sum(float(logits[start + i, id]) for i, id in enumerate(row.target_ids))


def test_the_loss_is_equation_7() -> None:
    policy, frozen = torch.tensor([-3.0, -5.0, -4.0, -9.0]), torch.tensor([-4.0, -5.0, -6.0, -6.0])
    losses, margins = preference_losses(policy, frozen, beta=0.5)
    expected = [0.5 * ((-3 + 4) - (-4 + 6)), 0.5 * ((-5 + 5) - (-9 + 6))]
    assert margins.tolist() == pytest.approx(expected)
    assert losses.tolist() == pytest.approx([log(1 + exp(-m)) for m in expected])


def test_training_in_a_child_prefers_what_was_chosen(job: DpoJob) -> None:
    events: list[object] = []
    result = run_in_child(train_dpo, replace(job, epochs=6), events.append)
    assert isinstance(result, DpoResult)
    assert result.first_loss == pytest.approx(log(2), abs=1e-4)
    assert result.losses[-1][1] < result.losses[0][1] / 2
    assert result.accuracies[-1][1] == result.dev_accuracies[-1] == 1.0
    assert result.margins[-1][1] > 1
    assert len(result.dev_losses) == len(result.dev_margins) == len(result.dev_accuracies) == 6
    steps = [e for e in events if isinstance(e, StepDone)]
    assert len(steps) == len(events) == result.steps == 36
    assert [(s.step, s.margin) for s in steps] == list(result.margins)
    assert [(s.step, s.accuracy) for s in steps] == list(result.accuracies)
    assert [(s.step, s.loss) for s in steps] == list(result.losses)
    assert all(s.tokens_per_second > 0 and s.grad_norm > 0 for s in steps)
    rows = [row for pair in job.examples for row in pair.rows]
    assert result.examples == 21
    assert result.tokens == 6 * sum(row.length for row in rows)
    assert result.target_tokens == 6 * sum(len(row.target_ids) for row in rows)
    assert result.adapter_sha256 == adapter_digest(Path(job.out))
    assert not Path(job.work).exists()
    json.dumps(asdict(result))


def test_what_was_measured_is_what_the_written_adapter_does(job: DpoJob) -> None:
    """Log-probabilities anew, from the base and from the adapter as it was written."""
    result = train_dpo(job, quiet)
    base = AutoModelForCausalLM.from_pretrained(job.folder)
    before = [[logprob(base, row) for row in pair.rows] for pair in job.dev_examples]
    tuned = PeftModel.from_pretrained(base, job.out)
    margins = [
        job.beta * ((logprob(tuned, p.chosen) - chosen) - (logprob(tuned, p.rejected) - rejected))
        for p, (chosen, rejected) in zip(job.dev_examples, before, strict=True)
    ]
    assert sum(margins) / 6 == pytest.approx(result.dev_margins[-1], abs=1e-4)
    assert sum(m > 0 for m in margins) / 6 == pytest.approx(result.dev_accuracies[-1])
    assert sum(log(1 + exp(-m)) for m in margins) / 6 == pytest.approx(result.dev_losses[-1], abs=1e-4)


def test_the_start_adapter_is_gone_on_from_and_is_its_own_reference(job: DpoJob, straight: Straight) -> None:
    start = straight[0].out
    kept = adapter_digest(Path(start))
    result = train_dpo(replace(job, start_adapter=start, reference_adapter=start), quiet)
    assert result.first_loss == pytest.approx(log(2), abs=1e-4)
    assert adapter_digest(Path(start)) == kept != result.adapter_sha256
    assert sorted(p.name for p in Path(job.out).iterdir()) == [
        "adapter_config.json",
        "adapter_model.safetensors",
    ]


def test_another_reference_than_the_start_may_begin_anywhere(job: DpoJob, straight: Straight) -> None:
    start = straight[0].out
    from_base = train_dpo(replace(job, start_adapter=start, beta=1.0), quiet)
    to_adapter = train_dpo(replace(job, reference_adapter=start, beta=1.0), quiet)
    assert abs(from_base.first_loss - log(2)) > 0.05
    assert abs(to_adapter.first_loss - log(2)) > 0.05
    # What the one has gained over the other is what the other lacks.
    assert (from_base.first_loss < log(2)) != (to_adapter.first_loss < log(2))


def test_a_reference_that_is_computed_otherwise_stops_the_training(
    job: DpoJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = reference.logprobs

    def wrong(*arguments):
        return tuple((chosen + 3.0, rejected) for chosen, rejected in honest(*arguments))

    monkeypatch.setattr(reference, "logprobs", wrong)
    with pytest.raises(RunFailed, match=r"before the first update is 0.854 nats, and must be ln 2"):
        train_dpo(job, quiet)
    assert not Path(job.out).exists()


@pytest.mark.parametrize("at", [3, 6, 11])
def test_a_killed_training_goes_on_to_the_same_adapter_with_the_same_reference(
    job: DpoJob, straight: Straight, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = straight[0].out
    job = replace(job, start_adapter=start, reference_adapter=start)
    expected = train_dpo(replace(job, out=f"{job.out}2", work=f"{job.work}2"), quiet)
    with pytest.raises(Killed):
        train_dpo(job, kill_at(at + 1))

    def again(*_: object) -> None:
        raise AssertionError("the reference was computed again")

    monkeypatch.setattr(reference, "logprobs", again)
    found = train_dpo(job, quiet)
    assert found.resumed_at == at
    for name in ("adapter_sha256", "first_loss", "losses", "margins", "accuracies", "dev_losses", "tokens"):
        assert getattr(found, name) == getattr(expected, name), name


def test_stopping_early_watches_the_dev_pairs(job: DpoJob) -> None:
    """Dev pairs that prefer the opposite get worse as training goes well."""
    contrary = tuple(Pair(p.id, p.rejected, p.chosen) for p in job.dev_examples)
    result = train_dpo(replace(job, dev_examples=contrary, epochs=9, patience=2), quiet)
    assert result.stopped_early
    assert result.best_epoch == 1
    assert len(result.dev_losses) == len(result.dev_accuracies) == 3
    assert result.dev_losses[0] == min(result.dev_losses)


def test_a_pair_with_one_side_too_long_is_left_out(job: DpoJob) -> None:
    long = Pair("long", TrainingExample("long", (5,), (6, EOS)), TrainingExample("long", (5,), (7,) * 20))
    result = train_dpo(replace(job, examples=(*job.examples, long), epochs=1), quiet)
    assert result.left_out == (LeftOut("long", 21),)
    assert result.examples == 21


def test_either_side_is_checked(job: DpoJob) -> None:
    good, bad = TrainingExample("a", (4,), (5,)), TrainingExample("a", (4,), (EOS, 4))
    with pytest.raises(RunFailed, match="end-of-sequence token inside"):
        train_dpo(replace(job, examples=(Pair("a", good, bad),)), quiet)
    with pytest.raises(RunFailed, match="has no target tokens"):
        train_dpo(replace(job, examples=(Pair("a", replace(good, target_ids=()), good),)), quiet)


def test_bf16_begins_near_ln_2_too(job: DpoJob, straight: Straight) -> None:
    start = straight[0].out
    half = replace(job, weights="bf16", start_adapter=start, reference_adapter=start, epochs=1)
    assert train_dpo(half, quiet).first_loss == pytest.approx(log(2), abs=0.02)


def test_the_same_job_elsewhere_has_the_same_hash(job: DpoJob, straight: Straight, tmp_path: Path) -> None:
    elsewhere = tmp_path / "copy"
    elsewhere.mkdir()
    for file in Path(straight[0].out).iterdir():
        (elsewhere / file.name).write_bytes(file.read_bytes())
    here = replace(job, reference_adapter=straight[0].out)
    there = replace(here, reference_adapter=str(elsewhere), folder="/other", out="x", work="y", threads=3)
    assert here.sha256 == there.sha256
    changes = [{"beta": 0.2}, {"reference_adapter": None}, {"keep_order": True}, {"base_sha256": "other"}]
    assert len({here.sha256, *(replace(here, **change).sha256 for change in changes)}) == 5  # type: ignore[arg-type]
