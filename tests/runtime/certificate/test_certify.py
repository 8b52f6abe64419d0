"""From engine and reference to a certificate, with real forward passes over a small model."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from planted import FACTS, SHA256, FakeEngine, scored_ids

from compiler.plan.model import FolderSource, MockSource, ModelBinding
from runtime.certificate import adapter_parity, certify, merge_parity
from runtime.certificate.probe import ask, reversed_prompt_ids
from runtime.certificate.reference import Question, Reference, measure
from runtime.certificate.sentinels import SCORED
from runtime.engines.host import start_engine
from runtime.failures import RunFailed
from runtime.models import mock_model
from runtime.models.local import LocalModel
from runtime.models.merged import Merge, merge
from runtime.models.tokens import Tokens


@pytest.fixture
def tokens(small_folder: Path) -> Tokens:
    return Tokens.from_folder(small_folder)


@pytest.fixture(autouse=True)
def _in_process(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure in this process, which pays for torch once; real children are tried with the real model."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("TQDM_DISABLE", "1")
    if "real_model" not in request.keywords:
        monkeypatch.setattr(
            "runtime.certificate.gather.run_in_child",
            lambda function, argument, **_: function(argument, print),
        )


def _measure(folder: Path, tokens: Tokens, **more: Any) -> Reference:
    read = {"policy": tokens.prompt_ids(SCORED[2][0])}
    return measure(Question(folder, "float32", scored_ids(tokens), read, (tokens.eos_id,), **more), print)


def _local(folder: Path) -> LocalModel:
    return LocalModel(folder, SHA256, "folder small", None, ("small",))


def _binding(folder: Path) -> ModelBinding:
    return ModelBinding(source=FolderSource(path=str(folder)), precision="float32")


def test_an_engine_that_agrees_is_certified(small_folder: Path, tokens: Tokens) -> None:
    engine = FakeEngine(_measure(small_folder, tokens).scores)
    certificate = certify("base", _binding(small_folder), _local(small_folder), tokens, engine, {})
    lines = {line.id: line for line in certificate.lines}
    assert lines["engine_parity"].passed
    assert lines["embedding_rows"].passed
    assert [line.id for line in certificate.stopping] == ["plain_completions"]  # the weights are random
    stored = json.loads(json.dumps(certificate.as_json()))
    assert stored["lines"][0]["state"] == "passed"
    assert certificate.fingerprint == FACTS.fingerprint


def test_an_engine_that_is_one_token_late_stops(small_folder: Path, tokens: Tokens) -> None:
    late = tuple((0.0, *scores[:-1]) for scores in _measure(small_folder, tokens).scores)
    certificate = certify("base", _binding(small_folder), _local(small_folder), tokens, FakeEngine(late), {})
    assert "engine_parity" in {line.id for line in certificate.stopping}


def test_a_silent_engine_fails(tokens: Tokens) -> None:
    with pytest.raises(RunFailed, match="left 3 of 20 unanswered"):
        ask(FakeEngine(((0.0,),) * 4, leaves_out=3), tokens)


def test_the_mock_engine_is_certified_without_a_forward_pass(small_folder: Path, tokens: Tokens) -> None:
    engine = FakeEngine((), replace(FACTS, name="mock"))
    binding = ModelBinding(source=MockSource(), precision="float32")
    certificate = certify("base", binding, _local(small_folder), tokens, engine, {"p": (9, 9)})
    assert engine.asked == []
    assert certificate.stopping == ()
    assert [line.id for line in certificate.tainting] == ["provenance"]


def test_the_policy_is_reversed_both_ways(tokens: Tokens) -> None:
    text = tokens.continuation_ids("Hi")
    assert reversed_prompt_ids(tokens, "Hi") == text
    tokens.named_bos_id = 1
    assert reversed_prompt_ids(tokens, "Hi") == (1, *text)
    tokens.bos_id = 1
    assert reversed_prompt_ids(tokens, "Hi") == text
    engine = FakeEngine(((0.0,),) * len(SCORED))
    assert len(ask(engine, tokens).reversed_bos) == 4


def test_a_tokenizer_of_another_model_is_named(tmp_path: Path, tokens: Tokens) -> None:
    mock_model.build(tmp_path)
    with pytest.raises(RunFailed, match="and the model has 260 rows"):
        _measure(tmp_path, tokens)


@pytest.mark.parametrize(("value", "fault"), [(0.0, "near zero"), (None, "identical to another row")])
def test_untrained_rows_are_seen_in_the_weights(
    small_folder: Path, tmp_path: Path, tokens: Tokens, value: float | None, fault: str
) -> None:
    import shutil

    from safetensors.numpy import load_file, save_file

    folder = Path(shutil.copytree(small_folder, tmp_path / "spoilt"))
    weights = load_file(folder / "model.safetensors")
    embedding = weights["model.embed_tokens.weight"].copy()
    embedding[tokens.eos_id] = embedding[5] if value is None else value
    save_file(
        {**weights, "model.embed_tokens.weight": embedding}, folder / "model.safetensors", {"format": "pt"}
    )
    rows = _measure(folder, tokens).rows
    assert rows.eos == {tokens.eos_id: fault}
    assert (rows.near_zero, rows.identical) == ((1, 0) if value == 0.0 else (0, 2))


def test_an_engine_that_ignores_the_adapter_stops(small_folder: Path, tmp_path: Path, tokens: Tokens) -> None:
    adapter = _random_adapter(small_folder, tmp_path / "adapter")
    bare = _measure(small_folder, tokens).scores
    adapted = _measure(small_folder, tokens, adapter=adapter).scores
    ask_for = (_binding(small_folder), _local(small_folder), tokens)
    engine = FakeEngine(adapted)
    assert adapter_parity(*ask_for, engine, adapter).passed
    assert {request.adapter for request in engine.asked} == {adapter}
    assert adapter_parity(*ask_for, FakeEngine(bare), adapter).stops
    mock = FakeEngine((), replace(FACTS, name="mock"))
    assert adapter_parity(*ask_for, mock, adapter).state == "not measured"


def test_the_engine_rests_while_the_reference_is_loaded(
    small_folder: Path, tmp_path: Path, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A GPU seldom holds the model twice. The engine is a fake one that notes what is called, and when."""
    adapter = _random_adapter(small_folder, tmp_path / "adapter")
    engine = FakeEngine(_measure(small_folder, tokens).scores)

    def load(function: Any, question: Question, **_: object) -> Reference:
        engine.calls.append("reference")
        measured: Reference = function(question, print)
        return measured

    monkeypatch.setattr("runtime.certificate.gather.run_in_child", load)
    certify("base", _binding(small_folder), _local(small_folder), tokens, engine, {})
    assert engine.calls == ["submit", "rest", "reference"]
    engine.calls.clear()
    adapter_parity(_binding(small_folder), _local(small_folder), tokens, engine, adapter)
    assert engine.calls == ["rest", "reference", "submit"]


