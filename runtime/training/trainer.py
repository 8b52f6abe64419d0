"""Training itself: transformers' Trainer with our batches and an objective's loss. Runs in the child."""

from __future__ import annotations

import os
import platform
import resource
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from functools import partial
from math import ceil
from pathlib import Path
from typing import Any

import accelerate
import peft
import torch
import transformers
from transformers import EarlyStoppingCallback, PrinterCallback, TrainerCallback, set_seed

from runtime.failures import RunFailed
from runtime.training import adapter, checkpoints
from runtime.training.arguments import check_machine, training_arguments
from runtime.training.batches import IGNORED, InOrder, LengthGrouped, rounded
from runtime.training.examples import Example, TrainingExample, check_ends, check_masks, fitting
from runtime.training.graphs import rounding
from runtime.training.halving import Halving
from runtime.training.job import TrainingJob, TrainingResult
from runtime.training.loop import Emit, ObjectiveTrainer, Pace
from runtime.training.objectives import Objective
from runtime.training.operations import Sizes, needed, sizes_of, utilisation
from runtime.training.room import checkpointing_needed

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
        objective.rounding = rounding(sum(p.numel() for p in model.parameters()))
    halving = Halving(emit)
    trainer = _trainer(job, objective, model, kept, dev, sampler, seed, checkpointing, halving, emit)
    checkpoint = checkpoints.newest(job)
    resumed_at = int(checkpoint.name.rpartition("-")[2]) if checkpoint else 0
    first = _batches(kept, sampler, 1)[0]
    objective.prepare(model, kept, dev, first, halving)
    began = time.monotonic()
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    seconds = time.monotonic() - began
    sha256 = adapter.write(model, Path(job.out))
    state = trainer.state
    trained = [[row for e in batch for row in e.rows] for batch in _batches(kept, sampler, state.global_step)]
    real = [sum(row.length for row in batch) for batch in trained]
    padded = [
        len(batch) * rounded(max(row.length for row in batch), objective.rounding.length) for batch in trained
    ]
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
        "mfu": _mfu(sizes_of(model, parameters), objective, trained[resumed_at:], seconds),
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


def _trainer(
    job: TrainingJob,
    objective: Objective[Any],
    model: Any,
    kept: Sequence[Example],
    dev: Sequence[Example],
    sampler: InOrder,
    seed: int,
    checkpointing: bool,
    halving: Halving,
    emit: Emit,
) -> ObjectiveTrainer:
    per_epoch = ceil(len(kept) / job.batch)
    callbacks: list[TrainerCallback] = [Pace(sampler, per_epoch, emit)]
    if job.patience is not None:
        callbacks.append(EarlyStoppingCallback(early_stopping_patience=job.patience))
    if job.tensorboard:
        os.environ["TENSORBOARD_LOGGING_DIR"] = job.tensorboard  # the only way to tell transformers' writer
    trainer = ObjectiveTrainer(
        sampler=sampler,
        objective=objective,
        halving=halving,
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
            tensorboard=bool(job.tensorboard),
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


def _mfu(
    sizes: Sizes, objective: Objective[Any], batches: Sequence[Sequence[TrainingExample]], seconds: float
) -> float | None:
    if not torch.cuda.is_available():
        return None
    rows = ((row.length, objective.targets(row)) for batch in batches for row in batch)
    return utilisation(needed(sizes, rows), seconds, torch.cuda.get_device_name())


def _versions() -> tuple[tuple[str, str], ...]:
    libraries = {"torch": torch, "transformers": transformers, "peft": peft, "accelerate": accelerate}
    return (("python", platform.python_version()), *((name, m.__version__) for name, m in libraries.items()))
