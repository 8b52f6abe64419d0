"""A tiny random Llama, saved as a folder, and jobs that train it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tiny_jobs import EOS, examples
from transformers import LlamaConfig, LlamaForCausalLM

from compiler.plan.model import Lora, Optimizer
from runtime.training.sft import SftJob


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    torch.manual_seed(7)
    config = LlamaConfig(
        vocab_size=97,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=128,
        bos_token_id=1,
        eos_token_id=EOS,
        initializer_range=0.25,
        tie_word_embeddings=False,
    )
    folder = tmp_path_factory.mktemp("tiny")
    LlamaForCausalLM(config).save_pretrained(folder)
    return str(folder)


@pytest.fixture
def job(tiny: str, tmp_path: Path) -> SftJob:
    return SftJob(
        folder=tiny,
        start_adapter=None,
        examples=examples(21, 1),
        dev_examples=examples(6, 2),
        lora=Lora(rank=4, alpha=4, dropout=0.1, modules="all_linear"),
        optimizer=Optimizer(
            name="adamw", learning_rate=0.02, schedule="cosine", warmup=0.1, weight_decay=0.01
        ),
        weights="float32",
        epochs=2,
        batch=4,
        max_length=16,
        patience=None,
        pad_id=EOS,
        seed=11,
        threads=1,
        out=str(tmp_path / "adapter"),
        work=str(tmp_path / "work"),
    )


@pytest.fixture
def elsewhere(job: SftJob, tmp_path: Path) -> Callable[[str], SftJob]:
    """The same job with its outputs in places of another name."""
    return lambda name: replace(job, out=str(tmp_path / name), work=str(tmp_path / f"{name}.work"))
