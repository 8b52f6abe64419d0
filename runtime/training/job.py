"""What every training needs and gives, whatever its objective. No torch in here."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from compiler.plan.model import Lora, Optimizer
from runtime.training.arguments import Weights
from runtime.training.examples import Example, LeftOut


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingJob:
    """All that training needs. `folder` is the base; `out` takes the adapter, `work` the checkpoints.

    With `patience` training ends after so many epochs without a lower dev loss, and the adapter is
    the one of the best epoch. `keep_order` trains on the examples as they are given, in each epoch.
    `base_sha256` names what is in `folder`. `tensorboard` is a folder that each step's measures are
    written to as well, if it is given.
    """

    folder: str
    base_sha256: str
    start_adapter: str | None
    examples: Sequence[Example]
    dev_examples: Sequence[Example]
    lora: Lora
    optimizer: Optimizer
    weights: Weights
    epochs: int
    batch: int
    max_length: int
    keep_order: bool
    patience: int | None
    pad_id: int
    seed: int
    threads: int | None
    out: str
    work: str
    tensorboard: str = ""

    @property
    def sha256(self) -> str:
        """A hash (hex) of all that decides the adapter: equal jobs in other folders have the same."""
        places = ("folder", "out", "work", "threads", "tensorboard")
        plain = {name: value for name, value in asdict(self).items() if name not in places}
        for name in ("start_adapter", "reference_adapter"):
            if plain.get(name) is not None:
                plain[name] = adapter_digest(Path(plain[name]))
        content = json.dumps([type(self).__name__, plain], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class StepDone:
    """Progress: optimizer steps done, of how many at most, and what the last one measured.

    `loss` is in nats (per target token, or per pair); `grad_norm` is before clipping. `margin` (nats) and
    `accuracy` are a preference training's, over the step's pairs.
    """

    step: int
    of: int
    loss: float
    grad_norm: float
    tokens_per_second: float
    margin: float | None = None
    accuracy: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingResult:
    """What was trained, and what was measured meanwhile.

    Losses are in nats, per target token or per pair: `losses` and `grad_norms` (before clipping) are
    (optimizer step, value), `dev_losses` one per epoch. `tokens` and `target_tokens` (those that carry
    loss) leave padding out, which is counted in `padding_tokens`. `seconds` and `tokens_per_second`
    are of this process's share where a training was taken up again at `resumed_at`. `peak_memory_gib`
    is the GPU's where there is one, otherwise the process's; `mfu` the share of the GPU's peak that the
    needed operations come to (see `operations`), None where none is known; `foreseen_gib` what the plan said
    that the training needs of a GPU, with CUDA's own. With `checkpointing` activations were computed
    twice, because the GPU had no room to keep them.
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
    checkpointing: bool
    steps: int
    resumed_at: int
    peak_memory_gib: float
    versions: tuple[tuple[str, str], ...]
    mfu: float | None = None
    foreseen_gib: float | None = None


def before_libraries() -> None:
    """What the libraries read when they load, and so is set before them."""
    # Threads that spin while they wait take the processor from those they wait for as soon as the
    # machine does other work too.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ["HF_HUB_OFFLINE"] = "1"


def adapter_digest(folder: Path) -> str:
    """SHA-256 (hex) over an adapter's weights and what of its configuration changes results."""
    config: Mapping[str, Any] = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
    shape = {key: config[key] for key in ("r", "lora_alpha", "bias")}
    shape["modules"] = sorted(config["target_modules"])
    hashed = hashlib.sha256(json.dumps(shape, sort_keys=True).encode())
    hashed.update((folder / "adapter_model.safetensors").read_bytes())
    return hashed.hexdigest()
