"""Training itself: transformers' Trainer with our batches and an objective's loss. Runs in the child."""

from __future__ import annotations

import platform
import resource
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from math import ceil
from pathlib import Path
from typing import Any

import accelerate
import peft
import torch
import transformers
from transformers import EarlyStoppingCallback, PrinterCallback, Trainer, TrainerCallback, set_seed

from runtime.failures import RunFailed
from runtime.training import adapter, checkpoints
from runtime.training.arguments import check_machine, training_arguments
from runtime.training.batches import IGNORED, InOrder, LengthGrouped, rounded
from runtime.training.examples import Example, check_ends, check_masks, fitting
from runtime.training.graphs import MULTIPLE, Graphs
from runtime.training.job import StepDone, TrainingJob, TrainingResult
from runtime.training.objectives import Measured, Objective
from runtime.training.room import checkpointing_needed

Emit = Callable[[object], None]

# Weights of which a step can be recorded: those of bitsandbytes look at values in between.
_RECORDED = ("bf16", "float32")


def train(job: TrainingJob, objective: Objective[Any], emit: Emit) -> TrainingResult:
    """See `sft.train_sft` and `dpo.train_dpo`: this function behind imports that cost nothing."""
    check_machine(job.weights, job.optimizer)
    transformers.utils.logging.set_verbosity_error()
    if job.threads:
        torch.set_num_threads(job.threads)
    kept, left_out = fitting(job.examples, job.max_length)
    dev, dev_left_out = fitting(job.dev_examples, job.max_length)
    _check(job, kept, dev)
    rows = [row for example in (*kept, *dev) for row in example.rows]
    check_masks(rows)
    ended = check_ends(rows, adapter.eos_ids(job.folder))
    seed = job.seed % 2**32  # the most that numpy's generator takes
    set_seed(seed)
    model = adapter.load(job.folder, job.weights, job.lora, job.start_adapter)
    parameters = adapter.trainable(model)
    in_order = InOrder if job.keep_order else LengthGrouped
    sampler = in_order([example.length for example in kept], job.batch, seed)
    checkpointing = checkpointing_needed(model, kept, job)
    if torch.cuda.is_available() and not checkpointing and job.weights in _RECORDED:
        objective.multiple = MULTIPLE
    trainer = _trainer(job, objective, model, kept, dev, sampler, seed, checkpointing, emit)
    checkpoint = checkpoints.newest(job)
    resumed_at = int(checkpoint.name.rpartition("-")[2]) if checkpoint else 0
    first = _batches(kept, sampler, 1)[0]
    objective.prepare(model, kept, dev, first)
    began = time.monotonic()
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    seconds = time.monotonic() - began
    sha256 = adapter.write(model, Path(job.out))
    state = trainer.state
    trained = [[row for e in batch for row in e.rows] for batch in _batches(kept, sampler, state.global_step)]
    real = [sum(row.length for row in batch) for batch in trained]
    padded = [len(batch) * rounded(max(row.length for row in batch), objective.multiple) for batch in trained]
    dev_losses = _logged(state, "eval_loss")
    measured: dict[str, Any] = {
        "adapter_sha256": sha256,
        "examples": len(kept),
        "left_out": left_out,
        "dev_left_out": dev_left_out,
        "ended_by_eos": ended,
        "losses": _logged(state, "loss"),
        "grad_norms": _logged(state, "grad_norm"),
        "dev_losses": tuple(loss for _, loss in dev_losses),
        "best_epoch": _best_epoch(job, dev_losses),
        "stopped_early": state.global_step < state.max_steps,
        "first_masked_share": _masked_share(objective.collate(first)),
        "tokens": sum(real),
        "target_tokens": sum(objective.targets(row) for batch in trained for row in batch),
        "padding_tokens": sum(padded) - sum(real),
        "seconds": seconds,
        "tokens_per_second": sum(real[resumed_at:]) / seconds,
        "trainable_parameters": parameters,
        "weights": job.weights,
        "checkpointing": checkpointing,
        "steps": state.global_step,
        "resumed_at": resumed_at,
        "peak_memory_gib": _peak_memory_gib(),
        "versions": _versions(),
    }
    shutil.rmtree(job.work, ignore_errors=True)
    return objective.result(measured, partial(_logged, state))


def _check(job: TrainingJob, kept: Sequence[Example], dev: Sequence[Example]) -> None:
    if not kept:
        raise RunFailed(
            f"None of the {len(job.examples)} training examples has at most {job.max_length} tokens.",
            "Raise max_length, or make shorter examples.",
        )
    if job.patience is not None and not dev:
        raise RunFailed("Stopping early needs dev examples, and there are none that fit.")


