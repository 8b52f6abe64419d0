"""The transformers engine against transformers itself, on a tiny model with random weights."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tight import Tight
from tiny import by_id, completions, logprobs, make_model
from transformers import AutoModelForCausalLM

from runtime.engines import attention, drawing, judging, packed
from runtime.engines.prefix import Group
from runtime.engines.protocol import Choose, Completion, Draw, Request, Score
from runtime.engines.transformers_engine import TransformersEngine
from runtime.failures import RunFailed
from runtime.survived import Survived

Encode = Callable[[str], tuple[int, ...]]
SHA = "0" * 64


@pytest.fixture(scope="module")
def engine(tiny_folder: Path) -> TransformersEngine:
    return TransformersEngine(tiny_folder, SHA, threads=1)


@pytest.fixture(scope="module")
def reference(tiny_folder: Path) -> Any:
    return AutoModelForCausalLM.from_pretrained(tiny_folder, dtype=torch.float32).eval()


def few_shot_prompts(count: int, shared: int = 90, seed: int = 0) -> list[tuple[int, ...]]:
    """Prompts of different lengths with one of three long beginnings, and some with none."""
    dice = random.Random(seed)

    def some(length: int) -> tuple[int, ...]:
        return tuple(dice.randrange(2, 320) for _ in range(length))

    head = some(20)
    stems = [head + some(shared), head + some(shared + 30), some(shared), ()]
    return [dice.choice(stems) + some(dice.randrange(1, 25)) for _ in range(count)]


def reference_logprobs(model: Any, prompt: tuple[int, ...], continuation: tuple[int, ...]) -> list[float]:
    ids = torch.tensor([prompt + continuation])
    with torch.no_grad():
        logits = model(ids).logits[0].float().log_softmax(1)
    return [float(logits[len(prompt) - 1 + n, token]) for n, token in enumerate(continuation)]


def generated(model: Any, prompt: tuple[int, ...], **settings: Any) -> list[int]:
    """transformers' own greedy completion, without its eos."""
    out = model.generate(torch.tensor([prompt]), do_sample=False, pad_token_id=0, **settings)
    ids: list[int] = out[0, len(prompt) :].tolist()
    return list(itertools.takewhile(lambda token: token not in (0, 1), ids))


def test_greedy_is_generate(engine: TransformersEngine, reference: Any) -> None:
    prompts = few_shot_prompts(40)
    found = completions(engine, [Request(str(n), prompt, Draw(20)) for n, prompt in enumerate(prompts)])
    for n, prompt in enumerate(prompts):
        assert list(found[str(n)].ids) == generated(reference, prompt, max_new_tokens=20)
    assert {completion.finish for completion in found.values()} == {"eos", "length"}


def test_the_repetition_penalty_is_that_of_generate(engine: TransformersEngine, reference: Any) -> None:
    prompts = few_shot_prompts(12, seed=2)
    draw = Draw(25, repetition_penalty=1.3)
    found = completions(engine, [Request(str(n), prompt, draw) for n, prompt in enumerate(prompts)])
    for n, prompt in enumerate(prompts):
        expected = generated(reference, prompt, max_new_tokens=25, repetition_penalty=1.3)
        assert list(found[str(n)].ids) == expected


def mixed_requests() -> list[Request]:
    prompts = few_shot_prompts(30, seed=4)
    return [
        Request(
            f"r{n}",
            prompt,
            Draw(
                max_tokens=5 + n,
                temperature=(0.0, 0.7, 1.3)[n % 3],
                top_p=(1.0, 0.9)[n % 2],
                top_k=(0, 50)[n % 4 == 3],
                repetition_penalty=(1.0, 1.2)[n % 5 == 0],
                stop=("e", "\n")[: n % 3],
                seed=1000 + n,
            ),
        )
        for n, prompt in enumerate(prompts)
    ]


