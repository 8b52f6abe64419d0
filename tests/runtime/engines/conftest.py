"""Folders with a tiny random model and its tokenizer, made once per session, and the real model's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tiny import make_model, make_tokenizer

from runtime.models.local import LocalModel


@pytest.fixture(scope="session")
def tokenizer_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tokenizer.json and nothing else."""
    folder = tmp_path_factory.mktemp("tokenizer")
    make_tokenizer(folder / "tokenizer.json")
    return folder


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def encode(tokenizer_folder: Path) -> Callable[[str], tuple[int, ...]]:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(tokenizer_folder / "tokenizer.json"))
    return lambda text: tuple(tokenizer.encode(text, add_special_tokens=False).ids)


@pytest.fixture(scope="session")
def real_folder(real_model: LocalModel) -> Path:
    """The real model's folder; skips where it can't be had."""
    return real_model.folder
