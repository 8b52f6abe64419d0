"""Every line passes on sound evidence and fails on the defect that it is there for."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from planted import FACTS, repeating, sound

from compiler.plan.model import MockSource
from runtime.certificate.evidence import Evidence
from runtime.certificate.lines import LINES
from runtime.certificate.lines.behaviour import bare_instructions, bos_policy, plain_completions
from runtime.certificate.lines.ending import embedding_rows, eos_agreement
from runtime.certificate.lines.parity import compare, engine_parity
from runtime.certificate.lines.prompts import prompt_ids
from runtime.certificate.lines.provenance import provenance
from runtime.certificate.lines.tokenizer import tokenizer_fidelity
from runtime.certificate.reference import Reading
from runtime.models import mock_model
from runtime.models.merged import write_origin
from runtime.models.tokens import Tokens


@pytest.fixture
def own_folder(small_folder: Path, tmp_path: Path) -> Path:
    """A copy of the small model to spoil."""
    return Path(shutil.copytree(small_folder, tmp_path / "spoilt"))


def _edit(path: Path, **changes: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def _answers(evidence: Evidence, **changes: Any) -> Evidence:
    assert evidence.answers is not None
    return replace(evidence, answers=replace(evidence.answers, **changes))


def _reference(evidence: Evidence, **changes: Any) -> Evidence:
    assert evidence.reference is not None
    return replace(evidence, reference=replace(evidence.reference, **changes))


def _names(evidence: Evidence, *names: str) -> Evidence:
    return replace(evidence, local=replace(evidence.local, names=names))


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.__name__)
def test_sound_evidence_passes(evidence: Evidence, line: Any) -> None:
    found = line(evidence)
    wanted = "told" if line is bare_instructions else "passed"  # what decides nothing passes nothing
    assert found.state == wanted, found.explanation
    assert found.id == line.__name__
    json.dumps(found.measured)


# --- prompts ---------------------------------------------------------------------------------------


def test_a_role_marker_in_a_prompt_stops(evidence: Evidence) -> None:
    ids = evidence.tokens.prompt_ids("<|user|>\nName a fruit.")
    line = prompt_ids(replace(evidence, prompts={"respond": ids}))
    assert line.stops
    assert "prompt 'respond' holds the control token <|user|> at position 0" in line.explanation


def test_a_control_token_far_inside_is_found(evidence: Evidence) -> None:
    ids = evidence.tokens.prompt_ids("word " * 200 + "<|end|> more")
    assert prompt_ids(replace(evidence, prompts={"respond": ids})).stops


def test_the_chat_template_around_a_prompt_is_no_contamination(evidence: Evidence) -> None:
    sent = {"respond": evidence.tokens.chat_ids("Name a fruit.")}
    assert prompt_ids(replace(evidence, prompts=sent, chat_prompts=frozenset(sent))).passed
    assert prompt_ids(replace(evidence, prompts=sent)).stops


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Name <|assistant|> a fruit.", "holds the control token <|assistant|>"),
        ("", "lacks its chat template"),
    ],
)
def test_a_chat_prompt_holds_its_template_and_no_more(evidence: Evidence, text: str, said: str) -> None:
    ids = evidence.tokens.chat_ids(text) if text else evidence.tokens.prompt_ids("Name a fruit.")
    line = prompt_ids(replace(evidence, prompts={"respond": ids}, chat_prompts=frozenset({"respond"})))
    assert line.stops
    assert said in line.explanation


@pytest.fixture
def with_bos(own_folder: Path) -> Evidence:
    _edit(own_folder / "tokenizer_config.json", add_bos_token=True, bos_token="<|pad|>")
    return sound(own_folder)


def test_bos_in_front_is_no_contamination(with_bos: Evidence) -> None:
    assert prompt_ids(with_bos).passed


@pytest.mark.parametrize(
    ("front", "said"), [(0, "does not begin with <|pad|>"), (2, "begins with <|pad|> twice")]
)
def test_bos_stands_once_and_in_front(with_bos: Evidence, front: int, said: str) -> None:
    bos = with_bos.tokens.bos_id
    assert bos is not None
    ids = (bos,) * front + with_bos.tokens.continuation_ids("Name a fruit.")
    line = prompt_ids(replace(with_bos, prompts={"respond": ids}))
    assert line.stops
    assert said in line.explanation


def test_bos_where_the_policy_has_none_stops(evidence: Evidence) -> None:
    assert prompt_ids(replace(evidence, prompts={"respond": (1, 9, 9)})).stops


def test_an_empty_prompt_stops(evidence: Evidence) -> None:
    assert prompt_ids(replace(evidence, prompts={"respond": ()})).stops


# --- tokenizer -------------------------------------------------------------------------------------


def test_a_tokenizer_that_splits_letters_stops(evidence: Evidence, tmp_path: Path) -> None:
    mock_model.build(tmp_path)  # its tokenizer has no merges
    line = tokenizer_fidelity(replace(evidence, tokens=Tokens.from_folder(tmp_path)))
    assert line.stops
    assert "splits words" in line.explanation


def test_a_tokenizer_that_loses_text_stops(own_folder: Path) -> None:
    _edit(own_folder / "tokenizer.json", normalizer={"type": "Lowercase"})
    line = tokenizer_fidelity(sound(own_folder))
    assert line.stops
    assert "do not come back" in line.explanation


# --- the end of text -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "changes", "said"),
    [
        ("config.json", {"eos_token_id": 1}, "the config says <|pad|>"),
        ("generation_config.json", {"eos_token_id": 1}, "the tokenizer says <|end|>"),
        ("tokenizer_config.json", {"eos_token": "<|user|>"}, "the tokenizer says <|user|>"),
    ],
)
def test_ends_that_differ_stop(own_folder: Path, file: str, changes: dict[str, object], said: str) -> None:
    _edit(own_folder / file, **changes)
    line = eos_agreement(sound(own_folder))
    assert line.stops
    assert said in line.explanation


def test_one_of_several_ends_is_agreement(own_folder: Path) -> None:
    _edit(own_folder / "generation_config.json", eos_token_id=[3, 0])
    assert eos_agreement(sound(own_folder)).passed


def test_an_untrained_end_stops(evidence: Evidence) -> None:
    assert evidence.reference is not None
    rows = replace(evidence.reference.rows, eos={0: "near zero"}, near_zero=1)
    line = embedding_rows(_reference(evidence, rows=rows))
    assert line.stops
    assert "The row of <|end|> is near zero" in line.explanation


def test_other_untrained_rows_are_told(evidence: Evidence) -> None:
    assert evidence.reference is not None
    line = embedding_rows(_reference(evidence, rows=replace(evidence.reference.rows, identical=15)))
    assert line.passed
    assert line.measured["identical"] == 15


# --- behaviour -------------------------------------------------------------------------------------


def test_a_model_that_repeats_itself_without_bos_stops(evidence: Evidence) -> None:
    line = bos_policy(_answers(evidence, completions=repeating()))
    assert line.stops
    assert "repeat themselves (20% of their tokens are distinct)" in line.explanation


def test_a_model_that_reads_better_with_the_policy_reversed_stops(evidence: Evidence) -> None:
    readings = {"policy": Reading(2.8, -6.4), "reversed": Reading(3.3, -3.9)}  # Gemma 3 without its BOS
    line = bos_policy(_reference(evidence, readings=readings))
    assert line.stops
    assert "2.5 nats per token better" in line.explanation


@pytest.mark.parametrize("entropy", [0.1, float("nan")])
def test_collapsed_entropy_stops(evidence: Evidence, entropy: float) -> None:
    assert bos_policy(_reference(evidence, readings={"policy": Reading(entropy, -3.9)})).stops


def test_a_model_that_can_not_complete_plain_sentences_stops(evidence: Evidence) -> None:
    line = plain_completions(_answers(evidence, completions=repeating()))
    assert line.stops
    assert "0 of 12" in line.explanation


def test_bare_instructions_decide_nothing(evidence: Evidence) -> None:
    line = bare_instructions(evidence)
    assert (line.state, line.severity, line.measured["rate"]) == ("told", "report", 0.0)


# --- parity ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("engine_off", "passed"), [(0.09, True), (-0.09, True), (0.4, False)])
def test_an_adapter_may_differ_by_as_much_as_bf16_rounds(
    evidence: Evidence, engine_off: float, passed: bool
) -> None:
    """Fixed limits are passed by 0.15 nats; float32 says whether that is rounding."""
    assert evidence.reference is not None
    true = ((-1.0, -2.0), (-0.5,))
    plain = replace(evidence.reference, scores=tuple(tuple(v - 0.06 for v in row) for row in true))
    exact = replace(evidence.reference, scores=true)
    scores = tuple(tuple(v + engine_off for v in row) for row in true)
    bf16 = replace(evidence.binding, precision="bf16")
    told = (bf16, evidence.engine, evidence.local, scores, plain)
    if abs(engine_off + 0.06) > 0.06:
        assert compare("adapter_parity", *told).stops
    assert compare("adapter_parity", *told, exact).passed is passed


@pytest.mark.parametrize(
    "scores",
    [
        ((-2.0, -1.0), (-0.5,)),  # shifted by one
        ((-1.02, -2.0), (-0.5,)),  # one token off
        ((-1.004, -2.004), (-0.504,)),  # all a little off, as with another temperature
        ((float("nan"), -2.0), (-0.5,)),
        ((-1.0,), (-0.5,)),
        ((-1.0, -2.0),),
    ],
)
def test_an_engine_that_computes_something_else_stops(evidence: Evidence, scores: Any) -> None:
    assert engine_parity(_answers(evidence, scores=scores)).stops


def test_an_engine_with_other_weights_stops(evidence: Evidence) -> None:
    line = engine_parity(replace(evidence, engine=replace(FACTS, model_sha256="cd" * 32)))
    assert line.stops
    assert "other weights" in line.explanation


def test_the_tolerance_follows_the_precision(evidence: Evidence) -> None:
    spread = _answers(evidence, scores=((-1.05, -2.05), (-0.5,)))
    assert engine_parity(spread).stops
    bf16 = replace(spread.binding, precision="bf16")
    assert engine_parity(replace(spread, binding=bf16)).passed


# --- provenance ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["SmolLM2-135M-Instruct.Q4_1.gguf", "google/gemma-3-270m-it", "Llama-2-7b-chat-hf", "zephyr-sft"]
)
def test_an_undeclared_instruct_checkpoint_stops(evidence: Evidence, name: str) -> None:
    line = provenance(_names(evidence, name))
    assert line.stops
    assert name in line.explanation


@pytest.mark.parametrize(
    "name", ["Qwen/Qwen2.5-32B", "gemma-3-270m", "SmolLM2-135M", "bits-1b", "chatterbox", "switch"]
)
def test_the_names_of_base_models_pass(evidence: Evidence, name: str) -> None:
    assert provenance(_names(evidence, name)).passed


def test_a_merged_adapter_is_evidence(own_folder: Path) -> None:
    write_origin(own_folder, {"adapter": {"step": "generation.student"}})
    line = provenance(sound(own_folder))
    assert line.stops
    assert "the adapter generation.student was merged into it" in line.explanation


def test_turns_that_end_as_texts_do_are_evidence(own_folder: Path) -> None:
    (own_folder / "chat_template.jinja").write_text("{{ message }}<|end|>")
    line = provenance(sound(own_folder))
    assert line.stops
    assert "<|end|>" in line.explanation


def test_a_chat_template_alone_is_not(own_folder: Path) -> None:
    _edit(own_folder / "tokenizer_config.json", chat_template="<|user|>{{ message }}<|assistant|>")
    line = provenance(sound(own_folder))
    assert line.passed
    assert line.measured["chat_template"]


def test_a_declared_stand_in_taints(evidence: Evidence) -> None:
    update = {"stand_in": "instruct", "because": "none is small"}
    declared = replace(_names(evidence, "X-Instruct"), binding=replace(evidence.binding, **update))
    line = provenance(declared)
    assert (line.stops, line.severity, line.taints) == (False, "report", True)
    assert "none is small" in line.explanation


def test_a_chat_role_takes_any_checkpoint(small_folder: Path) -> None:
    line = provenance(_names(sound(small_folder, "chat"), "X-Instruct"))
    assert (line.passed, line.taints) == (True, False)


# --- mocks -----------------------------------------------------------------------------------------

OF_MODEL = {"bos_policy", "plain_completions", "bare_instructions"}


def test_the_mock_engine_passes_nothing_that_it_can_not_show(evidence: Evidence) -> None:
    bare = replace(evidence, answers=None, reference=None)
    states = {line.id: line for line in (line(bare) for line in LINES)}
    unmeasured = {id for id, line in states.items() if line.state == "not measured"}
    assert unmeasured == {*OF_MODEL, "embedding_rows", "engine_parity"}
    assert not any(states[id].passed or states[id].stops for id in unmeasured)
    assert {states[id].explanation for id in unmeasured} == {"not measured (mock)"}


def test_random_weights_in_a_real_engine_show_parity_only(evidence: Evidence) -> None:
    random = replace(evidence, binding=replace(evidence.binding, source=MockSource()))
    lines = {line.id: line for line in (line(random) for line in LINES)}
    assert {id for id, line in lines.items() if line.state == "not measured"} == OF_MODEL
    assert lines["engine_parity"].passed
    assert lines["provenance"].taints
