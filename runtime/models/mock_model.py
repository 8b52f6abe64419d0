"""A randomly initialised model of about a hundred thousand weights, the same on every machine.

It is written without torch: uniform numbers from numpy's legacy generator, whose stream is frozen,
are the same bits everywhere, so the digest is too.
"""

from __future__ import annotations

import json
from pathlib import Path

from runtime.models.digest import folder_digest
from runtime.models.files import build_once, replace_text
from runtime.models.local import LocalModel

SPECIAL_TOKENS = ("<|end|>", "<|pad|>", "<|user|>", "<|assistant|>")
_END, _PAD = 256, 257
_VERSION = 3  # counted up when the weights, the tokenizer or the configuration change
_SEED = 20_261
_HIDDEN, _INNER, _LAYERS, _HEADS, _KEY_VALUE_HEADS = 64, 192, 2, 2, 1
_HEAD = _HIDDEN // _HEADS
_VOCABULARY = 256 + len(SPECIAL_TOKENS)
_CHAT_TEMPLATE = (
    "{% for message in messages %}<|{{ message.role }}|>{{ message.content }}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
_WIDTH = 0.06  # weights are uniform in ±this: a standard deviation of 0.035


def obtain(root: Path) -> LocalModel:
    """The mock model, built in the cache if it is not there."""
    folder = root / "models" / f"mock-{_VERSION}"
    build_once(folder, build)
    return LocalModel(folder, folder_digest(folder, root), "mock, randomly initialised", None, ("mock",))


def build(folder: Path) -> None:
    """Write the model and its byte-level tokenizer (no merges, no BOS) into an empty folder."""
    _write_json(folder / "config.json", _CONFIG)
    _write_json(folder / "generation_config.json", {"eos_token_id": _END, "pad_token_id": _PAD})
    _write_json(
        folder / "tokenizer_config.json",
        {
            "add_bos_token": False,
            "eos_token": "<|end|>",
            "pad_token": "<|pad|>",
            "chat_template": _CHAT_TEMPLATE,
            "tokenizer_class": "PreTrainedTokenizerFast",
        },
    )
    _write_tokenizer(folder / "tokenizer.json")
    _write_weights(folder / "model.safetensors")


def _write_json(path: Path, content: dict[str, object]) -> None:
    replace_text(path, json.dumps(content, indent=2) + "\n")


_CONFIG: dict[str, object] = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "attention_bias": False,
    "attention_dropout": 0.0,
    "dtype": "float32",
    "eos_token_id": _END,
    "head_dim": _HEAD,
    "hidden_act": "silu",
    "hidden_size": _HIDDEN,
    "intermediate_size": _INNER,
    "max_position_embeddings": 8192,
    "mlp_bias": False,
    "num_attention_heads": _HEADS,
    "num_hidden_layers": _LAYERS,
    "num_key_value_heads": _KEY_VALUE_HEADS,
    "pad_token_id": _PAD,
    "rms_norm_eps": 1e-5,
    "rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"},
    "tie_word_embeddings": True,
    "vocab_size": _VOCABULARY,
}


def _write_tokenizer(path: Path) -> None:
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={letter: id for id, letter in enumerate(letters)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in SPECIAL_TOKENS])
    replace_text(path, tokenizer.to_str())


def _write_weights(path: Path) -> None:
    import numpy as np
    from safetensors.numpy import save_file

    random = np.random.RandomState(_SEED)

    def matrix(rows: int, columns: int) -> np.ndarray:
        return ((random.random_sample((rows, columns)) * 2 - 1) * _WIDTH).astype(np.float32)

    ones = np.ones(_HIDDEN, dtype=np.float32)
    tensors = {"model.embed_tokens.weight": matrix(_VOCABULARY, _HIDDEN), "model.norm.weight": ones}
    for layer in range(_LAYERS):
        start = f"model.layers.{layer}."
        tensors |= {
            start + "input_layernorm.weight": ones,
            start + "post_attention_layernorm.weight": ones,
            start + "self_attn.q_proj.weight": matrix(_HIDDEN, _HIDDEN),
            start + "self_attn.k_proj.weight": matrix(_KEY_VALUE_HEADS * _HEAD, _HIDDEN),
            start + "self_attn.v_proj.weight": matrix(_KEY_VALUE_HEADS * _HEAD, _HIDDEN),
            start + "self_attn.o_proj.weight": matrix(_HIDDEN, _HIDDEN),
            start + "mlp.gate_proj.weight": matrix(_INNER, _HIDDEN),
            start + "mlp.up_proj.weight": matrix(_INNER, _HIDDEN),
            start + "mlp.down_proj.weight": matrix(_HIDDEN, _INNER),
        }
    save_file(tensors, path, metadata={"format": "pt"})
