"""What the compiler must know of a model, measured once and written down.

The compiler never opens a model: it reads these facts from `specs/models.lock`.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from compiler.plan.hashing import plain
from compiler.plan.model import ModelBinding
from runtime.failures import RunFailed
from runtime.models.files import read_json
from runtime.models.local import LocalModel
from runtime.models.reference_text import PASSAGE, words
from runtime.models.tokens import Tokens

LABELS = ("A", "B", " A", " B")


def measure_lock(
    name: str, binding: ModelBinding, local: LocalModel, texts: Mapping[str, str]
) -> dict[str, Any]:
    """JSON-ready facts on the model; `texts` are the exemplars and templates to count, by any key.

    Keys: `name`, `source`, `sha256`, `dequantised_from`, `precision`, `dimensions` (see
    `dimensions`), `dtype` (as stored), `tokenizer` (`sha256`, `vocabulary`, `bos_policy` as "none" or
    the token, `bos_id`, `eos_id`, `labels` with None for labels that are not one token,
    `tokens_per_word`) and `tokens`, the number of tokens by the first 16 hex digits of each text's
    sha256. Equal texts are counted once.
    """
    tokens = Tokens.from_folder(local.folder)
    bos = tokens.bos_id
    return {
        "name": name,
        "source": plain(binding.source),
        "sha256": local.sha256,
        "dequantised_from": local.dequantised_from,
        "precision": binding.precision,
        "dtype": _stored_dtype(local.folder),
        "dimensions": dimensions(local.folder),
        "tokenizer": {
            "sha256": tokens.sha256,
            "vocabulary": tokens.vocabulary_size,
            "bos_policy": "none" if bos is None else tokens.token(bos),
            "bos_id": bos,
            "eos_id": tokens.eos_id,
            "labels": {label: tokens.single_token(label) for label in LABELS},
            "tokens_per_word": round(tokens.count(PASSAGE) / words(PASSAGE), 4),
        },
        "tokens": {text_key(text): tokens.count(text) for text in sorted(texts.values(), key=text_key)},
    }


def text_key(text: str) -> str:
    """The key of a text among the counts: 16 hex digits of its sha256."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def dimensions(folder: Path) -> dict[str, int]:
    """Sizes that memory and time are estimated from.

    `layers`, `hidden`, `inner` (of the feed-forward part), `heads`, `kv_heads`, `head_dim`,
    `vocabulary` (rows of the embedding), `parameters` (numbers stored; tied weights once) and
    `max_positions` (tokens).
    """
    config = read_json(folder / "config.json")
    config = config.get("text_config") or config  # multimodal models keep the language model's inside
    try:
        hidden, heads = config["hidden_size"], config["num_attention_heads"]
        return {
            "layers": config["num_hidden_layers"],
            "hidden": hidden,
            "inner": config["intermediate_size"],
            "heads": heads,
            "kv_heads": config.get("num_key_value_heads") or heads,
            "head_dim": config.get("head_dim") or hidden // heads,
            "vocabulary": config["vocab_size"],
            "parameters": sum(math.prod(tensor["shape"]) for tensor in _tensors(folder)),
            "max_positions": config["max_position_embeddings"],
        }
    except KeyError as error:
        raise RunFailed(f"{folder / 'config.json'} does not say {error}.") from error


_DTYPES = {"F32": "float32", "BF16": "bf16", "F16": "float16"}


def _stored_dtype(folder: Path) -> str:
    """The type of most of the stored numbers."""
    sizes: dict[str, int] = {}
    for tensor in _tensors(folder):
        sizes[tensor["dtype"]] = sizes.get(tensor["dtype"], 0) + math.prod(tensor["shape"])
    most = max(sizes, key=lambda dtype: sizes[dtype])
    return _DTYPES.get(most, most)


def _tensors(folder: Path) -> list[dict[str, Any]]:
    """The headers of all stored tensors (`dtype`, `shape`), read without the weights themselves."""
    found = []
    for path in sorted(folder.glob("*.safetensors")):
        with path.open("rb") as file:
            try:
                (length,) = struct.unpack("<Q", file.read(8))
                header = json.loads(file.read(length))
            except (struct.error, ValueError) as error:
                raise RunFailed(f"{path} is damaged: its header can't be read.") from error
        found += [tensor for key, tensor in header.items() if key != "__metadata__"]
    if not found:
        raise RunFailed(f"{folder} holds no weights (*.safetensors).")
    return found