class _ObjectiveTrainer(Trainer):  # type: ignore[misc]
    """The Trainer with our sampler and an objective's loss. What a dev part measures is a mean over all that
    the objective counts, not over batches."""

    def __init__(self, sampler: InOrder, objective: Objective[Any], **more: Any) -> None:
        super().__init__(**more)
        self.control: Any
        self._sampler = sampler
        self._objective = objective
        self._measured: Measured
        self._tokens = torch.tensor(0)
        self._began = 0.0
        self._graphs: Graphs[Measured] | None = None
        if objective.multiple > 1:
            trained = [p for p in self.model.parameters() if p.requires_grad]
            self._graphs = Graphs(self._loss, trained)

    def _get_train_sampler(self, train_dataset: Any = None) -> InOrder:  # noqa: ARG002
        return self._sampler

    def training_step(self, model: Any, inputs: Any, *args: Any, **more: Any) -> torch.Tensor:
        self._began = time.monotonic()
        self._tokens = inputs["attention_mask"].sum()
        if self._graphs is None:
            return super().training_step(model, inputs, *args, **more)
        model.train()
        loss, self._measured = self._graphs.run(self._prepare_inputs(inputs))
        return loss

    def compute_loss(self, model: Any, inputs: Any, *_: Any, **__: Any) -> torch.Tensor:  # noqa: ARG002
        loss, self._measured = self._loss(inputs)
        return loss

    def _loss(self, inputs: Mapping[str, torch.Tensor]) -> tuple[torch.Tensor, Measured]:
        measured = self._objective.measure(self.model, inputs)
        return measured.loss / measured.count, replace(measured, loss=measured.loss.detach())

    def floating_point_ops(self, inputs: Any) -> int:  # noqa: ARG002
        return 0  # to count them the Trainer looks at every weight's shape, at every step

    def log(self, logs: dict[str, float], *args: Any, **more: Any) -> None:
        if "loss" in logs:  # an optimizer step is done: its own measures become part of the history
            count = self._measured.count.item()
            step = {name: value.item() / count for name, value in self._measured.others.items()}
            pace = self._tokens.item() / (time.monotonic() - self._began)
            logs = {**logs, **step, "tokens_per_second": pace}
        super().log(logs, *args, **more)

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        self.model.eval()
        sums: Counter[str] = Counter()
        count = 0
        with torch.no_grad():
            for batch in self.get_eval_dataloader():
                measured = self._objective.measure(self.model, batch)
                sums.update({name: value.item() for name, value in measured.others.items()})
                sums["loss"] += measured.loss.item()
                count += int(measured.count)
        metrics = {f"eval_{name}": total / count for name, total in sums.items()}
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics


class _Pace(TrainerCallback):  # type: ignore[misc]
    """Gives each epoch its order, asks for checkpoints between the ends of epochs, and tells of each step."""

    def __init__(self, sampler: InOrder, per_epoch: int, emit: Emit) -> None:
        self._sampler = sampler
        self._per_epoch = per_epoch
        self._emit = emit
        self._saved = time.monotonic()

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        self._sampler.epoch = state.global_step // self._per_epoch

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        within = state.global_step % self._per_epoch  # at its end an epoch saves by itself
        due = state.global_step % checkpoints.steps_between(state.max_steps) == 0
        if within and due and time.monotonic() - self._saved >= checkpoints.SECONDS_BETWEEN:
            control.should_save = True

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        self._saved = time.monotonic()

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:  # noqa: ARG002
        if "loss" in logs:
            names = ("loss", "grad_norm", "tokens_per_second", "margin", "accuracy")
            measured = {name: float(logs[name]) for name in names if name in logs}
            self._emit(StepDone(state.global_step, state.max_steps, **measured))


def _trainer(
    job: TrainingJob,
    objective: Objective[Any],
    model: Any,
    kept: Sequence[Example],
    dev: Sequence[Example],
    sampler: InOrder,
    seed: int,
    checkpointing: bool,
    emit: Emit,
) -> _ObjectiveTrainer:
    per_epoch = ceil(len(kept) / job.batch)
    callbacks: list[TrainerCallback] = [_Pace(sampler, per_epoch, emit)]
    if job.patience is not None:
        callbacks.append(EarlyStoppingCallback(early_stopping_patience=job.patience))
    trainer = _ObjectiveTrainer(
        sampler=sampler,
        objective=objective,
        model=model,
        args=training_arguments(
            job.optimizer,
            job.epochs,
            job.batch,
            seed=seed,
            steps=per_epoch * job.epochs,
            patience=job.patience is not None,
            dev=bool(dev),
            bf16=job.weights != "float32",
            checkpointing=checkpointing,
            folder=job.work,
        ),
        train_dataset=kept,
        eval_dataset=sorted(dev, key=lambda example: example.length) or None,
        data_collator=objective.collate,
        callbacks=callbacks,
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def _batches(kept: Sequence[Example], sampler: InOrder, steps: int) -> list[list[Any]]:
    """The batches of the first `steps` optimizer steps, drawn again: a resumed training hasn't seen all."""
    found: list[list[int]] = []
    epoch = 0
    while len(found) < steps:
        found += sampler.batches(epoch)
        epoch += 1
    return [[kept[i] for i in batch] for batch in found[:steps]]


def _logged(state: Any, name: str) -> tuple[tuple[int, float], ...]:
    """The history is part of each checkpoint, so it begins at step 1 also after a resume."""
    return tuple((row["step"], float(row[name])) for row in state.log_history if name in row)


def _best_epoch(job: TrainingJob, dev_losses: Sequence[tuple[int, float]]) -> int | None:
    """The epoch, counted from 1, whose adapter is the result; None where the last one's is by plan."""
    if job.patience is None:
        return None
    return 1 + min(range(len(dev_losses)), key=lambda epoch: dev_losses[epoch][1])


def _masked_share(batch: Mapping[str, torch.Tensor]) -> float:
    """Share of a batch's tokens, padding left out, that carry no loss: measured on what a model is given."""
    real = batch["attention_mask"].bool()
    return float((batch["labels"][real] == IGNORED).float().mean())


def _peak_memory_gib() -> float:
    if torch.cuda.is_available():
        return float(torch.cuda.max_memory_allocated()) / 2**30
    unit = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, Linux KiB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30


def _versions() -> tuple[tuple[str, str], ...]:
    libraries = {"torch": torch, "transformers": transformers, "peft": peft, "accelerate": accelerate}
    return (("python", platform.python_version()), *((name, m.__version__) for name, m in libraries.items()))
