"""Training a tiny model from end to end: what it learns, writes, counts, refuses, and how it goes on."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file
from tiny_jobs import EOS, examples, make_job
from transformers import AutoModelForCausalLM, AutoTokenizer

from compiler.plan.hashing import plain
from compiler.plan.model import Lora, Optimizer
from runtime.child import run_in_child
from runtime.failures import RunFailed
from runtime.models.local import LocalModel
from runtime.training import checkpoints
from runtime.training.batches import LengthGrouped
from runtime.training.examples import LeftOut, TrainingExample
from runtime.training.job import StepDone, TrainingResult, adapter_digest
from runtime.training.objectives import Measured, OnTargets
from runtime.training.sft import SftJob, train_sft

Straight = tuple[SftJob, TrainingResult]


class Killed(Exception):
    """The test's stand-in for a death in the middle of training."""


def quiet(_: object) -> None:
    pass


def weights(job: SftJob) -> dict[str, torch.Tensor]:
    found: dict[str, torch.Tensor] = load_file(Path(job.out) / "adapter_model.safetensors")
    return found


def same(one: SftJob, other: SftJob) -> bool:
    a, b = weights(one), weights(other)
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_training_in_a_child_learns_and_measures(job: SftJob) -> None:
    events: list[object] = []
    result = run_in_child(train_sft, replace(job, epochs=8), events.append)
    steps = [e for e in events if isinstance(e, StepDone)]
    assert len(steps) == len(events) == result.steps == 8 * 6
    assert (steps[-1].step, steps[-1].of) == (48, 48)
    assert [(s.step, s.loss) for s in steps] == list(result.losses)
    assert [(s.step, s.grad_norm) for s in steps] == list(result.grad_norms)
    assert all(s.tokens_per_second > 0 and s.margin is None and s.accuracy is None for s in steps)
    assert result.losses[-1][1] < result.losses[0][1] / 2
    assert len(result.dev_losses) == 8
    assert result.dev_losses[-1] < result.dev_losses[0]
    assert len(result.grad_norms) == 48
    assert result.examples == result.ended_by_eos - 6 == 21
    assert result.tokens == 8 * sum(e.length for e in job.examples)
    assert result.target_tokens == 8 * sum(len(e.target_ids) for e in job.examples)
    assert 0 < result.padding_tokens < result.tokens / 2
    assert result.tokens_per_second == pytest.approx(result.tokens / result.seconds)
    first = LengthGrouped([e.length for e in job.examples], job.batch, job.seed).batches(0)[0]
    lengths = [(len(job.examples[i].prompt_ids), job.examples[i].length) for i in first]
    assert result.first_masked_share == pytest.approx(sum(p for p, _ in lengths) / sum(n for _, n in lengths))
    assert result.trainable_parameters == sum(w.numel() for w in weights(job).values())
    assert (result.stopped_early, result.best_epoch, result.resumed_at) == (False, None, 0)
    assert result.peak_memory_gib > 0.1
    assert dict(result.versions)["torch"] == torch.__version__
    json.dumps(asdict(result))


