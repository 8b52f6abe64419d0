"""Start an engine in a child process. Imports neither torch nor transformers.

The engine's memory comes back when it is closed, its libraries' output never reaches the terminal,
and its death is no hang: it is started anew once, and a second death is a failure with one sentence.
"""

from __future__ import annotations

import gc
import importlib.util
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Literal

from runtime.child import Channel, Child
from runtime.engines.protocol import Engine, EngineFacts, Request, Result
from runtime.engines.submission import Arriving, Part, parts_of
from runtime.engines.vllm_start import MEMORY_SHARE, prepare_environment
from runtime.failures import ChildDied, RunEnded, RunFailed
from runtime.survived import Survived, Tell, unheard

EngineKind = Literal["transformers", "vllm", "mock"]

# Results that come close upon each other are sent together; a later one sends those that are held.
_SENT_TOGETHER = 32
_HELD_SECONDS = 0.02
_NO_MEMORY = "OutOfMemoryError"  # torch's name for it, in what a child has printed


def start_engine(
    kind: EngineKind,
    folder: Path,
    model_sha256: str,
    dtype: str = "float32",
    threads: int | None = None,
    adapter_rank: int = 0,
    memory_share: float = MEMORY_SHARE,
    cache_bytes: int | None = None,
) -> HostedEngine:
    """Start an engine and wait until its model is loaded. RunFailed if it can't be.

    `adapter_rank`, the largest that will be asked for, `memory_share`, of the GPU, and `cache_bytes`, for
    keys and values, are vLLM's.
    """
    start = _Start(kind, Path(folder), model_sha256, dtype, threads, adapter_rank, memory_share, cache_bytes)
    return HostedEngine(start)


