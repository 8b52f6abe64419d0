"""Peak GPU memory of a step, in bytes, as a sum of named parts.

What is exact is counted: weights, adapters, optimizer states, keys and values, checkpoints of
activations. What depends on kernels and allocators stands in `Constants`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from compiler.estimate.dimensions import Dimensions
from compiler.frozen import Frozen
from compiler.plan.model import Lora

GIB = 2.0**30
Weights = Literal["nf4", "int8", "bf16", "float32"]
Precision = Literal["float32", "bf16"]

FLOATS: Mapping[str, float] = {"bf16": 2.0, "float32": 4.0}
# Bytes per parameter of a quantised linear layer. nf4: 4 bits, an 8-bit constant for each block of 64,
# and a 32-bit one for each 256 of those (double quantisation: Dettmers et al. 2023, section 3, whose
# 0.127 bits per parameter are 8 / 64 + 32 / (64 * 256)). int8: a 32-bit constant for each row.
QUANTISED: Mapping[str, float] = {"nf4": (4 + 8 / 64 + 32 / (64 * 256)) / 8, "int8": 1.0}
# Bytes that an optimizer keeps per trained parameter: two moments, of 4 bytes or of one (Dettmers et al.
# 2022, with a 32-bit constant for each block of 256).
STATES: Mapping[str, float] = {"adamw": 8.0, "paged_adamw_8bit": 2 * (1 + 4 / 256)}
LORA_MODULES: Mapping[str, tuple[str, ...]] = {
    "all_linear": ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"),
    "attention": ("q_proj", "k_proj", "v_proj", "o_proj"),
    "query_value": ("q_proj", "v_proj"),
}


class Constants(Frozen):
    """What no configuration tells. Counted from the modules of transformers' Llama and Qwen2 as they
    are with SDPA, and then fitted by `tests/benchmarks/fit_memory.py` to nine peaks that torch measured
    on an H100, of Gemma 3 270M and a random model of 1.7B: they miss those by 5 % at most, and three others
    that were not fitted by 2 %. A random model of 8B and 4-bit bases, measured on an H200, are missed by 7 %
    at most; of them one was used, for `per_float32`. CUDA's context and the slack were not measured.

    `per_width`: bytes that one layer's forward pass keeps for its backward one, per token and unit of
    width in the residual stream and attention (two norms with their float32 copies, residuals, queries,
    keys, values, what attention gives). `per_inner`: the same per unit of the feed-forward part (gate, up,
    activation and product, each in two bytes, and their gradients while it is passed back).
    `per_float32`: what a base in 4 or 8 bits keeps beside `per_width`, since its norms and the residual
    stream are in float32.
    `per_dropped`: per input of an adapted module, where dropout keeps a mask and a copy. `per_logit`: per
    target and token of the vocabulary (bf16 logits, their float32 copy, its softmax, and the gradient).
    `per_looked`: the same where nothing is passed back, counted (2 bytes, 4 and 4).
    `context`: bytes of CUDA's context and libraries. `slack`: what the allocator holds and can't use, as
    a share of all that comes and goes. `serving_per_token`: bytes per token of vLLM's largest batch and unit
    of hidden or inner width. `graphs`: bytes of its captured graphs.
    """

    per_width: float = 11.4
    per_inner: float = 7.2
    per_float32: float = 7.9
    per_dropped: float = 2.6
    per_logit: float = 12.3
    per_looked: float = 10.0
    context: float = 0.6 * GIB
    slack: float = 0.05
    serving_per_token: float = 8.0
    graphs: float = 0.8 * GIB


CONSTANTS = Constants()
UTILIZATION = 0.9  # share of the GPU's memory that vLLM may fill: the engine's own setting
BATCH_TOKENS = 8192  # vLLM's largest batch of prompt tokens on a large GPU (its max_num_batched_tokens)
ADAPTERS_AT_ONCE = 4  # for which vLLM keeps room, at the largest rank and on all linear layers
AT_ONCE = 256  # sequences that are worth having open together: more hardly write faster
REFERENCE_BATCHES = 4  # batches that a frozen reference is asked at once: the trainer's own setting
KEPT_UP_TO = 0.85  # share of the GPU's memory in which the trainer keeps activations: its own setting
LOGITS_AT_ONCE = 2.0**26  # the transformers engine's limit on logits in one batch
ROWS = 64  # sequences that the transformers engine draws at once


class Peak(Frozen):
    """Bytes by part. `needed` is their sum; `taken` is more where an engine fills what it is given, and
    then `filled` says with what."""

    parts: Mapping[str, float]
    taken: float
    filled: str = ""

    @property
    def needed(self) -> float:
        return sum(self.parts.values())

    @property
    def words(self) -> str:
        """`weights 61.0, adapter 0.5`: what is above a twentieth of a GiB, in GiB."""
        large = ((name, size / GIB) for name, size in self.parts.items() if size > 0.05 * GIB)
        return ", ".join(f"{name} {size:.1f}" for name, size in large) + self.filled


def kv_bytes(sizes: Dimensions, precision: Precision) -> float:
    """Keys and values of one token: two vectors in each layer (Pope et al. 2022, section 2.1)."""
    return 2 * sizes.layers * sizes.keys * FLOATS[precision]


def weight_bytes(sizes: Dimensions, weights: Weights) -> float:
    """A frozen base. Quantised, only linear parts of layers are: embeddings, output layer and norms are made
    float32, as peft's `prepare_model_for_kbit_training` does it."""
    if weights in QUANTISED:
        return sizes.linear * QUANTISED[weights] + sizes.others * FLOATS["float32"]
    return sizes.parameters * FLOATS[weights]


