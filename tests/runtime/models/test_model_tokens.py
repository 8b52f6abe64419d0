"""Tokens: the model's own policies, read from its files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer, processors

from compiler.plan.model import MockSource, ModelBinding
from runtime.failures import RunFailed
from runtime.models import mock_model
from runtime.models.local import LocalModel
from runtime.models.lock import measure_lock, text_key
from runtime.models.reference_text import ROUND_TRIPS
from runtime.models.tokens import Tokens

END, PAD, USER = 256, 257, 258


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    mock_model.build(tmp_path)
    return tmp_path


def _edit(path: Path, **changes: object) -> None:
    content = {**json.loads(path.read_text()), **changes}
    path.write_text(json.dumps({key: value for key, value in content.items() if value is not None}))


def _add_post_processor(folder: Path, text: str) -> None:
    path = str(folder / "tokenizer.json")
    tokenizer = Tokenizer.from_file(path)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=text, special_tokens=[("<|pad|>", PAD), ("<|end|>", END)]
    )
    tokenizer.save(path)


def test_without_a_policy_a_prompt_is_its_text(folder: Path) -> None:
    tokens = Tokens.from_folder(folder)
    assert tokens.bos_id is None
    assert tokens.prompt_ids("Hi") == tokens.continuation_ids("Hi")
    assert tokens.count("Hi") == 2


def test_texts_come_back_exactly(folder: Path) -> None:
    tokens = Tokens.from_folder(folder)
    for text in ROUND_TRIPS:
        assert tokens.decode(tokens.continuation_ids(text)) == text


def test_a_stated_policy_is_followed(folder: Path) -> None:
    _edit(folder / "tokenizer_config.json", add_bos_token=True, bos_token={"content": "<|pad|>"})
    tokens = Tokens.from_folder(folder)
    assert tokens.prompt_ids("a")[0] == tokens.bos_id == PAD
    assert PAD not in tokens.continuation_ids("a")


def test_a_token_named_bos_is_no_policy(folder: Path) -> None:
    _edit(folder / "tokenizer_config.json", add_bos_token=None, bos_token="<|user|>")
    tokens = Tokens.from_folder(folder)
    assert (tokens.bos_id, tokens.named_bos_id) == (None, USER)


def test_the_post_processor_is_a_policy_and_its_end_is_not_used(folder: Path) -> None:
    _edit(folder / "tokenizer_config.json", add_bos_token=None)
    _add_post_processor(folder, "<|pad|> $A <|end|>")
    tokens = Tokens.from_folder(folder)
    assert tokens.bos_id == PAD
    assert tokens.prompt_ids("a") == (PAD, *tokens.continuation_ids("a"))


def test_what_is_stated_goes_before_the_post_processor(folder: Path) -> None:
    _add_post_processor(folder, "<|pad|> $A")
    assert Tokens.from_folder(folder).bos_id is None


def test_a_policy_without_a_token_is_refused(folder: Path) -> None:
    _edit(folder / "tokenizer_config.json", add_bos_token=True)
    with pytest.raises(RunFailed, match="names no BOS token"):
        Tokens.from_folder(folder)


def test_two_tokens_in_front_are_refused(folder: Path) -> None:
    _edit(folder / "tokenizer_config.json", add_bos_token=None)
    _add_post_processor(folder, "<|pad|> <|end|> $A")
    with pytest.raises(RunFailed, match="2 special tokens"):
        Tokens.from_folder(folder)


def test_the_generation_config_names_the_end_first(folder: Path) -> None:
    _edit(folder / "generation_config.json", eos_token_id=[USER, END])
    tokens = Tokens.from_folder(folder)
    assert tokens.eos_ids == {USER, END}
    assert tokens.eos_id == END  # the tokenizer's own, among several
    (folder / "generation_config.json").unlink()
    _edit(folder / "config.json", eos_token_id=PAD)
    assert Tokens.from_folder(folder).eos_id == PAD


def test_a_model_without_an_end_is_refused(folder: Path) -> None:
    (folder / "generation_config.json").unlink()
    _edit(folder / "config.json", eos_token_id=None)
    assert Tokens.from_folder(folder).eos_id == END
    _edit(folder / "tokenizer_config.json", eos_token=None)
    with pytest.raises(RunFailed, match="no token that ends a text"):
        Tokens.from_folder(folder)


def test_control_tokens_are_special_ones_and_markers(folder: Path) -> None:
    path = str(folder / "tokenizer.json")
    tokenizer = Tokenizer.from_file(path)
    tokenizer.add_tokens(["<start_of_turn>", "<table>"])  # neither is flagged as special
    tokenizer.save(path)
    tokens = Tokens.from_folder(folder)
    names = {tokens.token(id) for id in tokens.control_ids}
    assert names == {"<|end|>", "<|pad|>", "<|user|>", "<|assistant|>", "<start_of_turn>"}


def test_labels_are_one_token_or_none(folder: Path) -> None:
    tokens = Tokens.from_folder(folder)
    assert tokens.decode([tokens.single_token("A") or 0]) == "A"
    assert tokens.single_token(" A") is None


def test_the_digest_follows_the_policy(folder: Path) -> None:
    before = Tokens.from_folder(folder).sha256
    _edit(folder / "tokenizer_config.json", add_bos_token=True, bos_token="<|pad|>")
    assert Tokens.from_folder(folder).sha256 != before


def test_a_damaged_tokenizer_is_named(folder: Path) -> None:
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(RunFailed, match="can't be read"):
        Tokens.from_folder(folder)


def test_the_lock_holds_what_the_compiler_needs(folder: Path) -> None:
    binding = ModelBinding(source=MockSource(), precision="float32")
    lock = measure_lock(
        "base", binding, LocalModel(folder, "0", "mock", None), {"a": "Hi", "b": "Hi", "c": "you"}
    )
    assert json.loads(json.dumps(lock)) == lock
    assert lock["dimensions"] == {
        "layers": 2,
        "hidden": 64,
        "inner": 192,
        "heads": 2,
        "kv_heads": 1,
        "head_dim": 32,
        "vocabulary": 260,
        "parameters": 115_264,
        "max_positions": 8192,
    }
    assert lock["dtype"] == "float32"
    assert lock["tokens"] == {text_key("Hi"): 2, text_key("you"): 3}
    assert lock["tokenizer"]["labels"] == {"A": 32, "B": 33, " A": None, " B": None}
    assert lock["tokenizer"]["bos_policy"] == "none"


@pytest.mark.real_model
def test_the_embedded_models_tokens(real_model: Any) -> None:
    tokens = Tokens.from_folder(real_model.folder)
    assert (tokens.bos_id, tokens.token(tokens.eos_id)) == (None, "<|im_end|>")
    assert tokens.single_token(" A") is not None
    assert len(tokens.control_ids) == 17
