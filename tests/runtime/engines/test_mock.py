"""The mock engine is deterministic, varied, keeps the protocol's promises, and says what it is."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny import by_id, completions, logprobs
from tokenizers import Tokenizer

from runtime.engines import mock
from runtime.engines.mock import MockEngine
from runtime.engines.protocol import Choose, Completion, Draw, Request, Score
from runtime.failures import RunFailed

Encode = Callable[[str], tuple[int, ...]]

LIST = "Here are some instructions.\n1. Name a bird.\n2. Count to ten.\n3."
SHOTS = "Instruction: Name a bird.\nResponse: A gull.\n\n"
ASK = f"{SHOTS}Instruction: List uses of a telescope in a harbour.\nResponse:"


@pytest.fixture(scope="module")
def engine(tokenizer_folder: Path) -> MockEngine:
    return MockEngine(tokenizer_folder, "0" * 64)


def draws(prompt: tuple[int, ...], count: int, draw: Draw) -> list[Request]:
    settings = (draw.max_tokens, draw.temperature, draw.top_p, draw.top_k, draw.repetition_penalty, draw.stop)
    return [Request(str(seed), prompt, Draw(*settings, seed)) for seed in range(count)]


def test_it_says_that_it_is_a_mock(engine: MockEngine) -> None:
    assert engine.facts.name == "mock"
    assert engine.facts.fingerprint.startswith("mock/")
    assert mock.__doc__ is not None
    assert "no language model" in mock.__doc__


def test_it_needs_no_torch(tokenizer_folder: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from runtime.engines.mock import MockEngine;"
        f"MockEngine(Path({str(tokenizer_folder)!r}), ''); print('torch' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


def test_the_same_request_has_the_same_result_in_any_company(engine: MockEngine, encode: Encode) -> None:
    requests = draws(encode(ASK), 20, Draw(80, 0.7, stop=("\n\n",)))
    requests += [
        Request("s", encode(ASK), Score(encode(" A telescope."))),
        Request("c", encode(ASK), Choose((3, 4))),
    ]
    together = by_id(engine, requests)
    assert by_id(engine, list(reversed(requests))) == together
    assert by_id(engine, requests[7:8]) == {"7": together["7"]}


def test_a_list_goes_on_with_many_different_instructions(engine: MockEngine, encode: Encode) -> None:
    found = completions(engine, draws(encode(LIST), 200, Draw(2000, 0.7)))
    items: list[str] = []
    for completion in found.values():
        first, *rest = completion.text.splitlines()
        assert first.startswith(" ")
        numbered = [re.fullmatch(r"(\d+)\. (.+)", line) for line in rest]
        assert [match and int(match[1]) for match in numbered] == list(range(4, 4 + len(rest)))
        items += [first.strip(), *(match[2] for match in numbered if match)]
    assert len(items) > 1000
    assert len(set(items)) > 0.6 * len(items)


def test_after_a_space_the_item_begins_without_one(engine: MockEngine, encode: Encode) -> None:
    [completion] = completions(engine, draws(encode(LIST + " "), 1, Draw(500))).values()
    assert not completion.text.startswith(" ")


def test_answers_take_up_the_last_instruction_and_some_are_no_good(
    engine: MockEngine, encode: Encode
) -> None:
    found = list(completions(engine, draws(encode(ASK), 300, Draw(400, 0.7))).values())
    on_topic = [done for done in found if re.search("telescope|harbour|uses", done.text.lower())]
    assert 0.8 * len(found) < len(on_topic) < len(found)
    assert any("\n\nInstruction:" in done.text for done in found)
    assert {done.finish for done in found} == {"eos", "length"}
    assert sum(done.finish == "length" for done in found) < 0.3 * len(found)


def test_limits_and_stop_strings_are_kept(engine: MockEngine, tokenizer_folder: Path, encode: Encode) -> None:
    tokenizer = Tokenizer.from_file(str(tokenizer_folder / "tokenizer.json"))
    found = completions(engine, draws(encode(ASK), 300, Draw(60, 0.7, stop=("\n\n", "a "))))
    stopped = [done for done in found.values() if done.finish == "stop"]
    assert stopped
    for done in found.values():
        assert len(done.ids) <= 60
        assert "\n\n" not in done.text
        assert "a " not in done.text
        text = tokenizer.decode(list(done.ids))
        assert text.startswith(done.text)
        if done.matched is not None:
            assert text[len(done.text) :].startswith(done.matched)
            assert done.matched not in tokenizer.decode(list(done.ids[:-1]))


def test_greedy_draws_ignore_the_seed_and_adapters_change_the_text_by_their_content(
    engine: MockEngine, encode: Encode, tmp_path: Path
) -> None:
    prompt = encode(ASK)
    greedy = completions(engine, draws(prompt, 5, Draw(300)))
    assert len({done.text for done in greedy.values()}) == 1
    for name, content in (("a", b"one"), ("b", b"one"), ("c", b"two")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "adapter_model.safetensors").write_bytes(content)
    said = completions(engine, [Request(n, prompt, Draw(300), adapter=str(tmp_path / n)) for n in "abc"])
    assert said["a"].text == said["b"].text
    assert len({said["a"].text, said["c"].text, greedy["0"].text}) == 3


def test_likelihood_gain_tells_an_answer_to_the_question_from_another(
    engine: MockEngine, encode: Encode
) -> None:
    target = encode(" A telescope shows the harbour.")
    requests = [
        Request("given", encode(ASK), Score(target)),
        Request("neutral", encode("Instruction: Say something.\nResponse:"), Score(target)),
    ]
    found = logprobs(engine, requests)
    means = {id: sum(values) / len(values) for id, values in found.items()}
    assert len(found["given"]) == len(target)
    assert means["given"] > means["neutral"] + 0.3
    assert all(value < 0 for values in found.values() for value in values)


def test_labels_get_most_of_the_probability_and_relevance_counts(engine: MockEngine, encode: Encode) -> None:
    def favoured(reply: str) -> int:
        prompts = [
            f"Instruction: Explain the telescope, case {n}.\nResponse: {reply}\nLabel:" for n in range(60)
        ]
        found = logprobs(engine, [Request(p, encode(p), Choose((5, 6))) for p in prompts])
        for values in found.values():
            assert sum(math.exp(value) for value in values) == pytest.approx(0.8)
        return sum(values[0] > values[1] for values in found.values())

    assert favoured("A telescope shows stars.") > 45
    assert favoured("Bananas grow quickly.") < 35


def test_bad_requests_are_refused(engine: MockEngine, tmp_path: Path) -> None:
    with pytest.raises(RunFailed, match="empty prompt"):
        list(engine.submit([Request("r", (), Draw(3))]))
    with pytest.raises(RunFailed, match="outside the vocabulary"):
        list(engine.submit([Request("r", (99_999,), Draw(3))]))
    with pytest.raises(RunFailed, match=r"tokenizer\.json is missing"):
        MockEngine(tmp_path, "")


def test_a_score_of_nothing_is_empty(engine: MockEngine) -> None:
    assert logprobs(engine, [Request("r", (5,), Score(()))]) == {"r": ()}
    assert isinstance(by_id(engine, [Request("d", (5,), Draw(3))])["d"], Completion)