def test_the_adapters_folder_holds_the_adapter_alone(job: SftJob) -> None:
    result = train_sft(job, quiet)
    out = Path(job.out)
    assert sorted(p.name for p in out.iterdir()) == ["adapter_config.json", "adapter_model.safetensors"]
    assert [p.name for p in out.parent.iterdir()] == ["adapter"]
    assert result.adapter_sha256 == adapter_digest(out)
    config = json.loads((out / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] is None
    assert not any("lm_head" in name or "embed" in name for name in weights(job))
    base = AutoModelForCausalLM.from_pretrained(job.folder)
    PeftModel.from_pretrained(base, job.out)


def test_the_seed_decides_everything(straight: Straight, job: SftJob) -> None:
    torch.rand(17)
    assert train_sft(job, quiet).adapter_sha256 == straight[1].adapter_sha256
    assert train_sft(replace(job, seed=12), quiet).adapter_sha256 != straight[1].adapter_sha256


def test_a_curriculum_is_learnt_in_its_order(job: SftJob, monkeypatch: pytest.MonkeyPatch) -> None:
    """The batches that reach the loss, over both epochs, are the examples as given."""
    seen: list[list[int]] = []
    measured = OnTargets.measure

    def watched(self: OnTargets, model: object, batch: dict[str, torch.Tensor]) -> Measured:
        if torch.is_grad_enabled():
            for ids, mask in zip(batch["input_ids"], batch["attention_mask"], strict=True):
                seen.append(ids[mask.bool()].tolist())
        return measured(self, model, batch)

    monkeypatch.setattr(OnTargets, "measure", watched)
    train_sft(replace(job, keep_order=True), quiet)
    assert seen == [[*e.prompt_ids, *e.target_ids] for e in job.examples] * 2


def test_loss_on_the_whole_text_is_another_training(job: SftJob, straight: Straight) -> None:
    result = train_sft(replace(job, loss_on="whole"), quiet)
    assert result.first_masked_share == 0
    assert result.target_tokens == 2 * sum(e.length - 1 for e in job.examples)
    assert result.tokens == straight[1].tokens
    assert not same(straight[0], job)


@pytest.mark.parametrize("at", [3, 6, 7, 11])
def test_a_killed_training_goes_on_to_the_same_adapter(straight: Straight, job: SftJob, at: int) -> None:
    """Six steps an epoch: within the first, at its end, just after, and just before the very end."""
    expected = straight[1]

    def kill(event: object) -> None:
        if isinstance(event, StepDone) and event.step == at + 1:
            raise Killed

    with pytest.raises(Killed):
        train_sft(job, kill)
    assert not Path(job.out).exists()
    found = train_sft(job, quiet)
    assert found.resumed_at == at
    assert same(straight[0], job)
    assert found.adapter_sha256 == expected.adapter_sha256
    for name in ("losses", "grad_norms", "dev_losses", "tokens", "target_tokens", "padding_tokens", "steps"):
        assert getattr(found, name) == getattr(expected, name), name


def test_what_is_soon_done_again_is_not_saved(job: SftJob, monkeypatch: pytest.MonkeyPatch) -> None:
    """Six steps an epoch, and only its end is kept where steps are quick."""
    monkeypatch.setattr(checkpoints, "SECONDS_BETWEEN", 3600.0)

    def kill(event: object) -> None:
        if isinstance(event, StepDone) and event.step == 10:
            raise Killed

    with pytest.raises(Killed):
        train_sft(job, kill)
    assert [path.name for path in Path(job.work).glob("checkpoint-*")] == ["checkpoint-6"]


def test_a_half_written_checkpoint_is_passed_over(straight: Straight, job: SftJob) -> None:
    def kill(event: object) -> None:
        if isinstance(event, StepDone) and event.step == 9:
            raise Killed

    with pytest.raises(Killed):
        train_sft(job, kill)
    (Path(job.work) / "checkpoint-8" / "trainer_state.json").write_text('{"epoch": 1.')
    assert train_sft(job, quiet).resumed_at == 7
    assert same(straight[0], job)


def test_checkpoints_of_another_job_are_not_gone_on_from(job: SftJob) -> None:
    def kill(event: object) -> None:
        if isinstance(event, StepDone) and event.step == 9:
            raise Killed

    with pytest.raises(Killed):
        train_sft(job, kill)
    assert train_sft(replace(job, examples=job.examples[:-1]), quiet).resumed_at == 0


def test_a_start_adapter_goes_on(straight: Straight, job: SftJob) -> None:
    result = train_sft(replace(job, start_adapter=straight[0].out), quiet)
    assert result.losses[0][1] < straight[1].losses[0][1]
    assert not same(straight[0], job)


@pytest.mark.parametrize("change", [{"rank": 8}, {"modules": "attention"}, {"alpha": 16}])
def test_a_start_adapter_of_another_shape_is_refused(
    straight: Straight, job: SftJob, change: dict[str, object]
) -> None:
    lora = Lora(**{**plain(job.lora), **change})
    with pytest.raises(RunFailed, match=r"start adapter has rank 4, alpha 4 on .* asks for rank"):
        train_sft(replace(job, start_adapter=straight[0].out, lora=lora), quiet)


def test_stopping_early_keeps_the_best_epoch(job: SftJob) -> None:
    """Dev examples that say the opposite get worse as training goes well."""
    contrary = tuple(
        TrainingExample(e.id, e.prompt_ids, (3 + e.prompt_ids[0] % 80,)) for e in job.dev_examples
    )
    stopping = replace(job, dev_examples=contrary, epochs=9, patience=2)
    result = train_sft(stopping, quiet)
    assert result.stopped_early
    assert result.best_epoch == len(result.dev_losses) - 2
    assert result.dev_losses[result.best_epoch - 1] == min(result.dev_losses)
    assert result.steps == 6 * len(result.dev_losses) < 54
    assert result.tokens == len(result.dev_losses) * sum(e.length for e in job.examples)


def test_too_long_examples_are_listed(job: SftJob) -> None:
    long = TrainingExample("long", (5,) * 20, (6, EOS))
    result = train_sft(replace(job, examples=(*job.examples, long), epochs=1), quiet)
    assert result.left_out == (LeftOut("long", 22),)
    assert result.examples == 21
    with pytest.raises(RunFailed, match="None of the 1 training examples has at most 16 tokens"):
        train_sft(replace(job, examples=(long,)), quiet)


def test_what_can_not_be_trained_on_is_refused(job: SftJob) -> None:
    with pytest.raises(RunFailed, match="Stopping early needs dev examples"):
        train_sft(replace(job, dev_examples=(), patience=1), quiet)
    with pytest.raises(RunFailed, match="has no prompt tokens"):
        train_sft(replace(job, examples=(TrainingExample("a", (), (4,)),)), quiet)
    with pytest.raises(RunFailed, match="end-of-sequence token inside"):
        train_sft(replace(job, examples=(TrainingExample("a", (4,), (EOS, 4)),)), quiet)


def test_nothing_is_shown(job: SftJob, capfd: pytest.CaptureFixture[str]) -> None:
    train_sft(job, quiet)
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize(("modules", "layers"), [("query_value", 2), ("attention", 4), ("all_linear", 7)])
def test_modules_are_layers_by_name(job: SftJob, modules: str, layers: int) -> None:
    lora = Lora(rank=2, alpha=2, dropout=0.0, modules=modules)  # type: ignore[arg-type]
    train_sft(replace(job, lora=lora, examples=examples(4, 3), epochs=1), quiet)
    assert len(weights(job)) == 2 * 2 * layers


@pytest.mark.skipif(torch.cuda.is_available(), reason="says what a machine without a GPU answers")
@pytest.mark.parametrize("held", ["nf4", "int8"])
def test_quantised_weights_need_a_gpu(job: SftJob, held: str) -> None:
    with pytest.raises(
        RunFailed, match=f"Training on {held} weights needs a CUDA GPU and the package bitsandbytes"
    ):
        train_sft(replace(job, weights=held), quiet)  # type: ignore[arg-type]


def test_bf16_trains_a_float32_adapter(job: SftJob) -> None:
    result = train_sft(replace(job, weights="bf16", epochs=1), quiet)
    assert result.weights == "bf16"
    assert {w.dtype for w in weights(job).values()} == {torch.float32}


@pytest.mark.real_model
def test_a_real_model_learns(tmp_path: Path, real_model: LocalModel) -> None:
    folder = str(real_model.folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)

    def ids(text: str) -> tuple[int, ...]:
        return tuple(tokenizer(text, add_special_tokens=False).input_ids)

    made = tuple(
        TrainingExample(
            word,
            ids(f"Instruction: Say {word} twice.\nResponse:"),
            (*ids(f" {word}! {word}!"), tokenizer.eos_token_id),
        )
        for word in ("yes", "no", "rain", "sun", "sea", "bread", "salt", "moon")
    )
    job = replace(
        make_job(folder, tmp_path, "adapter"),
        examples=made,
        dev_examples=made,
        max_length=64,
        threads=None,
        lora=Lora(rank=8, alpha=16, dropout=0.0, modules="all_linear"),
        optimizer=Optimizer(
            name="adamw", learning_rate=1e-3, schedule="constant", warmup=0.0, weight_decay=0.0
        ),
    )
    result = train_sft(job, quiet)
    assert result.dev_losses[-1] < result.losses[0][1] / 2


def test_each_step_goes_to_tensorboard_where_that_is_asked_for(job: SftJob, tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    folder = tmp_path / "tensorboard" / "s.student"
    result = run_in_child(train_sft, replace(job, tensorboard=str(folder)), quiet)
    seen = EventAccumulator(str(folder)).Reload()
    told = {
        name: [(e.step, e.value) for e in seen.Scalars(f"train/{name}")] for name in ("loss", "grad_norm")
    }
    assert told["loss"] == [(step, pytest.approx(loss)) for step, loss in result.losses]
    assert told["grad_norm"] == [(step, pytest.approx(norm)) for step, norm in result.grad_norms]
    assert len(seen.Scalars("train/tokens_per_second")) == result.steps
    assert [e.value for e in seen.Scalars("eval/loss")] == pytest.approx(list(result.dev_losses))
    assert job.sha256 == replace(job, tensorboard=str(folder)).sha256
