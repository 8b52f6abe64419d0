"""Attention over keys and values that live in two places: a prefix shared by rows, and the row's own.

Attention over both is the average of attention over each, weighted by the softmax's denominators,
so the shared part is stored once and read once per layer however many rows use it, and the result
is exact. transformers calls `_forward` for each layer of the model and passes on `kv`, which is a
`Prefill` (many tokens per row) or a `Step` (one token per row). In both, the tokens of all rows are
packed into one sequence without padding, so the matrix products outside attention waste nothing.

Shapes: T tokens in a packed sequence, R rows, L the longest row's tokens, P a prefix's length, H
query heads, G key-value heads, D the size of a head.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor
from transformers import AttentionInterface

from runtime.failures import RunFailed

NAME = "stagespec_shared_prefix"

# Stands for minus infinity in masks and weights: a row that may look at nothing must not become NaN.
_NEVER = -1e30


@dataclass(slots=True)
class Prefix:
    """Keys and values of a token sequence, per layer: [1, G, P, D]."""

    ids: tuple[int, ...]
    keys: list[Tensor] = field(default_factory=list)
    values: list[Tensor] = field(default_factory=list)

    def first(self, length: int) -> Prefix:
        """The prefix's own beginning, without copying."""
        return Prefix(
            self.ids[:length],
            [keys[:, :, :length] for keys in self.keys],
            [values[:, :, :length] for values in self.values],
        )


class KeysAndValues(Protocol):
    """What `kv` must be: attention of one layer's queries, given that layer's new keys and values."""

    def attend(
        self, layer: int, query: Tensor, key: Tensor, value: Tensor, scale: float, window: int | None
    ) -> Tensor:
        """query [H, T, D], key and value [G, T, D] -> [H, T, D]; `window` in tokens or None."""
        ...


# Receives a layer's new keys and values, padded on the right: layer, [R, G, L, D], [R, G, L, D].
Sink = Callable[[int, Tensor, Tensor], None]


class Prefill:
    """Many tokens per row, each row after its prefix (or none).

    `lengths` are the rows' numbers of new tokens; `prefixes` the rows' prefixes, rows with the same
    one being neighbours. New keys and values go to `sink`.
    """

    def __init__(self, lengths: Sequence[int], prefixes: Sequence[Prefix | None], sink: Sink | None) -> None:
        self._sink = sink
        self._spans = _token_spans(lengths, prefixes)
        own = torch.tensor(lengths)
        self._row = torch.repeat_interleave(torch.arange(len(lengths)), own)
        starts = torch.cumsum(own, 0) - own
        self._column = torch.arange(int(own.sum())) - starts[self._row]
        offsets = torch.tensor([len(prefix.ids) if prefix else 0 for prefix in prefixes])
        self.positions = offsets[self._row] + self._column
        # Where each cell of the padded layout [R, L] comes from; padding repeats the row's last token.
        longest = max(lengths)
        self._source = starts[:, None] + torch.minimum(torch.arange(longest)[None, :], own[:, None] - 1)
        self._masks: dict[object, Tensor | None] = {}

    def attend(
        self, layer: int, query: Tensor, key: Tensor, value: Tensor, scale: float, window: int | None
    ) -> Tensor:
        keys = key[:, self._source].transpose(0, 1)
        values = value[:, self._source].transpose(0, 1)
        if self._sink is not None:
            self._sink(layer, keys, values)
        padded = query[:, self._source].transpose(0, 1)
        per_group = query.shape[0] // key.shape[0]
        out, weight = _part(
            padded,
            keys.repeat_interleave(per_group, 1),
            values.repeat_interleave(per_group, 1),
            scale,
            self._own_mask(window, query.dtype),
            causal=True,
        )
        out = out[self._row, :, self._column].transpose(0, 1)
        weight = weight[self._row, :, self._column].transpose(0, 1)
        for start, end, prefix in self._spans:
            mask = self._prefix_mask(start, end, prefix, window, per_group, query.dtype)
            shared = _over_prefix(query[:, start:end], prefix, layer, scale, mask)
            out[:, start:end] = _merged(out[:, start:end], weight[:, start:end], *shared)
        return out

    def _own_mask(self, window: int | None, dtype: torch.dtype) -> Tensor | None:
        """None while no row is longer than the window: then the causal mask says it all."""
        longest = self._source.shape[1]
        if window is None or longest <= window:
            return None
        if window not in self._masks:
            at = torch.arange(longest)
            distance = at[:, None] - at[None, :]
            self._masks[window] = _as_mask((distance >= 0) & (distance < window), dtype)[None, None]
        return self._masks[window]

    def _prefix_mask(
        self, start: int, end: int, prefix: Prefix, window: int | None, per_group: int, dtype: torch.dtype
    ) -> Tensor | None:
        if window is None:
            return None
        if (window, start) not in self._masks:
            self._masks[window, start] = _window_mask(
                self.positions[start:end], prefix, window, per_group, dtype
            )
        return self._masks[window, start]