def _random_adapter(folder: Path, out: Path) -> str:
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(0)
    config = LoraConfig(r=4, target_modules=["q_proj", "v_proj"], init_lora_weights=False)
    get_peft_model(AutoModelForCausalLM.from_pretrained(folder), config).save_pretrained(out)
    return str(out)


@pytest.mark.parametrize(("precision", "apart_nats"), [("float32", 1e-4), ("bf16", 0.3)])
def test_a_merged_checkpoint_is_its_base_and_adapter(
    small_folder: Path, tmp_path: Path, tokens: Tokens, precision: Any, apart_nats: float
) -> None:
    adapter = _random_adapter(small_folder, tmp_path / "adapter")
    binding = replace(_binding(small_folder), precision=precision)
    whole = tmp_path / "whole"
    merge(Merge(small_folder, Path(adapter), whole, precision), print)
    line = merge_parity(binding, _local(small_folder), tokens, adapter, whole)
    assert line.state == "passed"
    assert line.measured["largest_nats"] < apart_nats
    assert Tokens.from_folder(whole).sha256 == tokens.sha256


def test_a_checkpoint_without_the_adapter_is_another(
    small_folder: Path, tmp_path: Path, tokens: Tokens
) -> None:
    adapter = _random_adapter(small_folder, tmp_path / "adapter")
    line = merge_parity(_binding(small_folder), _local(small_folder), tokens, adapter, small_folder)
    assert line.stops
    assert "differ by more than" in line.explanation


@pytest.mark.real_model
def test_the_embedded_model_is_certified_as_a_stand_in(real_model: LocalModel) -> None:
    tokens = Tokens.from_folder(real_model.folder)
    binding = ModelBinding(
        source=FolderSource(path=str(real_model.folder)), precision="float32", stand_in="instruct"
    )
    prompts = {"respond": tokens.prompt_ids("Instruction: Name a fruit.\nResponse:")}
    with start_engine("transformers", real_model.folder, real_model.sha256) as engine:
        certificate = certify("base", binding, real_model, tokens, engine, prompts)
    assert {line.id for line in certificate.lines if line.state != "passed"} == {"bare_instructions"}
    assert [line.id for line in certificate.tainting] == ["provenance"]
    undeclared = replace(binding, stand_in=None)
    mock = FakeEngine((), replace(FACTS, name="mock"))
    refused = certify("base", undeclared, real_model, tokens, mock, prompts)
    assert [line.id for line in refused.stopping] == ["provenance"]
