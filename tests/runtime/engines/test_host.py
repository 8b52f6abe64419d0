"""Engines in a child process: the same protocol, memory that comes back, and no hang."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import tight
from tiny import by_id, completions, logprobs

from runtime.engines import host
from runtime.engines.host import HostedEngine, _Start, start_engine
from runtime.engines.mock import MockEngine
from runtime.engines.protocol import Choose, Draw, Request, Result, Score
from runtime.engines.submission import SIZE
from runtime.failures import ChildDied, RunFailed
from runtime.survived import Survived

SHA = "0" * 64


@pytest.fixture(scope="module")
def hosted_mock(tokenizer_folder: Path) -> Iterator[HostedEngine]:
    with start_engine("mock", tokenizer_folder, SHA) as engine:
        yield engine


def some_draws(count: int, max_tokens: int = 50) -> list[Request]:
    return [Request(str(n), (10, 20, 30), Draw(max_tokens, 0.7, seed=n)) for n in range(count)]


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_importing_the_host_leaves_heavy_libraries_alone() -> None:
    program = (
        "import sys, runtime.engines.host; "
        "print([name for name in ('torch', 'transformers', 'numpy', 'tokenizers') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_results_are_those_of_the_engine_itself(hosted_mock: HostedEngine, tokenizer_folder: Path) -> None:
    inside = MockEngine(tokenizer_folder, SHA)
    requests = [*some_draws(300), Request("c", (5, 6), Choose((1, 2))), Request("s", (5, 6), Score((7, 8)))]
    assert hosted_mock.facts == inside.facts
    assert by_id(hosted_mock, requests) == by_id(inside, requests)
    assert list(hosted_mock.submit([])) == []


def test_a_bad_request_fails_and_leaves_the_engine_usable(hosted_mock: HostedEngine) -> None:
    with pytest.raises(RunFailed, match="Request r has an empty prompt"):
        list(hosted_mock.submit([Request("r", (), Draw(3))]))
    assert len(completions(hosted_mock, some_draws(3))) == 3


def test_a_submission_of_several_parts_is_one(hosted_mock: HostedEngine, tokenizer_folder: Path) -> None:
    requests = some_draws(3 * SIZE + 5)
    assert by_id(hosted_mock, requests) == by_id(MockEngine(tokenizer_folder, SHA), requests)
    # The parts after one that fails are not taken for another submission.
    with pytest.raises(RunFailed, match="Request r has an empty prompt"):
        list(hosted_mock.submit([Request("r", (), Draw(3)), *requests]))
    assert len(completions(hosted_mock, some_draws(3))) == 3


def test_a_submission_may_be_given_up(hosted_mock: HostedEngine) -> None:
    results = hosted_mock.submit(some_draws(5000))
    next(results)
    assert isinstance(results, Iterator)
    results.close()  # type: ignore[attr-defined]
    assert completions(hosted_mock, some_draws(3)).keys() == {"0", "1", "2"}


def test_one_submission_at_a_time(hosted_mock: HostedEngine) -> None:
    first = hosted_mock.submit(some_draws(3))
    next(first)
    with pytest.raises(RuntimeError, match="busy"):
        next(hosted_mock.submit(some_draws(1)))
    assert len(list(first)) == 2


def test_closing_ends_the_process(tokenizer_folder: Path) -> None:
    engine = start_engine("mock", tokenizer_folder, SHA)
    pid = engine.pid
    engine.close()
    assert gone(pid)
    with pytest.raises(RunFailed, match="The mock engine is closed"):
        list(engine.submit(some_draws(1)))


def killing(engine: HostedEngine, requests: list[Request], *after: int) -> list[Result]:
    """All results, in the order in which they come; the child is killed after so many of them, each time."""
    found: list[Result] = []
    for result in engine.submit(requests):
        found.append(result)
        if len(found) in after:
            os.kill(engine.pid, signal.SIGKILL)
    return found


def listening(engine: HostedEngine) -> list[Survived]:
    told: list[Survived] = []
    engine.tell = told.append
    return told


def test_a_killed_engine_is_started_anew_and_asked_the_rest(tokenizer_folder: Path) -> None:
    requests = some_draws(3000)
    with start_engine("mock", tokenizer_folder, SHA) as engine:
        told, first = listening(engine), engine.pid
        found = killing(engine, requests, 100)
        assert (gone(first), gone(engine.pid)) == (True, False)
    assert sorted(result.id for result in found) == sorted(request.id for request in requests)
    assert {result.id: result for result in found} == by_id(MockEngine(tokenizer_folder, SHA), requests)
    (one,) = told
    assert one.kind == "dead engine"
    assert "The mock engine was ended by signal 9" in one.told
    left = int(one.told.split(" requests that it had not answered")[0].rpartition(" ")[2])
    assert 1000 < left < 2900  # what came before its death was not asked again


def test_a_killed_transformers_engine_draws_what_it_would_have_drawn(tiny_folder: Path) -> None:
    requests = some_draws(80, max_tokens=40)
    with start_engine("transformers", tiny_folder, SHA, threads=1) as engine:
        undisturbed = completions(engine, requests)
        told = listening(engine)
        found = killing(engine, requests, 10)
    assert {result.id: result for result in found} == undisturbed
    assert [one.kind for one in told] == ["dead engine"]


def test_what_an_engine_tells_comes_out_of_its_child(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = some_draws(30, max_tokens=20)
    with start_engine("transformers", tiny_folder, SHA, threads=1) as engine:
        undisturbed = completions(engine, requests)
    monkeypatch.setattr(host, "_serve", tight.serve)
    with start_engine("transformers", tiny_folder, SHA, threads=1) as engine:
        told = listening(engine)
        assert completions(engine, requests) == undisturbed
    assert {one.kind for one in told} == {"out of memory"}
    assert "The transformers engine ran out of memory with " in told[0].told


def test_a_second_death_ends_it_and_says_how_it_died(tokenizer_folder: Path) -> None:
    with start_engine("mock", tokenizer_folder, SHA) as engine:
        told = listening(engine)
        with pytest.raises(RunFailed, match=r"ended by signal 9, .* It had been started anew before"):
            killing(engine, some_draws(5000), 50, 2500)
        assert len(told) == 1


def test_deaths_in_submissions_that_follow_each_other_are_one_too_many(tokenizer_folder: Path) -> None:
    with start_engine("mock", tokenizer_folder, SHA) as engine:
        killing(engine, some_draws(2000), 50)
        with pytest.raises(RunFailed, match="started anew before"):
            killing(engine, some_draws(2000), 50)


def test_a_whole_submission_without_a_death_earns_another_start(tokenizer_folder: Path) -> None:
    with start_engine("mock", tokenizer_folder, SHA) as engine:
        told = listening(engine)
        for _ in range(2):
            assert len(killing(engine, some_draws(2000), 50)) == 2000
            assert len(killing(engine, some_draws(3))) == 3
        assert len(told) == 2


def test_one_that_died_between_submissions_is_started_anew_too(tokenizer_folder: Path) -> None:
    with start_engine("mock", tokenizer_folder, SHA) as engine:
        told = listening(engine)
        os.kill(engine.pid, signal.SIGKILL)
        engine._child._process.wait(10)
        assert len(completions(engine, some_draws(3))) == 3
        assert len(told) == 1


@pytest.mark.parametrize(
    ("cache_bytes", "share", "after"), [(None, 0.9, (None, 0.45)), (1000, 0.1, (500, 0.1))]
)
def test_vllm_without_memory_is_started_with_half_the_keys_and_values(
    cache_bytes: int | None, share: float, after: tuple[int | None, float], tmp_path: Path
) -> None:
    start = _Start("vllm", tmp_path, SHA, "bf16", None, 0, share, cache_bytes)
    short = ChildDied("It failed.", "torch.OutOfMemoryError: CUDA out of memory.")
    assert (start.after(short).cache_bytes, start.after(short).memory_share) == after
    assert start.after(ChildDied("It failed.", "RuntimeError: CUDA error")) == start


def test_what_cannot_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(RunFailed, match=r"There is no tokenizer at .*: tokenizer\.json is missing\."):
        start_engine("mock", tmp_path, SHA)


@pytest.mark.skipif(importlib.util.find_spec("vllm") is not None, reason="vLLM is installed here")
def test_a_missing_vllm_is_named_with_its_remedy(tiny_folder: Path) -> None:
    with pytest.raises(RunFailed, match="vLLM is not installed") as caught:
        start_engine("vllm", tiny_folder, SHA)
    assert "stagespec[pod]" in caught.value.help


def test_an_unexpected_error_shows_the_last_lines(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("not json")
    with pytest.raises(RunFailed, match="The mock engine failed with Exception: ") as caught:
        start_engine("mock", tmp_path, SHA)
    assert "Traceback" in caught.value.help


def test_the_transformers_engine_is_silent_and_closes_even_when_busy(
    tiny_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with start_engine("transformers", tiny_folder, SHA, threads=1) as engine:
        assert engine.facts.name == "transformers"
        assert len(completions(engine, some_draws(5, max_tokens=5))) == 5
        found = logprobs(engine, [Request("c", (5, 6), Choose((1, 2)))])
        assert all(value < 0 for value in found["c"])
        results = engine.submit(some_draws(200, max_tokens=300))
        next(results)
        began = time.monotonic()
    assert time.monotonic() - began < 3
    assert gone(engine.pid)
    assert capfd.readouterr() == ("", "")


def test_an_engine_on_a_gpu_rests_and_comes_back_by_itself(tokenizer_folder: Path) -> None:
    with start_engine("mock", tokenizer_folder, SHA) as engine:
        first = engine.pid
        engine.rest()
        assert not gone(first)  # it is on no GPU
        engine.facts = replace(engine.facts, device="cuda")
        engine.rest()
        engine.rest()
        assert gone(first)
        assert len(completions(engine, some_draws(3))) == 3
        assert engine.pid != first
