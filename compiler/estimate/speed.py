"""Seconds per step: tokens over the speed of a model on the profile's hardware.

With a GPU, speeds follow from its data sheet. Reading and training are bound by its products: 2
operations per parameter and token for a forward pass (Kaplan et al. 2020, section 2.1), 2 more for the
gradients of activations, and 2 to compute a layer again where activations are not kept (Chen et al.
2016); the weights of a frozen base have no gradients. Writing is bound by its memory, from which each
token's step reads the weights and all keys and values anew (Pope et al. 2022, section 2). Without a
GPU, speeds were measured once per engine. Either way an earlier run on the same machine corrects them, by how
much longer its steps of a kind took than these formulas say of the tokens that they had.
"""

from __future__ import annotations

from collections.abc import Callable

from compiler.estimate.dimensions import Dimensions
from compiler.estimate.history import History
from compiler.frozen import Frozen
from compiler.gpus import Gpu

# Shares of what data sheets promise. The last is measured: 180 tokens a second, QLoRA of a 32B model
# on one L40S; the others are assumed until runs have been seen.
READING = 0.5
WRITING = 0.6
TRAINING = 0.3
TRAINING_QUANTISED = 0.1
FILTERED_PER_S = 20_000.0


class Speed(Frozen):
    """Tokens per second for a model of one billion parameters."""

    write: float
    read: float
    train: float
    basis: str


SPEEDS = {
    "transformers": Speed(22.0, 200.0, 27.0, "assumed: two CPU cores, as 135 M parameters in float32"),
    "vllm": Speed(30.0, 200.0, 27.0, "assumed: two CPU cores"),
    "mock": Speed(4.0, 40.0, 2.6, "no language model; a random one of a hundred thousand weights is trained"),
}


class Work(Frozen):
    """What a step asks of the hardware: tokens, and how many sequences of what length are open at once.
    With `kept` activations a training computes no layer twice."""

    read: float = 0.0
    written: float = 0.0
    trained: float = 0.0
    at_once: float = 1.0
    length: float = 0.0
    quantised: bool = False
    kept: bool = False


def gpu_seconds(gpu: Gpu, sizes: Dimensions, work: Work, weight_bytes: float, kv_bytes: float) -> float:
    """`weight_bytes` are those of the resident base, `kv_bytes` those of one token's keys and values."""
    products = gpu.tflops * 1e12
    share = TRAINING_QUANTISED if work.quantised else TRAINING
    reading = work.read * 2 * sizes.parameters / (products * READING)
    training = work.trained * (4 if work.kept else 6) * sizes.parameters / (products * share)
    at_once = max(work.at_once, 1.0)
    loaded = weight_bytes + at_once * work.length * kv_bytes
    step = max(
        loaded / (gpu.tb_per_s * 1e12 * WRITING), at_once * 2 * sizes.parameters / (products * READING)
    )
    return reading + training + work.written / at_once * step


def cpu_seconds(engine: str, billions: float, work: Work) -> float:
    speed = SPEEDS[engine]
    return billions * (work.read / speed.read + work.written / speed.write + work.trained / speed.train)


def pace(history: History, kind: str, formula: Callable[[float, float, float], float]) -> float | None:
    """How much longer than by the formula the steps of a kind took on this machine; None if none ran.

    `formula` gives seconds for tokens read, written and trained.
    """
    seen = history.kind(kind, lambda m: m.read + m.written + m.trained > 0 and m.seconds > 0, here=True)
    expected = sum(formula(m.read, m.written, m.trained) for m in seen)
    return sum(m.seconds for m in seen) / expected if expected > 0 else None