class Rows:
    """The own keys and values of rows that are being drawn, per layer [rows, G, slots, D].

    Rows 0 to `count` - 1 are in use; each fills its slots from 0. Keys of a slot that is not filled
    are finite (0 or padding) and masked.
    """

    def __init__(self, rows: int, slots: int) -> None:
        self._shape = (rows, slots)
        self._keys: list[Tensor] = []
        self._values: list[Tensor] = []
        self.lengths = torch.zeros(rows, dtype=torch.long)
        self.prefixes: list[Prefix | None] = []

    @property
    def count(self) -> int:
        return len(self.prefixes)

    def sink_for_new(self) -> Sink:
        """A sink for a prefill whose rows come after those in use."""
        first = self.count

        def sink(layer: int, keys: Tensor, values: Tensor) -> None:
            if layer == len(self._keys):
                rows, slots = self._shape
                shape = (rows, keys.shape[1], slots, keys.shape[3])
                self._keys.append(keys.new_zeros(shape))
                self._values.append(values.new_zeros(shape))
            here = slice(first, first + len(keys))
            self._keys[layer][here, :, : keys.shape[2]] = keys
            self._values[layer][here, :, : keys.shape[2]] = values

        return sink

    def add(self, lengths: Sequence[int], prefixes: Sequence[Prefix | None]) -> None:
        """Take the rows that were just filled into use."""
        self.lengths[self.count : self.count + len(lengths)] = torch.tensor(lengths)
        self.prefixes += prefixes

    def remove(self, row: int) -> None:
        """Drop a row; the last row in use moves into its place."""
        last = self.count - 1
        if row != last:
            filled = int(self.lengths[last])
            for cache in (*self._keys, *self._values):
                cache[row, :, :filled] = cache[last, :, :filled]
            self.lengths[row] = self.lengths[last]
            self.prefixes[row] = self.prefixes[last]
        self.prefixes.pop()

    def write(self, layer: int, key: Tensor, value: Tensor, slots: Tensor) -> tuple[Tensor, Tensor]:
        """Put one token's [count, G, D] into each row; returns views [count, G, filled slots, D]."""
        rows, filled = torch.arange(self.count), int(slots.max()) + 1
        self._keys[layer][rows, :, slots] = key
        self._values[layer][rows, :, slots] = value
        return self._keys[layer][: self.count, :, :filled], self._values[layer][: self.count, :, :filled]


class Step:
    """One token per row of `rows`, in their order; afterwards each row is one longer."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._slots = rows.lengths[: rows.count].clone()
        self._offsets = torch.tensor([len(prefix.ids) if prefix else 0 for prefix in rows.prefixes])
        self.positions = self._offsets + self._slots
        self._groups = _rows_by_prefix(rows.prefixes)
        self._masks: dict[object, Tensor | None] = {}
        rows.lengths[: rows.count] += 1

    def attend(
        self, layer: int, query: Tensor, key: Tensor, value: Tensor, scale: float, window: int | None
    ) -> Tensor:
        heads, count, size = query.shape
        per_group = heads // key.shape[0]
        keys, values = self._rows.write(layer, key.transpose(0, 1), value.transpose(0, 1), self._slots)
        by_row = query.view(-1, per_group, count, size).permute(2, 0, 1, 3)
        mask = self._own_mask(keys.shape[2], window, query.dtype)
        out, weight = _part(by_row, keys, values, scale, mask, causal=False)
        out = out.permute(1, 2, 0, 3).reshape(heads, count, size)
        weight = weight.permute(1, 2, 0).reshape(heads, count)
        for number, (rows, prefix) in enumerate(self._groups):
            prefix_mask = self._prefix_mask(number, rows, prefix, window, per_group, query.dtype)
            shared = _over_prefix(query[:, rows], prefix, layer, scale, prefix_mask)
            out[:, rows] = _merged(out[:, rows], weight[:, rows], *shared)
        return out

    def _own_mask(self, filled: int, window: int | None, dtype: torch.dtype) -> Tensor | None:
        if window not in self._masks:
            distance = self._slots[:, None] - torch.arange(filled)[None, :]
            seen = distance >= 0
            if window is not None:
                seen &= distance < window
            self._masks[window] = _as_mask(seen, dtype)[:, None, None, :]
        return self._masks[window]

    def _prefix_mask(
        self, number: int, rows: Tensor | slice, prefix: Prefix, window: int | None, per_group: int,
        dtype: torch.dtype,
    ) -> Tensor | None:  # fmt: skip
        if window is None:
            return None
        if (window, number) not in self._masks:
            self._masks[window, number] = _window_mask(self.positions[rows], prefix, window, per_group, dtype)
        return self._masks[window, number]


def _part(
    query: Tensor, keys: Tensor, values: Tensor, scale: float, mask: Tensor | None, causal: bool
) -> tuple[Tensor, Tensor]:
    """Attention over one part, and the logarithm of the softmax's denominator (its weight).

    query [B, heads, Q, D], keys and values [B, heads, S, D] -> [B, heads, Q, D], [B, heads, Q].
    This is the kernel behind `scaled_dot_product_attention` on a CPU, called by name because only
    this form returns the denominator.
    """
    if mask is not None:
        mask = mask.expand(query.shape[0], query.shape[1], query.shape[2], keys.shape[2])
        causal = False
    out, weight = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(
        query, keys, values, 0.0, causal, attn_mask=mask, scale=scale
    )
    return out, weight


def _over_prefix(
    query: Tensor, prefix: Prefix, layer: int, scale: float, mask: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Attention of [H, T, D] over a shared prefix: one product for all rows and a group's heads."""
    heads, tokens, size = query.shape
    keys, values = prefix.keys[layer], prefix.values[layer]
    grouped = query.reshape(1, keys.shape[1], -1, size)
    out, weight = _part(grouped, keys, values, scale, mask, causal=False)
    return out.reshape(heads, tokens, size), weight.reshape(heads, tokens)