def lora_parameters(sizes: Dimensions, lora: Lora) -> int:
    """Rank x (inputs + outputs) of each adapted part, in each layer (Hu et al. 2021, section 4.1)."""
    projections = sizes.projections()
    return sizes.layers * sum(lora.rank * sum(projections[name]) for name in LORA_MODULES[lora.modules])


class Training(Frozen):
    """A training's settings as its memory sees them: `tokens` in the largest batch, padding counted,
    `targets` of them with a loss. Without `checkpointing` every layer's activations are kept. A frozen
    reference looks at up to `reference_targets` at once, before the first step."""

    weights: Weights
    lora: Lora
    optimizer: Literal["adamw", "paged_adamw_8bit"]
    tokens: float
    targets: float
    checkpointing: bool = True
    reference_targets: float = 0.0


def roomy(sizes: Dimensions, job: Training, gpu_bytes: float) -> Training:
    """The training as the trainer does it on a GPU: activations are kept where there is room for them."""
    kept = replace(job, checkpointing=False)
    return kept if training(sizes, kept).needed <= KEPT_UP_TO * gpu_bytes else job


def training(sizes: Dimensions, job: Training, constants: Constants = CONSTANTS) -> Peak:
    """The trainer's peak: all that stays, and the larger of what the loss and what one layer needs; or what
    the reference's log-probabilities need, if that is more.

    The adapter is float32: 4 bytes a parameter, 4 for its gradient, and the optimizer's states. With
    checkpointing the residual stream is kept once per layer, and one layer is computed again while it is
    passed back (Chen et al. 2016, section 4); without it all layers' activations are kept (counted as by
    Korthikanti et al. 2022, section 4, less what SDPA does not store). Logits exist for targets only.
    """
    quantised = job.weights in QUANTISED
    residual = FLOATS["bf16" if job.weights == "bf16" else "float32"]
    adapter = lora_parameters(sizes, job.lora)
    layer = job.tokens * _layer(sizes, job.lora, constants) * (2 if job.weights == "float32" else 1)
    if quantised:
        layer += job.tokens * _width(sizes) * constants.per_float32
    kept = job.tokens * sizes.layers * sizes.hidden * residual if job.checkpointing else layer * sizes.layers
    logits = job.targets * sizes.vocabulary * constants.per_logit
    # Autocast makes a bf16 copy of a float32 output layer for the time of its product.
    copied = sizes.vocabulary * sizes.hidden * FLOATS["bf16"] if quantised else 0.0
    # One linear part is made bf16 again at a time; the largest is the feed-forward's.
    dequantised = sizes.hidden * sizes.inner * FLOATS["bf16"] if quantised else 0.0
    name, passing = max(("logits", logits + copied), ("one layer", layer + dequantised), key=lambda p: p[1])
    looked = job.reference_targets * sizes.vocabulary * constants.per_looked + copied
    if looked > kept + passing:
        kept, name, passing = 0.0, "the reference's logits", looked
    parts = {
        "weights": weight_bytes(sizes, job.weights),
        "adapter": adapter * (8 + STATES[job.optimizer]),
        "activations": kept,
        name: passing,
        "CUDA": constants.context + constants.slack * (kept + passing),
    }
    return Peak(parts, sum(parts.values()))


