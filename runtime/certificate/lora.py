"""Where an adapter may never go."""

from __future__ import annotations

from collections.abc import Iterable

from runtime.failures import RunFailed

_OUTPUT_LAYERS = frozenset({"lm_head", "embed_out", "output_layer"})


def refuse_lm_head(modules: Iterable[str]) -> None:
    """RunFailed if a LoRA target is the output layer, by full path or last name.

    The output layer is often tied to the input embedding: an adapter there changes what every token
    means, and engines that serve adapters ignore it without a word.
    """
    for module in modules:
        if module.rpartition(".")[2] in _OUTPUT_LAYERS:
            raise RunFailed(
                f"LoRA may not be put on the output layer ({module}).",
                "Name linear layers of attention and of the feed-forward part only.",
            )