def test_a_draw_is_the_same_alone_and_in_any_batch(
    engine: TransformersEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = mixed_requests()
    together = completions(engine, requests)
    assert len({completion.finish for completion in together.values()}) == 3
    for request in requests[:10]:
        assert completions(engine, [request])[request.id] == together[request.id]
    shuffled = random.Random(0).sample(requests, len(requests))
    for rows in (1, 3, 8):
        monkeypatch.setattr(drawing, "ROWS", rows)
        assert completions(engine, shuffled[: 4 * rows]) == {
            request.id: together[request.id] for request in shuffled[: 4 * rows]
        }


def too_small(
    engine: TransformersEngine, monkeypatch: pytest.MonkeyPatch, rows: int, tokens: int
) -> list[Any]:
    """Whether there is room for so many rows that are drawn, or tokens otherwise. Returns what is told."""
    monkeypatch.setattr(engine._packed._model, "forward", Tight(engine._packed._model, rows, tokens))
    told: list[Survived] = []
    monkeypatch.setattr(engine, "tell", told.append)
    return told


def test_drawing_goes_on_with_half_the_rows_when_memory_runs_out(
    engine: TransformersEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = mixed_requests()
    # Two that have ended when memory runs out, and are not begun again.
    requests += [Request(f"short {n}", request.prompt_ids, Draw(1)) for n, request in enumerate(requests[:2])]
    undisturbed = completions(engine, requests)
    told = too_small(engine, monkeypatch, rows=5, tokens=300)
    found = [result for result in engine.submit(requests) if isinstance(result, Completion)]
    assert sorted(one.id for one in found) == sorted(undisturbed)  # each of them once
    assert {one.id: one for one in found} == undisturbed
    assert {one.kind for one in told} == {"out of memory"}
    sizes = [[int(word) for word in one.told.replace(".", "").split() if word.isdigit()] for one in told]
    assert sizes[0][0] > 5 >= sizes[-1][1]
    assert all(after == before // 2 for before, after in sizes)


def test_judging_goes_on_with_half_the_tokens_when_memory_runs_out(
    engine: TransformersEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompts = few_shot_prompts(40, seed=6)
    requests = [Request(f"s{n}", prompt, Score(prompt[:5])) for n, prompt in enumerate(prompts)]
    requests += [Request(f"c{n}", prompt, Choose((3, 4))) for n, prompt in enumerate(prompts)]
    undisturbed = logprobs(engine, requests)
    told = too_small(engine, monkeypatch, rows=0, tokens=200)
    found = [result for result in engine.submit(requests) if not isinstance(result, Completion)]
    assert sorted(one.id for one in found) == sorted(undisturbed)
    for one in found:
        assert one.logprobs == pytest.approx(undisturbed[one.id], abs=1e-4)
    assert told
    assert "tokens at once" in told[0].told
    assert len(told) < 5  # what was halved stays so, for the rest of the submission


@pytest.mark.parametrize(
    ("task", "halves"),
    [(Draw(5, 1.0), ["2.", "1."]), (Choose((3, 4)), ["6.", "3."])],
    ids=["drawing", "judging"],
)
def test_memory_for_not_even_one_is_a_failure_in_a_sentence(
    engine: TransformersEngine, monkeypatch: pytest.MonkeyPatch, task: Any, halves: list[str]
) -> None:
    told = too_small(engine, monkeypatch, rows=0, tokens=0)
    with pytest.raises(RunFailed, match=r"transformers engine ran out of memory with the least that"):
        list(engine.submit([Request(str(n), (5, 6, 7 + n), task) for n in range(4)]))
    assert [one.told.rpartition(" ")[2] for one in told] == halves


def test_other_errors_are_not_taken_for_a_lack_of_memory(
    engine: TransformersEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("shapes do not fit")

    monkeypatch.setattr(engine._packed._model, "forward", broken)
    for task in (Draw(5), Choose((3, 4))):
        with pytest.raises(RuntimeError, match="shapes do not fit"):
            list(engine.submit([Request("r", (5, 6), task)]))


def test_seeds_matter_and_equal_prompts_may_differ(engine: TransformersEngine) -> None:
    prompt = few_shot_prompts(1)[0]
    requests = [Request(str(seed), prompt, Draw(12, 1.0, seed=seed)) for seed in range(20)]
    texts = {completion.ids for completion in completions(engine, requests).values()}
    assert len(texts) > 15


def test_results_come_as_they_finish(engine: TransformersEngine) -> None:
    prompts = few_shot_prompts(2, seed=9)
    requests = [Request("long", prompts[0], Draw(60, 1.0)), Request("short", prompts[1], Draw(1, 1.0))]
    assert [result.id for result in engine.submit(requests)] == ["short", "long"]


def test_label_logprobs_are_over_the_whole_vocabulary(engine: TransformersEngine, reference: Any) -> None:
    prompts = few_shot_prompts(40, seed=5)
    found = logprobs(engine, [Request(str(n), p, Choose((7, 300, 7))) for n, p in enumerate(prompts)])
    for n, prompt in enumerate(prompts):
        expected = [reference_logprobs(reference, prompt, (label,))[0] for label in (7, 300, 7)]
        assert found[str(n)] == pytest.approx(expected, abs=1e-4)


def test_scores_are_those_of_a_full_forward_pass(engine: TransformersEngine, reference: Any) -> None:
    dice = random.Random(6)
    prompts = few_shot_prompts(40, seed=6)
    targets = [tuple(dice.choices(range(320), k=dice.randrange(0, 9))) for _ in prompts]
    pairs = list(zip(prompts, targets, strict=True))
    found = logprobs(engine, [Request(str(n), p, Score(target)) for n, (p, target) in enumerate(pairs)])
    for n, (prompt, target) in enumerate(pairs):
        assert found[str(n)] == pytest.approx(reference_logprobs(reference, prompt, target), abs=1e-4)


def test_sharing_prefixes_changes_nothing(
    engine: TransformersEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompts = few_shot_prompts(30, seed=7)
    requests = [Request(f"s{n}", prompt, Score(prompt[:5])) for n, prompt in enumerate(prompts)]
    requests += [Request(f"c{n}", prompt, Choose((3, 4))) for n, prompt in enumerate(prompts)]
    made: list[int] = []
    original = packed.PackedModel.prefix

    def counted(self: Any, ids: tuple[int, ...], before: attention.Prefix | None = None) -> attention.Prefix:
        made.append(len(ids))
        return original(self, ids, before)

    monkeypatch.setattr(packed.PackedModel, "prefix", counted)
    shared = logprobs(engine, requests)
    assert made
    made.clear()
    monkeypatch.setattr(judging, "shared_prefixes", lambda items, _: [Group(0, len(items), 0)])
    alone = logprobs(engine, requests)
    assert not made
    for id, values in shared.items():
        assert values == pytest.approx(alone[id], abs=1e-4)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("qwen2", {}),
        ("gemma3_text", {"sliding_window": 24, "layer_types": ["sliding_attention", "full_attention"]}),
        ("mistral", {"sliding_window": 24}),
        ("gpt_neox", {"num_key_value_heads": None}),
    ],
)
def test_other_architectures(kind: str, changes: dict[str, Any], tmp_path: Path) -> None:
    """Among them such as let a token see a window of the last tokens only."""
    folder = make_model(tmp_path / kind, kind, **changes)
    engine = TransformersEngine(folder, SHA, threads=1)
    reference = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    prompts = few_shot_prompts(12, seed=8)
    requests = [Request(f"d{n}", prompt, Draw(30)) for n, prompt in enumerate(prompts)]
    requests += [Request(f"s{n}", prompt, Score(prompt[-4:])) for n, prompt in enumerate(prompts)]
    scores, drawn = logprobs(engine, requests[12:]), completions(engine, requests[:12])
    for n, prompt in enumerate(prompts):
        expected = reference_logprobs(reference, prompt, prompt[-4:])
        assert scores[f"s{n}"] == pytest.approx(expected, abs=1e-4)
        assert list(drawn[f"d{n}"].ids) == generated(reference, prompt, max_new_tokens=30)


def test_an_architecture_that_computes_something_else_is_refused(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attention, "_merged", lambda out, *_: out)
    with pytest.raises(RunFailed, match="other logits for a LlamaForCausalLM than transformers does"):
        TransformersEngine(tiny_folder, SHA)


@pytest.fixture(scope="module")
def adapter_folders(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    from peft import LoraConfig, get_peft_model

    folders: list[str] = []
    for seed in (1, 2):
        base = AutoModelForCausalLM.from_pretrained(tiny_folder)
        torch.manual_seed(seed)
        config = LoraConfig(r=4, target_modules=["q_proj", "v_proj", "up_proj"], init_lora_weights=False)
        folder = str(tmp_path_factory.mktemp("adapter"))
        get_peft_model(base, config).save_pretrained(folder)
        folders.append(folder)
    return folders


def test_adapters_take_turns_and_the_base_stays_bare(
    tiny_folder: Path, reference: Any, adapter_folders: list[str]
) -> None:
    from peft import PeftModel

    engine = TransformersEngine(tiny_folder, SHA, threads=1)
    prompts = few_shot_prompts(8, seed=3)
    adapters = [None, *adapter_folders]
    requests = [
        Request(f"{n} {which}", prompt, Score(prompt[:4]), adapter)
        for n, prompt in enumerate(prompts)
        for which, adapter in enumerate(adapters)
    ]
    before = logprobs(engine, [request for request in requests if request.adapter is None])
    found = logprobs(engine, requests)
    assert all(found[id] == values for id, values in before.items())
    for which, adapter in enumerate(adapters):
        model = reference
        if adapter is not None:
            base = AutoModelForCausalLM.from_pretrained(tiny_folder, dtype=torch.float32)
            model = PeftModel.from_pretrained(base, adapter).eval()
        for n, prompt in enumerate(prompts):
            expected = reference_logprobs(model, prompt, prompt[:4])
            assert found[f"{n} {which}"] == pytest.approx(expected, abs=1e-4)
    assert found["0 0"] != pytest.approx(found["0 1"], abs=1e-3)
    assert found["0 1"] != pytest.approx(found["0 2"], abs=1e-3)


BAD = [
    (Request("r", (), Draw(5)), "Request r has an empty prompt."),
    (Request("r", (5, 320), Draw(5)), "Request r holds the token id 320, outside the vocabulary of 320."),
    (Request("r", (5,), Choose((1, -1))), "Request r holds the token id -1"),
    (Request("r", (5,), Score((1, 999))), "Request r holds the token id 999"),
    (Request("r", (5,) * 500, Draw(13)), r"Request r needs 513 positions \(500 of the prompt\)"),
    (Request("r", (5,) * 510, Score((1, 2, 3))), "Request r needs 513 positions"),
    (Request("r", (5,), Draw(0)), "Request r asks for 0 tokens."),
    (Request("r", (5,), Draw(5, temperature=-1)), "Request r has the temperature -1."),
    (Request("r", (5,), Draw(5, top_p=0)), "Request r has top_p 0,"),
    (Request("r", (5,), Draw(5, stop=("",))), "Request r has an empty stop string."),
    (Request("r", (5,), Draw(5), adapter="nowhere"), "There is no adapter at nowhere."),
]


@pytest.mark.parametrize(("request_", "sentence"), BAD, ids=[sentence for _, sentence in BAD])
def test_what_cannot_be_run_is_refused_in_one_sentence(
    engine: TransformersEngine, request_: Request, sentence: str
) -> None:
    with pytest.raises(RunFailed, match=sentence):
        list(engine.submit([request_]))


def test_a_prompt_that_just_fits(engine: TransformersEngine) -> None:
    found = by_id(engine, [Request("r", (5,) * 510, Draw(2)), Request("s", (5,) * 510, Score((5, 6)))])
    assert isinstance(found["r"], Completion)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunFailed, match=r"There is no model at .*: config.json is missing."):
        TransformersEngine(tmp_path, SHA)


def test_facts(engine: TransformersEngine) -> None:
    facts = engine.facts
    assert (facts.name, facts.dtype, facts.device) == ("transformers", "float32", "cpu")
    assert facts.vocabulary_size == 320
    assert facts.model_sha256 == SHA
    assert torch.__version__ in facts.version


def test_bf16_weights_give_nearly_the_same(tiny_folder: Path, engine: TransformersEngine) -> None:
    half = TransformersEngine(tiny_folder, SHA, dtype="bf16", threads=1)
    assert half.facts.dtype == "bf16"
    assert half.facts.fingerprint != engine.facts.fingerprint
    requests = [Request(str(n), prompt, Score(prompt[:4])) for n, prompt in enumerate(few_shot_prompts(6))]
    ours, theirs = logprobs(half, requests), logprobs(engine, requests)
    for id, values in ours.items():
        assert values == pytest.approx(theirs[id], abs=0.5)


@pytest.mark.real_model
def test_the_real_model_is_itself(real_folder: Path) -> None:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(real_folder / "tokenizer.json"))
    engine = TransformersEngine(real_folder, SHA, threads=1)
    reference = AutoModelForCausalLM.from_pretrained(real_folder, dtype=torch.float32).eval()
    shots = "Instruction: Name a bird.\nResponse: A robin.\n\n" * 8
    texts = [
        f"{shots}Instruction: Name a {thing}.\nResponse:" for thing in ("river", "city in Peru", "colour")
    ]
    prompts = [tuple(tokenizer.encode(text, add_special_tokens=False).ids) for text in texts]
    found = completions(engine, [Request(str(n), prompt, Draw(6)) for n, prompt in enumerate(prompts)])
    ending = prompts[0][-9:]
    scores = logprobs(engine, [Request(str(n), prompt, Score(ending)) for n, prompt in enumerate(prompts)])
    for n, prompt in enumerate(prompts):
        assert list(found[str(n)].ids) == generated(reference, prompt, max_new_tokens=6)
        assert scores[str(n)] == pytest.approx(reference_logprobs(reference, prompt, ending), abs=1e-3)
