"""A test double of a machine with little memory: the forward pass raises what torch raises on a GPU."""

from __future__ import annotations

from typing import Any

import torch

from runtime.child import Channel
from runtime.engines import attention, host
from runtime.engines.packed import PackedModel


class Tight:
    """In place of a model's forward pass: it holds `rows` that are drawn, and so many `tokens` otherwise."""

    def __init__(self, model: Any, rows: int, tokens: int) -> None:
        self._forward, self._rows, self._tokens = model.forward, rows, tokens

    def __call__(self, *args: Any, input_ids: torch.Tensor, kv: Any = None, **more: Any) -> Any:
        most = self._rows if isinstance(kv, attention.Step) else self._tokens
        if kv is not None and input_ids.shape[1] > most:
            raise torch.OutOfMemoryError("a test double: more than this machine holds")
        return self._forward(*args, input_ids=input_ids, **({} if kv is None else {"kv": kv}), **more)


def serve(start: Any, channel: Channel) -> None:
    """As `runtime.engines.host` has it, with a model that holds five rows."""
    attest = PackedModel._attest

    def tightened(packed: PackedModel) -> None:
        attest(packed)
        packed._model.forward = Tight(packed._model, 5, 300)

    PackedModel._attest = tightened  # type: ignore[method-assign]
    host._serve(start, channel)
