"""Several engines of one small model, that share a GPU and a submission.

vLLM's own bookkeeping, on one CPU core, takes longer than a small model's step on a large GPU. With
several engines the GPU is asked by several cores.
"""

from __future__ import annotations

import os
import queue
import subprocess
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from runtime.engines.host import EngineKind, HostedEngine, start_engine
from runtime.engines.prefix import CODE_BYTES, code, common_length
from runtime.engines.protocol import Draw, Engine, EngineFacts, Request, Result, Score
from runtime.engines.vllm_start import MEMORY_SHARE
from runtime.survived import Survived, Tell, unheard

_GIB = 2**30
# A model above this keeps a GPU busy alone.
_SMALL_BYTES = 3 * _GIB
# What an engine needs beside the weights: CUDA's context, activations and graphs; and keys and values.
_WORKING_BYTES = 7 * _GIB
_BESIDE_BYTES = _WORKING_BYTES + _GIB
# Keys and values that an engine which is one of several gets beside as much as its weights take.
_CACHE_BYTES = 5 * _GIB // 2
# What is enough for a training of a small model: engines that leave so much stay while it runs.
_ROOM_BYTES = 30 * _GIB
_CORES_EACH = 2  # an engine's front and its core
# As many as were tried: up to the first number wherever memory holds them, and up to the second where a
# training has room beside them.
_FEW, _MOST = 4, 8


def start_engines(
    kind: EngineKind,
    folder: Path,
    model_sha256: str,
    dtype: str = "float32",
    threads: int | None = None,
    adapter_rank: int = 0,
    replicas: int | None = None,
    memory_share: float | None = None,
) -> Engine:
    """Start an engine, or `replicas` of them that answer as one; None decides by the machine.
    `memory_share`, of the GPU, is for all of them together; None is what they need where they are several,
    and what there is where one is alone.

    RunFailed if one can't be started. The first starts alone, and leaves what vLLM compiles in its cache for
    the others, which start together.
    """
    count = replicas if replicas is not None else (sensible(folder) if kind == "vllm" else 1)
    share = (_share(folder, count) if memory_share is None else memory_share) / count
    cache = _cache_bytes(folder, share) if count > 1 else None

    def start(_: int) -> HostedEngine:
        return start_engine(kind, folder, model_sha256, dtype, threads, adapter_rank, share, cache)

    with ExitStack() as started, ThreadPoolExecutor(count) as pool:
        engines = [started.enter_context(start(0))]
        others = [pool.submit(start, number) for number in range(1, count)]
        # One that can't start must not leave those behind that could.
        failures = [failure for one in others if (failure := one.exception()) is not None]
        engines += [started.enter_context(one.result()) for one in others if one.exception() is None]
        if failures:
            raise failures[0]
        started.pop_all()  # from now on the caller closes them
    return engines[0] if count == 1 else Replicas(engines)


def _share(folder: Path, count: int) -> float:
    """The part of the GPU that `count` engines get: several leave the rest to a training beside them."""
    total = _gpu_bytes("total") if count > 1 else None
    if total is None:
        return MEMORY_SHARE
    return min(MEMORY_SHARE, count * (2 * _weight_bytes(folder) + _WORKING_BYTES + _CACHE_BYTES) / total)


def _cache_bytes(folder: Path, share: float) -> int | None:
    """What an engine with such a share of a GPU can keep keys and values in; None without a GPU."""
    total = _gpu_bytes("total")
    return None if total is None else int(share * total) - _weight_bytes(folder) - _WORKING_BYTES


def _weight_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*.safetensors"))


