"""Several engines as one: nothing is lost, nothing changes, and one's failure is everyone's."""

from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tiny import by_id, completions

from runtime.engines import replicas
from runtime.engines.host import HostedEngine
from runtime.engines.mock import MockEngine
from runtime.engines.protocol import Choose, Draw, Engine, Request, Score
from runtime.engines.replicas import Replicas, sensible, shares, start_engines
from runtime.failures import RunFailed
from runtime.survived import Survived

SHA = "0" * 64


@pytest.fixture
def three(tokenizer_folder: Path) -> Iterator[Engine]:
    engine = start_engines("mock", tokenizer_folder, SHA, replicas=3)
    yield engine
    engine.close()


def some_requests(count: int) -> list[Request]:
    """With common beginnings, in no order, and of every kind."""
    dice = random.Random(1)
    stems = [tuple(dice.choices(range(2, 300), k=length)) for length in (60, 90, 20)]
    tasks: list[Any] = [Draw(40, 0.7, seed=5), Choose((1, 2)), Score((7, 8, 9))]
    return [
        Request(str(n), dice.choice(stems) + tuple(dice.choices(range(2, 300), k=9)), tasks[n % 3])
        for n in range(count)
    ]


def test_they_answer_as_one_would(three: Engine, tokenizer_folder: Path) -> None:
    alone = MockEngine(tokenizer_folder, SHA)
    assert isinstance(three, Replicas)
    assert three.facts == alone.facts
    for count in (200, 2, 0):
        assert by_id(three, some_requests(count)) == by_id(alone, some_requests(count))


def test_one_is_an_engine_itself(tokenizer_folder: Path) -> None:
    engine = start_engines("mock", tokenizer_folder, SHA)
    assert isinstance(engine, HostedEngine)
    engine.close()


def test_a_failure_of_one_ends_the_submission_and_the_next_works(three: Engine) -> None:
    bad = Request("bad", (), Draw(3))
    with pytest.raises(RunFailed, match="Request bad has an empty prompt"):
        list(three.submit([*some_requests(60), bad]))
    assert len(by_id(three, some_requests(30))) == 30


def test_a_submission_may_be_given_up(three: Engine) -> None:
    results = three.submit(some_requests(3000))
    next(results)
    assert isinstance(results, Iterator)
    results.close()  # type: ignore[attr-defined]
    assert len(completions(three, some_requests(30))) == 10


def test_a_killed_one_is_started_anew_while_the_others_go_on(three: Engine, tokenizer_folder: Path) -> None:
    assert isinstance(three, Replicas)
    _, victim, other = three._engines
    assert isinstance(victim, HostedEngine)
    assert isinstance(other, HostedEngine)
    pids = victim.pid, other.pid
    told: list[tuple[Survived, int]] = []
    three.tell = lambda survived: told.append((survived, threading.get_ident()))
    requests, found = some_requests(3000), {}
    for result in three.submit(requests):
        assert result.id not in found
        found[result.id] = result
        if len(found) == 50:
            os.kill(victim.pid, signal.SIGKILL)
    assert found == by_id(MockEngine(tokenizer_folder, SHA), requests)
    assert (victim.pid != pids[0], other.pid == pids[1]) == (True, True)
    ((survived, thread),) = told
    assert survived.kind == "dead engine"
    assert thread == threading.get_ident()  # a journal has one writer


def test_the_second_death_of_one_ends_all(three: Engine) -> None:
    assert isinstance(three, Replicas)
    victim = three._engines[1]
    assert isinstance(victim, HostedEngine)
    os.kill(victim.pid, signal.SIGKILL)
    assert len(list(three.submit(some_requests(300)))) == 300
    os.kill(victim.pid, signal.SIGKILL)
    with pytest.raises(RunFailed, match="started anew before"):
        list(three.submit(some_requests(300)))


def test_shares_are_even_and_leave_beginnings_together() -> None:
    requests = some_requests(300)
    parts = shares(requests, 4)
    assert sorted(r.id for part in parts for r in part) == sorted(r.id for r in requests)
    stems = [r.prompt_ids[:20] for part in parts for r in part]
    assert sum(one != other for one, other in itertools.pairwise(stems)) == 2
    drawn = [sum(isinstance(r.task, Draw) for r in part) for part in parts]
    assert max(drawn) - min(drawn) <= 12
    assert [len(part) for part in shares(requests[:2], 4)].count(1) == 2
    assert shares([], 2) == [[], []]


@pytest.mark.parametrize(
    ("told", "weights", "cores", "count"),
    [
        ("79000\n", 270_000_000, 16, 4),
        ("140000\n", 270_000_000, 16, 8),
        ("140000\n79000\n", 270_000_000, 6, 3),
        ("20000\n", 270_000_000, 16, 2),
        ("79000\n", 8 * 2**30, 16, 1),
        ("[N/A]\n", 1000, 16, 1),
        (None, 1000, 16, 1),
    ],
    ids=["a large GPU", "a larger one", "few cores", "little memory", "a large model", "no figure", "no GPU"],
)
def test_how_many_are_sensible(
    told: str | None,
    weights: int,
    cores: int,
    count: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with (tmp_path / "model.safetensors").open("wb") as file:
        file.truncate(weights)  # sparse: takes no room

    def run(*_: Any, **__: Any) -> subprocess.CompletedProcess[str]:
        if told is None:
            raise FileNotFoundError("nvidia-smi")
        return subprocess.CompletedProcess([], 0, stdout=told)

    monkeypatch.setattr(replicas.subprocess, "run", run)
    monkeypatch.setattr(replicas.os, "sched_getaffinity", lambda _: set(range(cores)))
    assert sensible(tmp_path) == count


@pytest.mark.parametrize(("free", "rested"), [("79000\n", 0), ("20000\n", 3)])
def test_they_rest_only_where_a_training_has_no_room_beside_them(
    free: str, rested: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Resting:
        facts = None
        times = 0

        def rest(self) -> None:
            self.times += 1

    monkeypatch.setattr(
        replicas.subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 0, stdout=free)
    )
    engines = [Resting() for _ in range(3)]
    Replicas(engines).rest()  # type: ignore[arg-type]
    assert sum(engine.times for engine in engines) == rested


def test_several_take_what_they_need_of_a_large_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "model.safetensors").open("wb") as file:
        file.truncate(500_000_000)
    monkeypatch.setattr(
        replicas.subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 0, stdout="80000\n")
    )
    assert replicas._share(tmp_path, 1) == 0.9
    assert replicas._share(tmp_path, 4) == pytest.approx(0.53, abs=0.01)
    assert replicas._share(tmp_path, 8) == 0.9
