"""A tiny model with random weights, its byte-level tokenizer, and short forms for asking an engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from runtime.engines.protocol import Completion, Engine, LabelLogprobs, Request, Result, TokenLogprobs

TEXT = [
    "Instruction: Name a bird that lives near the sea.\nResponse: A gull lives near the sea.\n\n",
    "Instruction: Translate the word bread into French.\nResponse: The word is pain, café, naïve.\n\n",
    "1. List three uses of a spoon.\n2. Count the letters in a word.\n3. Write one sentence about rain.\n",
    "###END### The quick brown fox jumps over the lazy dog, and the dog sleeps 🐕 on. 日本語\n",
]


def make_tokenizer(path: Path) -> None:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=320,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<end>", "<turn>"],
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXT, trainer)
    tokenizer.save(str(path))


def make_model(folder: Path, kind: str = "llama", **changes: Any) -> Path:
    """Save a model of two layers with random weights, large enough for clear preferences."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    folder.mkdir(parents=True, exist_ok=True)
    make_tokenizer(folder / "tokenizer.json")
    settings = {
        "vocab_size": 320,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 8,
        "max_position_embeddings": 512,
        "initializer_range": 0.25,
        "eos_token_id": 0,
        "bos_token_id": None,
        "pad_token_id": 0,
        "tie_word_embeddings": False,
    }
    torch.manual_seed(5)
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(kind, **(settings | changes)))
    model.generation_config.eos_token_id = [0, 1]
    model.save_pretrained(folder)
    return folder


def by_id(engine: Engine, requests: list[Request]) -> dict[str, Result]:
    results = {result.id: result for result in engine.submit(requests)}
    assert results.keys() == {request.id for request in requests}
    return results


def completions(engine: Engine, requests: list[Request]) -> dict[str, Completion]:
    found = by_id(engine, requests)
    return {id: result for id, result in found.items() if isinstance(result, Completion)}


def logprobs(engine: Engine, requests: list[Request]) -> dict[str, tuple[float, ...]]:
    found = by_id(engine, requests)
    return {
        id: result.logprobs
        for id, result in found.items()
        if isinstance(result, LabelLogprobs | TokenLogprobs)
    }