def _layer(sizes: Dimensions, lora: Lora, constants: Constants) -> float:
    """Bytes per token that one layer keeps for its backward pass in bf16."""
    projections = sizes.projections()
    dropped = sum(projections[name][0] for name in LORA_MODULES[lora.modules]) if lora.dropout else 0
    return (
        constants.per_width * _width(sizes)
        + constants.per_inner * sizes.inner
        + constants.per_dropped * dropped
    )


def _width(sizes: Dimensions) -> float:
    return sizes.hidden + sizes.queries / 2 + sizes.keys


class Serving(Frozen):
    """What vLLM is to serve: sequences of so many tokens at most, and adapters up to a rank."""

    precision: Precision
    longest: float
    adapter_rank: int = 0


def fitting(sizes: Dimensions, job: Serving, gpu_bytes: float, constants: Constants = CONSTANTS) -> float:
    """How many sequences of the longest kind vLLM can have open at once; below 1 the model does not fit."""
    left = gpu_bytes * UTILIZATION - sum(_served(sizes, job, constants).values())
    return left / (max(job.longest, 1.0) * kv_bytes(sizes, job.precision))


def serving(sizes: Dimensions, job: Serving, gpu_bytes: float, constants: Constants = CONSTANTS) -> Peak:
    """vLLM's peak (Kwon et al. 2023, section 4). It needs keys and values of one sequence of the longest
    kind, and fills its share of the GPU with those of as many as there is room for."""
    parts = _served(sizes, job, constants)
    parts["keys and values"] = job.longest * kv_bytes(sizes, job.precision)
    needed = sum(parts.values())
    taken = max(gpu_bytes * UTILIZATION, needed)
    together = int(fitting(sizes, job, gpu_bytes, constants))
    rest = f"; the other {(taken - needed) / GIB:.1f} give room for {together:,} sequences at once"
    return Peak(parts, taken, rest if together > 1 else "")


def _served(sizes: Dimensions, job: Serving, constants: Constants) -> dict[str, float]:
    every = Lora(rank=job.adapter_rank, alpha=1, dropout=0.0, modules="all_linear")
    wide = max(sizes.hidden, sizes.inner)
    # Sampling sorts float32 logits of all sequences: a copy, its order (8 bytes), and their sums.
    sampling = AT_ONCE * sizes.vocabulary * 20.0
    return {
        "weights": sizes.parameters * FLOATS[job.precision],
        "adapters": ADAPTERS_AT_ONCE * lora_parameters(sizes, every) * FLOATS[job.precision],
        "activations": max(BATCH_TOKENS * wide * constants.serving_per_token, sampling),
        "graphs and CUDA": constants.graphs + constants.context,
    }


def asking(sizes: Dimensions, precision: Precision, longest: float, constants: Constants = CONSTANTS) -> Peak:
    """The transformers engine's peak: weights, keys and values of its rows, and the logits of a batch."""
    wide = ROWS * longest * max(sizes.hidden, sizes.inner) * FLOATS[precision]
    coming = ROWS * longest * kv_bytes(sizes, precision) + LOGITS_AT_ONCE * 8.0 + wide
    parts = {
        "weights": sizes.parameters * FLOATS[precision],
        "keys and values": ROWS * longest * kv_bytes(sizes, precision),
        "activations": coming - ROWS * longest * kv_bytes(sizes, precision),
        "CUDA": constants.context + constants.slack * coming,
    }
    return Peak(parts, sum(parts.values()))
