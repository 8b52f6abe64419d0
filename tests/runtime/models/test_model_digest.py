"""The digest is over what a model answers with, and nothing else."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from runtime.models import digest, mock_model
from runtime.models.digest import folder_digest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "model"
    path.mkdir()
    mock_model.build(path)
    return path


def _edit(path: Path, **changes: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}, indent=7))


def test_a_newer_library_and_another_layout_change_nothing(folder: Path, tmp_path: Path) -> None:
    before = folder_digest(folder, tmp_path)
    _edit(folder / "config.json", transformers_version="99", _name_or_path="elsewhere")
    _edit(folder / "tokenizer_config.json", tokenizer_class="Other")
    (folder / "README.md").write_text("not a part of the model")
    assert folder_digest(folder, tmp_path) == before


@pytest.mark.parametrize(
    ("file", "changes"),
    [
        ("config.json", {"rms_norm_eps": 1e-6}),
        ("generation_config.json", {"eos_token_id": 3}),
        ("tokenizer_config.json", {"add_bos_token": True}),
        ("tokenizer.json", {"normalizer": {"type": "NFC"}}),
    ],
)
def test_what_changes_answers_changes_the_digest(
    folder: Path, tmp_path: Path, file: str, changes: dict[str, object]
) -> None:
    before = folder_digest(folder, tmp_path)
    _edit(folder / file, **changes)
    assert folder_digest(folder, tmp_path) != before


def test_one_changed_bit_of_the_weights_changes_it(folder: Path, tmp_path: Path) -> None:
    before = folder_digest(folder, tmp_path)
    weights = folder / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    os.utime(weights, ns=(1, 1))
    assert folder_digest(folder, tmp_path) != before


def test_weights_are_hashed_once(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = folder_digest(folder, tmp_path)
    monkeypatch.setattr(digest, "file_digest", lambda path: pytest.fail(f"{path} is hashed again"))
    assert folder_digest(folder, tmp_path) == before


def test_a_broken_memory_is_made_again(folder: Path, tmp_path: Path) -> None:
    before = folder_digest(folder, tmp_path)
    for memory in (tmp_path / "digests").iterdir():
        memory.write_text("not json")
    assert folder_digest(folder, tmp_path) == before
