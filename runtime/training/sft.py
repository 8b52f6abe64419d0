"""Supervised fine-tuning of a LoRA adapter: what goes in, what comes out. `trainer` does the work."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compiler.plan.model import Lora, Optimizer
from runtime.training.arguments import Weights
from runtime.training.examples import LeftOut, TrainingExample


@dataclass(frozen=True, slots=True)
class SftJob:
    """All that training needs. `folder` is the base; `out` takes the adapter, `work` the checkpoints.

    With `patience` training ends after so many epochs without a lower dev loss, and the adapter is
    the one of the best epoch.
    """

    folder: str
    start_adapter: str | None
    examples: Sequence[TrainingExample]
    dev_examples: Sequence[TrainingExample]
    lora: Lora
    optimizer: Optimizer
    weights: Weights
    epochs: int
    batch: int
    max_length: int
    patience: int | None
    pad_id: int
    seed: int
    threads: int | None
    out: str
    work: str


@dataclass(frozen=True, slots=True)
class StepDone:
    """Progress: optimizer steps done, of how many at most, and the loss in nats per target token."""

    step: int
    of: int
    loss: float


@dataclass(frozen=True, slots=True)
class SftResult:
    """What was trained, and what was measured meanwhile.

    Losses are in nats per target token: `losses` and `grad_norms` (before clipping) are (optimizer
    step, value), `dev_losses` one per epoch. `tokens` and `target_tokens` leave padding out, which
    is counted in `padding_tokens`. `seconds` and `tokens_per_second` are of this process's share
    where a training was taken up again at `resumed_at`. `peak_memory_gib` is the GPU's where there
    is one, otherwise the process's.
    """

    adapter_sha256: str
    examples: int
    left_out: tuple[LeftOut, ...]
    dev_left_out: tuple[LeftOut, ...]
    ended_by_eos: int
    losses: tuple[tuple[int, float], ...]
    grad_norms: tuple[tuple[int, float], ...]
    dev_losses: tuple[float, ...]
    best_epoch: int | None
    stopped_early: bool
    first_masked_share: float
    tokens: int
    target_tokens: int
    padding_tokens: int
    seconds: float
    tokens_per_second: float
    trainable_parameters: int
    weights: str
    steps: int
    resumed_at: int
    peak_memory_gib: float
    versions: tuple[tuple[str, str], ...]


def train_sft(job: SftJob, emit: Callable[[object], None]) -> SftResult:
    """Train, and write the adapter whole or not at all. Goes on from the newest checkpoint in `work`.

    Emits `StepDone`. Raises RunFailed for weights that this machine can't hold, a start adapter of
    another shape, examples that mask nothing or everything or disagree with the model on its eos,
    and where every example is too long.
    """
    # Read when the libraries load, so set before them. Threads that spin while they wait take the
    # processor from those they wait for as soon as the machine does other work too.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ["HF_HUB_OFFLINE"] = "1"
    from runtime.training.trainer import train

    return train(job, emit)


def adapter_digest(folder: Path) -> str:
    """SHA-256 (hex) over an adapter's weights and what of its configuration changes results."""
    config: dict[str, Any] = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
    shape = {key: config[key] for key in ("r", "lora_alpha", "bias")}
    shape["modules"] = sorted(config["target_modules"])
    hashed = hashlib.sha256(json.dumps(shape, sort_keys=True).encode())
    hashed.update((folder / "adapter_model.safetensors").read_bytes())
    return hashed.hexdigest()
