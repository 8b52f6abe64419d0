"""A tiny random Llama, saved as a folder, and the jobs that train it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tiny_jobs import EOS, make_job
from transformers import LlamaConfig, LlamaForCausalLM

from runtime.training import checkpoints
from runtime.training.job import TrainingResult
from runtime.training.sft import SftJob, train_sft


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
    return make_job(tiny, tmp_path, "adapter")


@pytest.fixture(autouse=True)
def at_every_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    """These trainings are over long before the time between two checkpoints."""
    monkeypatch.setattr(checkpoints, "SECONDS_BETWEEN", 0.0)


@pytest.fixture(scope="session")
def straight(tiny: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[SftJob, TrainingResult]:
    """The same job again, trained once and without a stop, for others to be compared with."""
    job = make_job(tiny, tmp_path_factory.mktemp("straight"), "adapter")
    return job, train_sft(job, lambda _: None)