def _merged(out: Tensor, weight: Tensor, other: Tensor, other_weight: Tensor) -> Tensor:
    """Two parts' results [H, T, D], averaged by their weights [H, T] (logarithms)."""
    share = torch.sigmoid(weight - other_weight).to(out.dtype)
    return torch.lerp(other, out, share[:, :, None])


def _as_mask(seen: Tensor, dtype: torch.dtype) -> Tensor:
    return torch.zeros(seen.shape, dtype=dtype).masked_fill_(~seen, _NEVER)


def _window_mask(
    positions: Tensor, prefix: Prefix, window: int, per_group: int, dtype: torch.dtype
) -> Tensor | None:
    """What tokens at `positions` see of a prefix, for queries grouped as in `_over_prefix`."""
    length = len(prefix.ids)
    if int(positions.max()) < window:
        return None
    seen = positions[:, None] - torch.arange(length)[None, :] < window
    return _as_mask(seen, dtype).repeat(per_group, 1)[None, None]


def _token_spans(lengths: Sequence[int], prefixes: Sequence[Prefix | None]) -> list[tuple[int, int, Prefix]]:
    """(first token, last token + 1, prefix) for each run of rows with the same prefix."""
    spans: list[tuple[int, int, Prefix]] = []
    at = 0
    for length, prefix in zip(lengths, prefixes, strict=True):
        if prefix is not None and spans and spans[-1][2] is prefix and spans[-1][1] == at:
            spans[-1] = (spans[-1][0], at + length, prefix)
        elif prefix is not None:
            spans.append((at, at + length, prefix))
        at += length
    return spans


def _rows_by_prefix(prefixes: Sequence[Prefix | None]) -> list[tuple[Tensor | slice, Prefix]]:
    """Each prefix with the rows that use it; a slice, which needs no copy, if these are all rows."""
    rows: dict[int, list[int]] = {}
    for row, prefix in enumerate(prefixes):
        if prefix is not None:
            rows.setdefault(id(prefix), []).append(row)
    groups: list[tuple[Tensor | slice, Prefix]] = []
    for members in rows.values():
        prefix = prefixes[members[0]]
        assert prefix is not None
        groups.append((slice(None) if len(members) == len(prefixes) else torch.tensor(members), prefix))
    return groups


def _forward(
    module: Any,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,  # noqa: ARG001  `kv` knows who sees what
    scaling: float | None = None,
    dropout: float = 0.0,  # noqa: ARG001  the model is never trained here
    sliding_window: int | None = None,
    kv: KeysAndValues | None = None,
    **other: Any,
) -> tuple[Tensor, None]:
    """An attention function as transformers wants it: [1, H, T, D] in, [1, T, H, D] out."""
    for name in ("softcap", "s_aux", "position_bias"):
        if other.get(name) is not None:
            raise RunFailed(
                f"The transformers engine can't run this architecture: its attention uses {name}."
            )
    assert kv is not None
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    out = kv.attend(module.layer_idx, query[0], key[0], value[0], scale, sliding_window)
    return out.transpose(0, 1)[None].contiguous(), None


AttentionInterface.register(NAME, _forward)