@dataclass(frozen=True, slots=True)
class _Start:
    kind: EngineKind
    folder: Path
    model_sha256: str
    dtype: str
    threads: int | None
    adapter_rank: int
    memory_share: float
    cache_bytes: int | None

    def after(self, death: ChildDied) -> _Start:
        """How to start after this death. Where vLLM found no memory, with half as much of it for keys and
        values, which is half as many sequences at once."""
        if self.kind != "vllm" or _NO_MEMORY not in death.help:
            return self
        if self.cache_bytes is not None:
            return replace(self, cache_bytes=self.cache_bytes // 2)
        return replace(self, memory_share=self.memory_share / 2)


@dataclass(frozen=True, slots=True)
class _Answer:
    """Results of submission `number`; None closes it; a failure closes it and keeps the engine."""

    number: int
    results: tuple[Result, ...] | RunEnded | None


@dataclass(frozen=True, slots=True)
class _Told:
    """What the engine has met, and goes on from."""

    survived: Survived


@dataclass(frozen=True, slots=True)
class _Cancel:
    """Nobody waits for the running submission any more."""


class HostedEngine:
    """An engine in a child process; the same protocol, one submission at a time.

    A submission begins when its first result is asked for. One that is not read to its end is given
    up: the child stops after the result it is computing, and results on their way are dropped.

    A child that dies is started anew, and asked what it has not answered, with the same seeds. One that dies
    again before it has gone through a whole submission is given up.
    """

    facts: EngineFacts

    def __init__(self, start: _Start) -> None:
        self.tell: Tell = unheard
        self._start = start
        self._submissions = 0
        self._busy = self._resting = self._revived = False
        self._child, self.facts = _begun(start)

    @property
    def pid(self) -> int:
        """Of the child, for whoever measures its memory."""
        return self._child.pid

    def submit(self, requests: Iterable[Request]) -> Iterator[Result]:
        """Results as they finish. RunFailed if a request can't be run, or the child has died again."""
        self._refuse_if_busy()
        self._busy = True
        left = tuple(requests)
        died = False
        try:
            while True:
                answered: set[str] = set()
                try:
                    for results in self._answers(left):
                        answered.update([result.id for result in results])
                        yield from results
                    break
                except ChildDied as error:
                    left = tuple(request for request in left if request.id not in answered)
                    self._revive(error, len(left))
                    died = True
            self._revived = died
        except GeneratorExit:
            with suppress(RunFailed):  # the engine may be closed by now
                self._child.send(_Cancel())
            raise
        except RunEnded:
            raise
        except BaseException:
            # An interrupt may have left half a message in the pipe.
            self._child.close()
            raise
        finally:
            self._busy = False

    def rest(self) -> None:
        """End the child if it is on a GPU, until the next submission. What is on a CPU stays there."""
        self._refuse_if_busy()
        if self.facts.device != "cpu" and not self._resting:
            self._child.close()
            self._resting = True

    def close(self) -> None:
        """End the child; all its memory comes back."""
        self._child.close()
        self._resting = False

    def __enter__(self) -> HostedEngine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _refuse_if_busy(self) -> None:
        if self._busy:
            raise RuntimeError("The engine is busy: read the results of the last submission first.")

    def _answers(self, requests: tuple[Request, ...]) -> Iterator[tuple[Result, ...]]:
        if self._resting:
            self._child, self.facts = _begun(self._start)
            self._resting = False
        self._submissions += 1
        number = self._submissions
        for part in parts_of(number, requests):
            self._child.send(part)
        while True:
            message: _Answer | _Told = self._child.receive()
            if isinstance(message, _Told):
                self.tell(message.survived)
            elif message.number != number:
                continue  # of a submission that was given up
            elif isinstance(message.results, RunEnded):
                raise message.results
            elif message.results is None:
                return
            else:
                yield message.results

    def _revive(self, death: ChildDied, left: int) -> None:
        """Start a child in the place of one that died, which had `left` requests to answer."""
        if self._revived:
            raise ChildDied(f"{death} It had been started anew before.", death.help) from death
        self._revived = True
        start = self._start.after(death)
        less = "" if start == self._start else " with half as much memory for keys and values"
        again = f"It is started anew{less}, and asked the {left} requests that it had not answered."
        self.tell(Survived("dead engine", f"{death} {again}"))
        self._child.close()
        self._start = start
        self._child, self.facts = _begun(start)


def _begun(start: _Start) -> tuple[Child[_Start], EngineFacts]:
    """A child whose model is loaded, and what it says of itself."""
    child = Child(_serve, start, f"The {start.kind} engine", forked=start.kind == "transformers")
    try:
        return child, child.receive()
    except BaseException:
        child.close()
        raise


# --- in the child ----------------------------------------------------------------------------------


def _serve(start: _Start, channel: Channel) -> None:
    engine = _engine(start)
    gc.freeze()  # what was loaded stays, and is not gone through again with each thousand requests
    engine.tell = lambda survived: channel.send(_Told(survived))
    channel.send(engine.facts)
    while True:
        message = channel.receive()
        if isinstance(message, Part):
            channel.send(_Answer(message.number, _run(engine, Arriving(message, channel), channel)))


def _run(engine: Engine, submission: Arriving, channel: Channel) -> RunEnded | None:
    held: list[Result] = []
    sent = 0.0

    def send() -> None:
        if held:
            channel.send(_Answer(submission.number, tuple(held)))
            held.clear()

    try:
        for result in engine.submit(submission):
            held.append(result)
            # One by one they cost the parent more than they do the engine.
            if len(held) == _SENT_TOGETHER or time.monotonic() - sent > _HELD_SECONDS:
                send()
                sent = time.monotonic()
            if submission.given_up():
                break
    except RunEnded as error:
        for _ in submission:  # what still comes of it is no submission of its own
            pass
        send()
        return error
    send()
    return None


def _engine(start: _Start) -> Engine:
    if start.kind == "mock":
        from runtime.engines.mock import MockEngine

        return MockEngine(start.folder, start.model_sha256)
    # Read when torch loads, so before it: threads that wait asleep and not spinning lose little alone, and
    # keep a machine that does other work from slowing both down many times over.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if start.kind == "vllm":
        if importlib.util.find_spec("vllm") is None:
            raise RunFailed(
                "vLLM is not installed.", "pip install 'stagespec[pod]', on a machine with a GPU."
            )
        prepare_environment(start.threads)
        from runtime.engines.vllm_engine import VllmEngine

        return VllmEngine(
            start.folder,
            start.model_sha256,
            start.dtype,
            start.adapter_rank,
            start.memory_share,
            start.cache_bytes,
        )
    from runtime.engines.transformers_engine import TransformersEngine

    return TransformersEngine(start.folder, start.model_sha256, start.dtype, start.threads)
