"""How large a model is: from the lock, else from its public configuration, else from its name."""

from __future__ import annotations

import re
from dataclasses import fields

from compiler.frozen import Frozen
from compiler.lock import Facts
from compiler.plan.model import FolderSource, HubSource, ModelBinding


class Dimensions(Frozen):
    """Sizes of a decoder with gated feed-forward layers. `parameters` counts tied weights once.

    `known` is False for sizes that were guessed from a name: good for a guess at time and memory,
    and no ground for an error.
    """

    layers: int
    hidden: int
    inner: int
    heads: int
    kv_heads: int
    head_dim: int
    vocabulary: int
    parameters: int
    known: bool = True

    @property
    def queries(self) -> int:
        """Width of all queries of a layer together, and of what attention gives back."""
        return self.heads * self.head_dim

    @property
    def keys(self) -> int:
        """Width of a layer's keys, and of its values."""
        return self.kv_heads * self.head_dim

    def projections(self) -> dict[str, tuple[int, int]]:
        """Inputs and outputs of a layer's linear parts, by the names that transformers gives them."""
        return {
            "q_proj": (self.hidden, self.queries),
            "k_proj": (self.hidden, self.keys),
            "v_proj": (self.hidden, self.keys),
            "o_proj": (self.queries, self.hidden),
            "gate_proj": (self.hidden, self.inner),
            "up_proj": (self.hidden, self.inner),
            "down_proj": (self.inner, self.hidden),
        }

    @property
    def linear(self) -> int:
        """Parameters in the layers' linear parts: what quantisation makes smaller."""
        return self.layers * sum(inputs * outputs for inputs, outputs in self.projections().values())

    @property
    def others(self) -> int:
        """Embeddings, an output layer of its own, norms and biases."""
        return max(self.parameters - self.linear, 0)


def _public(
    layers: int, hidden: int, inner: int, heads: int, kv_heads: int, vocabulary: int, parameters: int
) -> Dimensions:
    return Dimensions(layers, hidden, inner, heads, kv_heads, hidden // heads, vocabulary, parameters)


# From each checkpoint's config.json on the hub; parameters from its safetensors index.
PUBLIC: dict[str, Dimensions] = {
    "HuggingFaceTB/SmolLM2-135M": _public(30, 576, 1536, 9, 3, 49152, 134_515_008),
    "Qwen/Qwen2.5-0.5B": _public(24, 896, 4864, 14, 2, 151936, 494_032_768),
    "Qwen/Qwen2.5-1.5B": _public(28, 1536, 8960, 12, 2, 151936, 1_543_714_304),
    "Qwen/Qwen2.5-3B": _public(36, 2048, 11008, 16, 2, 151936, 3_085_938_688),
    "Qwen/Qwen2.5-7B": _public(28, 3584, 18944, 28, 4, 152064, 7_615_616_512),
    "Qwen/Qwen2.5-14B": _public(48, 5120, 13824, 40, 8, 152064, 14_770_033_664),
    "Qwen/Qwen2.5-32B": _public(64, 5120, 27648, 40, 8, 152064, 32_763_876_352),
    "Qwen/Qwen2.5-72B": _public(80, 8192, 29568, 64, 8, 152064, 72_706_203_648),
    "meta-llama/Llama-3.2-1B": _public(16, 2048, 8192, 32, 8, 128256, 1_235_814_400),
    "meta-llama/Llama-3.2-3B": _public(28, 3072, 8192, 24, 8, 128256, 3_212_749_824),
    "meta-llama/Llama-3.1-8B": _public(32, 4096, 14336, 32, 8, 128256, 8_030_261_248),
    "meta-llama/Llama-3.1-70B": _public(80, 8192, 28672, 64, 8, 128256, 70_553_706_496),
    "mistralai/Mistral-7B-v0.3": _public(32, 4096, 14336, 32, 8, 32768, 7_248_023_552),
}
SIZES = [field.name for field in fields(Dimensions)]
SIZE_IN_NAME = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)([bBmM])(?![a-zA-Z])")
TUNED = re.compile(r"-(Instruct|Base)$")  # the same sizes as the checkpoint that the table names


def dimensions(binding: ModelBinding, facts: Facts) -> Dimensions | None:
    """The bound checkpoint's sizes; None where not even its name tells anything."""
    found = facts.get("dimensions")
    if found is not None:
        return Dimensions(**{name: found[name] for name in SIZES if name in found})
    source = binding.source
    name = source.repository if isinstance(source, HubSource) else getattr(source, "path", "")
    if isinstance(source, HubSource) and (known := PUBLIC.get(TUNED.sub("", name))):
        return known
    if isinstance(source, HubSource | FolderSource) and (named := SIZE_IN_NAME.search(name)):
        return _alike(float(named[1]) * (1e9 if named[2] in "bB" else 1e6))
    return None


def _alike(parameters: float) -> Dimensions:
    """As the table's checkpoint nearest in size, with as many layers as its parameters ask for."""
    like = min(PUBLIC.values(), key=lambda d: max(d.parameters, parameters) / min(d.parameters, parameters))
    layers = max(round((parameters - like.others) / (like.linear / like.layers)), 1)
    return Dimensions(
        layers,
        like.hidden,
        like.inner,
        like.heads,
        like.kv_heads,
        like.head_dim,
        like.vocabulary,
        round(parameters),
        known=False,
    )
