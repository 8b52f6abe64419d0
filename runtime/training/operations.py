"""What training an adapter asks of a machine's arithmetic, and which share of its peak that is (MFU)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from compiler.estimate.dimensions import Dimensions
from compiler.estimate.memory import lora_parameters
from compiler.gpus import GPUS
from compiler.plan.model import Lora
from runtime.models.lock import dimensions


def sizes_of(folder: Path) -> Dimensions:
    """Of the model in a folder, by its configuration."""
    found: dict[str, Any] = {n: size for n, size in dimensions(folder).items() if n != "max_positions"}
    return Dimensions(**found)


def needed(sizes: Dimensions, lora: Lora, rows: Iterable[tuple[int, int]]) -> float:
    """Operations that training on these rows takes, nothing computed twice and no padding. A row is its
    tokens and those of them that carry loss; a preference's reference is not counted.

    Two for each weight and token forwards, and as many for the gradient that is passed back; frozen weights
    get none themselves, an adapter's do (Hu et al. 2021, section 4.1). The output layer is counted for
    targets only. Attention looks at half of all pairs of tokens, in two products forwards and four backwards.
    """
    weights = 4.0 * sizes.linear + 6.0 * lora_parameters(sizes, lora)
    output = 4.0 * sizes.vocabulary * sizes.hidden
    attention = 6.0 * sizes.queries * sizes.layers
    return sum(tokens * weights + targets * output + tokens**2 * attention for tokens, targets in rows)


def peak_per_second(device: str) -> float | None:
    """Operations a second in bf16, from the data sheet; None for a GPU that is not known, or none."""
    found = [gpu for gpu in GPUS if gpu.name in device]
    return found[0].tflops * 1e12 if found else None


def utilisation(operations: float, seconds: float, device: str) -> float | None:
    """Model FLOPs utilisation (Chowdhery et al. 2022, appendix B): the share of the peak that the operations
    which are needed come to."""
    peak = peak_per_second(device)
    return None if peak is None or seconds <= 0 else operations / seconds / peak
