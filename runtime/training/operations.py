"""What training an adapter asks of a machine's arithmetic, and which share of its peak that is (MFU)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from compiler.plan.gpus import GPUS
from runtime.training.arguments import MODULES


@dataclass(frozen=True, slots=True)
class Sizes:
    """Of a decoder as its arithmetic sees it: weights in the linear parts of its layers, in its output layer,
    and of the adapter; `attention` is the width of all queries of a layer, times the layers."""

    linear: int
    output: int
    attention: int
    adapter: int


def sizes_of(model: Any, adapter: int) -> Sizes:
    """Of a model with an adapter of so many parameters. Quantised weights count as what they stand for."""
    config = model.config
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    parts = [
        part.in_features * part.out_features
        for name, part in model.named_modules()
        if name.removesuffix(".base_layer").rpartition(".")[2] in MODULES["all_linear"]
        and not hasattr(part, "base_layer")
    ]
    return Sizes(
        linear=sum(parts),
        output=config.vocab_size * config.hidden_size,
        attention=config.num_attention_heads * width * config.num_hidden_layers,
        adapter=adapter,
    )


def needed(sizes: Sizes, rows: Iterable[tuple[int, int]]) -> float:
    """Operations that training on these rows takes, nothing computed twice and no padding. A row is its
    tokens and those of them that carry loss; a preference's reference is not counted.

    Two for each weight and token forwards, and as many for the gradient that is passed back; frozen weights
    get none themselves, an adapter's do (Hu et al. 2021, section 4.1). The output layer is counted for
    targets only. Attention looks at half of all pairs of tokens, in two products forwards and four backwards.
    """
    weights = 4.0 * sizes.linear + 6.0 * sizes.adapter
    return sum(
        tokens * weights + targets * 4.0 * sizes.output + tokens**2 * 6.0 * sizes.attention
        for tokens, targets in rows
    )


def peak_per_second(device: str) -> float | None:
    """Operations a second in bf16, from the data sheet; None for a GPU that is not known, or none."""
    found = [gpu for gpu in GPUS if gpu.name in device]
    return found[0].tflops * 1e12 if found else None


def utilisation(operations: float, seconds: float, device: str) -> float | None:
    """Model FLOPs utilisation (Chowdhery et al. 2022, appendix B): the share of the peak that the operations
    which are needed come to."""
    peak = peak_per_second(device)
    return None if peak is None or seconds <= 0 else operations / seconds / peak
