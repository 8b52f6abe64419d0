"""A causal language model that is fed packed rows: no padding, and logits only where they are wanted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from runtime.engines import attention
from runtime.engines.attention import KeysAndValues, Prefill, Prefix, Rows, Sink, Step
from runtime.engines.prefix import Group, common_length
from runtime.failures import RunFailed

# Largest difference to transformers' own attention that rounding explains, in logits.
_TOLERANCE = {torch.float32: 1e-3, torch.bfloat16: 0.5}


class PackedModel:
    """Wraps a transformers model; from then on it must only be called through this class."""

    def __init__(self, model: Any) -> None:
        self._model = model.requires_grad_(False).eval()
        config = model.config.get_text_config()
        self.vocabulary_size: int = config.vocab_size
        self.positions: int = config.max_position_embeddings
        size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
        # One token's keys and values in all layers.
        self.bytes_per_slot: int = 2 * config.num_hidden_layers * heads * size * model.dtype.itemsize
        self._attest()

    def prefill(
        self,
        rows: Sequence[Sequence[int]],
        prefixes: Sequence[Prefix | None],
        wanted: Sequence[int],
        sink: Sink | None = None,
    ) -> Tensor:
        """Logits [len(wanted), vocabulary] of the tokens `wanted`, counted through the packed rows.

        Each row continues its prefix; rows with the same prefix are neighbours.
        """
        kv = Prefill([len(row) for row in rows], prefixes, sink)
        ids = torch.tensor([token for row in rows for token in row])
        return self._forward(ids, kv.positions, kv, torch.tensor(wanted, dtype=torch.long))

    def step(self, rows: Rows, ids: Tensor) -> Tensor:
        """Logits [rows, vocabulary] after one more token per row."""
        kv = Step(rows)
        return self._forward(ids, kv.positions, kv, torch.arange(len(ids)))

    def prefix(self, ids: tuple[int, ...], before: Prefix | None = None) -> Prefix:
        """Keys and values of `ids`, starting from what they share with the prefix `before`."""
        shared = common_length(ids, before.ids) if before else 0
        start = before.first(shared) if before and shared else None
        made = Prefix(ids)

        def sink(layer: int, keys: Tensor, values: Tensor) -> None:
            if start is not None:
                keys = torch.cat([start.keys[layer], keys], 2)
                values = torch.cat([start.values[layer], values], 2)
            made.keys.append(keys.contiguous())
            made.values.append(values.contiguous())

        if shared == len(ids):
            assert start is not None
            return start
        self.prefill([ids[shared:]], [start], [], sink)
        return made

    def _forward(self, ids: Tensor, positions: Tensor, kv: KeysAndValues, wanted: Tensor) -> Tensor:
        with torch.no_grad():
            output = self._model(
                input_ids=ids[None],
                position_ids=positions[None],
                use_cache=False,
                logits_to_keep=wanted,
                kv=kv,
            )
        logits: Tensor = output.logits[0]
        return logits.float()

    def _attest(self) -> None:
        """Compare this attention with the library's on a few tokens: architectures can surprise."""
        ids = torch.arange(24) * 7 % self.vocabulary_size
        expected = self._model(input_ids=ids[None], use_cache=False).logits[0, -3:].float()
        self._model.set_attn_implementation(attention.NAME)
        try:
            tokens = tuple(ids.tolist())
            prefix = self.prefix(tokens[:10], self.prefix((*tokens[:6], 0)))
            rows = Rows(1, len(tokens))
            logits = [self.prefill([tokens[10:22]], [prefix], [11], rows.sink_for_new())]
            rows.add([12], [prefix])
            logits += [self.step(rows, ids[22:23]), self.step(rows, ids[23:])]
            difference = float((torch.cat(logits) - expected).abs().max())
        except (TypeError, ValueError, AttributeError, IndexError) as error:
            kind = type(self._model).__name__
            raise RunFailed(f"The transformers engine can't run a {kind}: {error}") from error
        if not difference <= _TOLERANCE[self._model.dtype]:
            kind = type(self._model).__name__
            raise RunFailed(
                f"The transformers engine computes other logits for a {kind} than transformers does "
                f"(largest difference {difference:.2g})."
            )


class Prefixes:
    """The shared prefixes of one sorted list of sequences: made when first needed, each from the one
    before, and dropped when no row uses them."""

    def __init__(
        self, model: PackedModel, sequences: Sequence[tuple[int, ...]], groups: Sequence[Group]
    ) -> None:
        self._model = model
        self._sequences = sequences
        self._group = [group for group in groups for _ in range(group.start, group.end)]
        self._latest: tuple[Group, Prefix] | None = None

    def length(self, index: int) -> int:
        """How many tokens of sequence `index` come from a shared prefix."""
        return self._group[index].length

    def of(self, index: int) -> Prefix | None:
        """The prefix for sequence `index`. Ask in ascending order: only the latest is kept here."""
        group = self._group[index]
        if group.length == 0:
            return None
        if self._latest is None or self._latest[0] is not group:
            before = self._latest[1] if self._latest else None
            ids = self._sequences[index][: group.length]
            self._latest = (group, self._model.prefix(ids, before))
        return self._latest[1]