def sensible(folder: Path) -> int:
    """How many engines of the model in `folder` this machine's GPU and cores can feed; 1 without a GPU."""
    weights = _weight_bytes(folder)
    free = _gpu_bytes("free")
    if free is None or weights > _SMALL_BYTES:
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    few = min(_FEW, int(MEMORY_SHARE * free / (weights + _BESIDE_BYTES)))
    beside_training = (free - _ROOM_BYTES) // (2 * weights + _WORKING_BYTES + _CACHE_BYTES)
    return max(1, min(_MOST, max(few, beside_training), cores // _CORES_EACH))


def _gpu_bytes(which: Literal["free", "total"]) -> int | None:
    """Memory of the first GPU, asked without loading torch; None where there is none."""
    command = ["nvidia-smi", f"--query-gpu=memory.{which}", "--format=csv,noheader,nounits"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout
        return int(told.split()[0]) * 2**20
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None


class Replicas:
    """Engines of the same model as one: the same protocol, results as they finish in any of them."""

    facts: EngineFacts

    def __init__(self, engines: Sequence[Engine]) -> None:
        self._engines = tuple(engines)
        self.facts = engines[0].facts
        self.tell: Tell = unheard

    def submit(self, requests: Iterable[Request]) -> Iterator[Result]:
        """Results as they finish. RunFailed if a request can't be run, or an engine is gone for good; one
        that dies for the first time starts anew while the others go on."""
        asked = [
            _Asked(engine, part)
            for engine, part in zip(self._engines, shares(list(requests), len(self._engines)), strict=True)
            if part
        ]
        results: queue.SimpleQueue[Any] = queue.SimpleQueue()
        threads = [threading.Thread(target=one.read, args=(results,), daemon=True) for one in asked]
        for thread in threads:
            thread.start()
        try:
            left = len(threads)
            while left:
                result = results.get()
                if result is None:
                    left -= 1
                elif isinstance(result, Survived):
                    self.tell(result)
                elif isinstance(result, BaseException):
                    raise result
                else:
                    yield result
        finally:
            for one in asked:
                one.given_up.set()
            for thread in threads:
                thread.join()

    def rest(self) -> None:
        """Give the GPU's memory back until the next submission, unless enough of it is free: to start several
        engines anew takes longer than many a training of a small model."""
        if (_gpu_bytes("free") or 0) < _ROOM_BYTES:
            for engine in self._engines:
                engine.rest()

    def close(self) -> None:
        """End all; their memory comes back."""
        for engine in self._engines:
            engine.close()


@dataclass(frozen=True, slots=True)
class _Asked:
    """What one engine was given; it is read by a thread of its own."""

    engine: Engine
    requests: list[Request]
    given_up: threading.Event = field(default_factory=threading.Event)

    def read(self, results: queue.SimpleQueue[Any]) -> None:
        self.engine.tell = results.put  # told by the thread that reads them all
        try:
            with closing(self.engine.submit(self.requests)) as given:  # type: ignore[type-var]
                for result in given:
                    if self.given_up.is_set():
                        return
                    results.put(result)
        except BaseException as error:
            results.put(error)
        else:
            results.put(None)


def shares(requests: list[Request], count: int) -> list[list[Request]]:
    """Cut into `count` parts of about the same work, in an order that leaves common beginnings together.

    Work is counted in tokens: those of a prompt that its neighbour does not begin with, and those drawn.
    """
    codes = [code(request.prompt_ids) for request in requests]
    order = sorted(range(len(requests)), key=codes.__getitem__)
    order.sort(key=lambda i: requests[i].adapter or "")
    ordered = [requests[i] for i in order]
    work: list[int] = []
    before = b""
    for i, request in zip(order, ordered, strict=True):
        common = common_length(before, codes[i]) // CODE_BYTES
        work.append(len(request.prompt_ids) - common + _answered(request))
        before = codes[i]
    parts: list[list[Request]] = [[] for _ in range(count)]
    done, total = 0, sum(work)
    for request, tokens in zip(ordered, work, strict=True):
        parts[min(count - 1, done * count // max(1, total))].append(request)
        done += tokens
    return parts


def _answered(request: Request) -> int:
    match request.task:
        case Draw() as draw:
            return draw.max_tokens
        case Score(continuation_ids):
            return len(continuation_ids)
        case _:
            return 1
