"""The vLLM engine against transformers, as it is run: in a child process, with processes of its own.

Skipped where vLLM is not installed; `.ci/vllm` installs its build for CPUs and runs these tests alone.
"""

from __future__ import annotations

import importlib.util
import itertools
import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch
from tiny import by_id, completions, logprobs, make_model
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM

from runtime.engines import vllm_start
from runtime.engines.host import HostedEngine, start_engine
from runtime.engines.protocol import Choose, Completion, Draw, Request, Score
from runtime.engines.stopping import Writing
from runtime.failures import RunFailed
from runtime.survived import Survived

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("vllm") is None, reason="vLLM is not installed; .ci/vllm runs these tests"
)
Ids = tuple[int, ...]
SHA = "0" * 64
# The smallest heads that vLLM computes without a GPU.
HEADS = {"hidden_size": 64, "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 32}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("tiny_for_vllm"), **HEADS)


@pytest.fixture(scope="module")
def engine(folder: Path) -> Iterator[HostedEngine]:
    with start_engine("vllm", folder, SHA, threads=1) as engine:
        yield engine


@pytest.fixture(scope="module")
def reference(folder: Path) -> Any:
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()


@pytest.fixture(scope="module")
def adapters(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Two adapters of different rank, on different layers."""
    from peft import LoraConfig, get_peft_model

    made: list[str] = []
    for seed, rank, modules in ((1, 4, ["q_proj", "v_proj", "up_proj"]), (2, 12, ["o_proj", "down_proj"])):
        base = AutoModelForCausalLM.from_pretrained(folder)
        torch.manual_seed(seed)
        config = LoraConfig(r=rank, lora_alpha=rank, target_modules=modules, init_lora_weights=False)
        made.append(str(tmp_path_factory.mktemp("adapter")))
        get_peft_model(base, config).save_pretrained(made[-1])
    return made


def few_shot_prompts(count: int, seed: int = 0) -> list[Ids]:
    """Prompts of different lengths with one of three long beginnings, and some with none."""
    dice = random.Random(seed)

    def some(length: int) -> Ids:
        return tuple(dice.randrange(2, 320) for _ in range(length))

    head = some(20)
    stems = [head + some(90), head + some(120), some(90), ()]
    return [dice.choice(stems) + some(dice.randrange(1, 25)) for _ in range(count)]


def reference_logprobs(model: Any, prompt: Ids, continuation: Ids) -> list[float]:
    with torch.no_grad():
        logits = model(torch.tensor([prompt + continuation])).logits[0].float().log_softmax(1)
    return [float(logits[len(prompt) - 1 + n, token]) for n, token in enumerate(continuation)]


def generated(model: Any, prompt: Ids, **settings: Any) -> list[int]:
    """transformers' own greedy completion, without its eos."""
    out = model.generate(torch.tensor([prompt]), do_sample=False, pad_token_id=0, **settings)
    ids: list[int] = out[0, len(prompt) :].tolist()
    return list(itertools.takewhile(lambda token: token not in (0, 1), ids))


def descendants(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def all_gone(processes: list[psutil.Process]) -> bool:
    def alive(process: psutil.Process) -> bool:
        try:
            return bool(process.status() != psutil.STATUS_ZOMBIE)
        except psutil.NoSuchProcess:
            return False

    until = time.monotonic() + 5
    while any(map(alive, processes)) and time.monotonic() < until:
        time.sleep(0.05)
    return not any(map(alive, processes))


def test_facts(engine: HostedEngine) -> None:
    facts = engine.facts
    assert (facts.name, facts.dtype, facts.device) == ("vllm", "float32", "cpu")
    assert facts.vocabulary_size == 320
    assert "vllm 0." in facts.version
    assert torch.__version__ in facts.version
    assert facts.fingerprint == f"vllm/{facts.version}/0000000000000000/float32"


def test_greedy_is_generate(engine: HostedEngine, reference: Any) -> None:
    prompts = few_shot_prompts(40)
    found = completions(engine, [Request(str(n), prompt, Draw(20)) for n, prompt in enumerate(prompts)])
    for n, prompt in enumerate(prompts):
        assert list(found[str(n)].ids) == generated(reference, prompt, max_new_tokens=20)
    assert {completion.finish for completion in found.values()} == {"eos", "length"}


def test_the_repetition_penalty_is_that_of_generate(engine: HostedEngine, reference: Any) -> None:
    """It counts the prompt's tokens too."""
    prompts = few_shot_prompts(12, seed=2)
    draw = Draw(25, repetition_penalty=1.3)
    found = completions(engine, [Request(str(n), prompt, draw) for n, prompt in enumerate(prompts)])
    for n, prompt in enumerate(prompts):
        expected = generated(reference, prompt, max_new_tokens=25, repetition_penalty=1.3)
        assert list(found[str(n)].ids) == expected


def test_stop_strings_end_a_completion_where_a_search_of_its_text_says(
    engine: HostedEngine, folder: Path
) -> None:
    """The same tokens without stop strings, written one by one, end at the same token and character."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    prompts = few_shot_prompts(24, seed=11)
    stops = [("e",), ("\n", " the"), ("an", "é", "a"), ("never that",)]
    free = completions(engine, [Request(str(n), p, Draw(40, 1.0, seed=n)) for n, p in enumerate(prompts)])
    found = completions(
        engine,
        [Request(str(n), p, Draw(40, 1.0, stop=stops[n % 4], seed=n)) for n, p in enumerate(prompts)],
    )
    for n in range(len(prompts)):
        writing = Writing(str(n), Draw(40, stop=stops[n % 4]), tokenizer, (0, 1))
        ids = [*free[str(n)].ids, 0]
        expected = next(end for token in ids if (end := writing.add(token)) is not None)
        assert found[str(n)] == expected
    assert {completion.finish for completion in found.values()} >= {"stop", "length"}


def test_a_draw_is_the_same_alone_and_among_others(engine: HostedEngine) -> None:
    prompts = few_shot_prompts(24, seed=4)
    requests = [
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
                seed=2**62 + n,
            ),
        )
        for n, prompt in enumerate(prompts)
    ]
    together = completions(engine, requests)
    for request in requests[:9]:
        assert completions(engine, [request])[request.id] == together[request.id]


def test_seeds_matter_and_equal_prompts_may_differ(engine: HostedEngine) -> None:
    prompt = few_shot_prompts(1)[0]
    requests = [Request(str(seed), prompt, Draw(12, 1.0, seed=seed)) for seed in range(20)]
    first = {id: completion.ids for id, completion in completions(engine, requests).items()}
    assert len(set(first.values())) > 15
    again = completions(engine, requests)
    assert {id: completion.ids for id, completion in again.items()} == first


def test_results_come_as_they_finish(engine: HostedEngine) -> None:
    prompts = few_shot_prompts(2, seed=9)
    requests = [
        Request("long", prompts[0], Draw(60, 0.7, repetition_penalty=1.5, stop=("never that",))),
        Request("short", prompts[1], Draw(1, 1.0)),
    ]
    assert [result.id for result in engine.submit(requests)] == ["short", "long"]


def test_label_logprobs_are_over_the_whole_vocabulary(engine: HostedEngine, reference: Any) -> None:
    """Among draws with temperature and penalty in the same batch, and labels of different number."""
    prompts = few_shot_prompts(40, seed=5)
    labels = [(7, 300, 7), (0, 5), (319, 4, 3, 2, 1, 0)]
    requests = [Request(str(n), prompt, Choose(labels[n % 3])) for n, prompt in enumerate(prompts)]
    drawn = [
        Request(f"d{n}", prompt, Draw(9, 1.3, repetition_penalty=1.4, seed=n))
        for n, prompt in enumerate(prompts)
    ]
    found = logprobs(engine, [*requests, *drawn, Request("none", prompts[0], Choose(()))])
    assert found.pop("none") == ()
    for n, prompt in enumerate(prompts):
        expected = [reference_logprobs(reference, prompt, (label,))[0] for label in labels[n % 3]]
        assert found[str(n)] == pytest.approx(expected, abs=1e-4)


def test_scores_are_those_of_a_full_forward_pass(engine: HostedEngine, reference: Any) -> None:
    dice = random.Random(6)
    prompts = few_shot_prompts(40, seed=6)
    targets = [tuple(dice.choices(range(320), k=dice.randrange(0, 40))) for _ in prompts]
    pairs = list(zip(prompts, targets, strict=True))
    requests = [Request(str(n), p, Score(target)) for n, (p, target) in enumerate(pairs)]
    first = logprobs(engine, requests)
    # The second time the cache holds what was scored, of which nothing may be taken.
    again = logprobs(engine, requests)
    for n, (prompt, target) in enumerate(pairs):
        expected = reference_logprobs(reference, prompt, target)
        assert first[str(n)] == pytest.approx(expected, abs=1e-4)
        assert again[str(n)] == pytest.approx(expected, abs=1e-4)


def test_scores_of_what_was_just_drawn(engine: HostedEngine, reference: Any) -> None:
    """As a filter by likelihood asks: the cache holds the completion from its drawing."""
    prompts = few_shot_prompts(8, seed=12)
    drawn = completions(engine, [Request(str(n), p, Draw(60, 1.0, seed=n)) for n, p in enumerate(prompts)])
    pairs = {id: (prompts[int(id)], completion.ids) for id, completion in drawn.items() if completion.ids}
    found = logprobs(engine, [Request(id, prompt, Score(ids)) for id, (prompt, ids) in pairs.items()])
    for id, (prompt, ids) in pairs.items():
        assert found[id] == pytest.approx(reference_logprobs(reference, prompt, ids), abs=1e-4)


BAD = [
    (Request("r", (), Draw(5)), "Request r has an empty prompt."),
    (Request("r", (5, 320), Draw(5)), "Request r holds the token id 320, outside the vocabulary of 320."),
    (Request("r", (5,), Choose((1, -1))), "Request r holds the token id -1"),
    (Request("r", (5,) * 500, Draw(13)), r"Request r needs 513 positions \(500 of the prompt\)"),
    (Request("r", (5,) * 512, Choose((1,))), "Request r needs 513 positions"),
    (Request("r", (5,), Choose(tuple(range(129)))), "Request r has 129 labels; vLLM looks at 128."),
    (Request("r", (5,), Draw(5, temperature=-1)), "Request r has the temperature -1."),
    (Request("r", (5,), Draw(5, temperature=3.0)), "Request r has the temperature 3.0; vLLM draws at 0, or"),
    (Request("r", (5,), Draw(5, stop=("",))), "Request r has an empty stop string."),
    (Request("r", (5,), Draw(5), adapter="nowhere"), "There is no adapter at nowhere."),
]


@pytest.mark.parametrize(("request_", "sentence"), BAD, ids=[sentence for _, sentence in BAD])
def test_what_cannot_be_run_is_refused_in_one_sentence(
    engine: HostedEngine, request_: Request, sentence: str
) -> None:
    with pytest.raises(RunFailed, match=sentence):
        list(engine.submit([Request("fine", (5,), Draw(3)), request_]))


def test_an_adapter_of_other_layers_is_refused_and_not_served_in_part(
    engine: HostedEngine, tmp_path: Path
) -> None:
    (tmp_path / "adapter_config.json").write_text('{"r": 4, "target_modules": ["lm_head", "q_proj"]}')
    with pytest.raises(RunFailed, match=r"changes more than vLLM serves: lm_head\."):
        list(engine.submit([Request("r", (5,), Draw(3), adapter=str(tmp_path))]))


def test_requests_that_just_fit(engine: HostedEngine) -> None:
    requests = [
        Request("r", (5,) * 510, Draw(2)),
        Request("s", (5,) * 510, Score((5, 6))),
        Request("c", (5,) * 511, Choose((5,))),
    ]
    assert by_id(engine, requests)


def test_more_requests_than_vllm_is_sent_at_once(engine: HostedEngine) -> None:
    """It runs 256 of them at once here, and is sent three times as many."""
    prompts = few_shot_prompts(2000, seed=8)
    requests = [Request(str(n), prompt, Choose((5, 6))) for n, prompt in enumerate(prompts)]
    found = [result.id for result in engine.submit(requests)]
    assert sorted(found, key=int) == [request.id for request in requests]

    requests[1500] = Request("wrong", (999,), Choose((5, 6)))
    answered: list[str] = []
    with pytest.raises(RunFailed, match="Request wrong holds the token id 999"):
        answered.extend(result.id for result in engine.submit(requests))
    assert 0 < len(set(answered)) == len(answered) < 2000
    assert by_id(engine, requests[:3])


def test_a_submission_may_be_given_up(engine: HostedEngine) -> None:
    results = engine.submit(
        [Request(str(n), (10, 20, 30), Draw(400, 1.0, repetition_penalty=1.3, seed=n)) for n in range(200)]
    )
    next(results)
    assert isinstance(results, Iterator)
    results.close()  # type: ignore[attr-defined]
    began = time.monotonic()
    assert completions(engine, [Request("0", (5, 6), Draw(3))]).keys() == {"0"}
    assert time.monotonic() - began < 20


def test_adapters_are_swapped_within_a_batch_and_the_base_stays_bare(
    folder: Path, engine: HostedEngine, reference: Any, adapters: list[str]
) -> None:
    """The engine was started without adapters, and starts anew for them by itself."""
    from peft import PeftModel

    prompts = few_shot_prompts(8, seed=3)
    served = [None, *adapters]
    requests = [
        Request(f"{n} {which} {kind}", prompt, task, adapter)
        for n, prompt in enumerate(prompts)
        for which, adapter in enumerate(served)
        for kind, task in (("score", Score(prompt[:4])), ("label", Choose(prompt[:1])))
    ]
    found = logprobs(engine, requests)
    for which, adapter in enumerate(served):
        model = reference
        if adapter is not None:
            base = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
            model = PeftModel.from_pretrained(base, adapter).eval()
        for n, prompt in enumerate(prompts):
            expected = reference_logprobs(model, prompt, prompt[:4])
            assert found[f"{n} {which} score"] == pytest.approx(expected, abs=1e-4)
            assert found[f"{n} {which} label"] == pytest.approx(expected[:1], abs=1e-4)
    assert found["0 0 score"] != pytest.approx(found["0 1 score"], abs=1e-3)
    assert found["0 1 score"] != pytest.approx(found["0 2 score"], abs=1e-3)


@pytest.mark.parametrize("which", ["the child", "the process of vLLM's that computes"])
def test_a_killed_engine_is_started_anew_and_leaves_no_process_behind(
    engine: HostedEngine, which: str
) -> None:
    requests = [Request(str(n), (10, 20, 30 + n), Draw(200, 1.0, seed=n)) for n in range(100)]
    undisturbed = completions(engine, requests)
    told: list[Survived] = []
    engine.tell = told.append
    processes = descendants(engine.pid)
    computing = max(processes[0].children(), key=lambda process: process.memory_info().rss)
    victim = engine.pid if which == "the child" else computing.pid
    found = []
    for result in engine.submit(requests):
        found.append(result)
        if len(found) == 10:
            os.kill(victim, signal.SIGKILL)
    assert sorted(result.id for result in found) == sorted(undisturbed)
    assert {result.id: result for result in found} == undisturbed
    (one,) = told
    assert one.told.startswith("The vllm engine was ended by signal 9")
    assert all_gone(processes)
    assert engine.pid != processes[0].pid


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunFailed, match=r"There is no model at .*: config.json is missing."):
        start_engine("vllm", tmp_path, SHA)


@pytest.mark.real_model
def test_the_real_model_is_itself(real_folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    tokenizer = Tokenizer.from_file(str(real_folder / "tokenizer.json"))

    def encode(text: str) -> Ids:
        return tuple(tokenizer.encode(text, add_special_tokens=False).ids)

    reference = AutoModelForCausalLM.from_pretrained(real_folder, dtype=torch.float32).eval()
    shots = "Instruction: Name a bird.\nResponse: A robin.\n\n" * 8
    things = ("river", "city in Peru", "colour")
    prompts = [encode(f"{shots}Instruction: Name a {thing}.\nResponse:") for thing in things]
    labels = (*encode(" A"), *encode(" The"))
    capfd.readouterr()
    with start_engine("vllm", real_folder, SHA, threads=1) as engine:
        drawn = completions(engine, [Request(str(n), p, Draw(12)) for n, p in enumerate(prompts)])
        ending = prompts[0][-9:]
        judged = [Request(f"s{n}", prompt, Score(ending)) for n, prompt in enumerate(prompts)]
        judged += [Request(f"c{n}", prompt, Choose(labels)) for n, prompt in enumerate(prompts)]
        found = logprobs(engine, judged)
        processes = descendants(engine.pid)
    assert all_gone(processes)
    assert capfd.readouterr() == ("", "")
    for n, prompt in enumerate(prompts):
        greedy: Completion = drawn[str(n)]
        assert list(greedy.ids) == generated(reference, prompt, max_new_tokens=12)
        assert found[f"s{n}"] == pytest.approx(reference_logprobs(reference, prompt, ending), abs=1e-3)
        expected = [reference_logprobs(reference, prompt, (label,))[0] for label in labels]
        assert found[f"c{n}"] == pytest.approx(expected, abs=1e-3)


def test_vllm_knows_every_variable_that_is_set_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt one is passed over in silence; then vLLM forked where there is a GPU, and hung."""
    from vllm import envs

    monkeypatch.setattr(vllm_start.os, "environ", {})
    vllm_start.prepare_environment(2)
    names = [name for name in vllm_start.os.environ if name.startswith("VLLM_")]
    assert "VLLM_WORKER_MULTIPROC_METHOD" in names
    assert [name for name in names if name not in envs.environment_variables] == []


def test_vllm_sends_results_in_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    """Log-probabilities of many tokens came as pieces of their own, and their message could be overwritten
    on its way."""
    from vllm.v1.serial_utils import MsgpackDecoder, MsgpackEncoder

    logprobs = {"a": torch.arange(1000.0), "b": torch.arange(2000)}
    assert len(MsgpackEncoder().encode_into(logprobs, bytearray())) == 3
    monkeypatch.setattr(vllm_start.os, "environ", os.environ.copy())
    vllm_start.prepare_environment(1)
    pieces = MsgpackEncoder().encode_into(logprobs, bytearray())
    assert len(pieces) == 1
    found = MsgpackDecoder(dict[str, torch.Tensor]).decode(pieces)
    assert all(torch.equal(found[name], value) for name, value in logprobs.items())
