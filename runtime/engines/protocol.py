"""The engine protocol: requests in, results out as they finish.

An engine sees token ids only, so what is sent is what is stored. It knows nothing of steps,
records or rounds. Requests and results are plain data: they cross a process border.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from runtime.survived import Tell


class _Sent:
    """Crosses a process border as its class and fields. What dataclasses with slots do by themselves asks
    for the names of the fields each time, and costs the reader of thousands of results more than they do.
    """

    __slots__: tuple[str, ...] = ()

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple([getattr(self, name) for name in self.__slots__])


@dataclass(frozen=True, slots=True)
class Draw(_Sent):
    """Draw a completion. temperature 0 is greedy; `seed` makes the draw independent of the batch.

    `stop` strings are matched as strings in the decoded completion; the match and what follows it
    are not part of the completion's text.
    """

    max_tokens: int
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    repetition_penalty: float = 1.0
    stop: tuple[str, ...] = ()
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Choose(_Sent):
    """Log-probabilities of single-token labels as the next token after the prompt."""

    label_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Score(_Sent):
    """Log-probability of each token of a given continuation after the prompt."""

    continuation_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Request(_Sent):
    """`adapter` is a folder in peft's format, or None for the bare base model."""

    id: str
    prompt_ids: tuple[int, ...]
    task: Draw | Choose | Score
    adapter: str | None = None


FinishReason = Literal["stop", "eos", "length"]


@dataclass(frozen=True, slots=True)
class Completion(_Sent):
    """`ids` are all tokens drawn, the eos left out; `text` is decoded and ends before a stop match.

    `finish`: "stop" a stop string matched (`matched` says which), "eos" the model ended by itself,
    "length" the limit was hit.
    """

    id: str
    ids: tuple[int, ...]
    text: str
    finish: FinishReason
    matched: str | None = None


@dataclass(frozen=True, slots=True)
class LabelLogprobs(_Sent):
    """Nats, over the whole vocabulary (not renormalised over the labels); same order as asked."""

    id: str
    logprobs: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class TokenLogprobs(_Sent):
    """Nats, one per continuation token."""

    id: str
    logprobs: tuple[float, ...]


Result = Completion | LabelLogprobs | TokenLogprobs


@dataclass(frozen=True, slots=True)
class EngineFacts:
    """What an engine attests about itself; part of the cache key by `fingerprint`."""

    name: str
    version: str
    model_sha256: str
    dtype: str
    device: str
    vocabulary_size: int

    @property
    def fingerprint(self) -> str:
        """Short text that changes when results may change: engine, version, weights, precision."""
        return f"{self.name}/{self.version}/{self.model_sha256[:16]}/{self.dtype}"


class Engine(Protocol):
    """One resident base model. `close` gives all its memory back.

    `rest` gives a GPU's memory back for a while; the next submission takes it again. `tell` is called while
    results are read, with what the engine has met and goes on from.
    """

    facts: EngineFacts
    tell: Tell

    def submit(self, requests: Iterable[Request]) -> Iterator[Result]: ...

    def rest(self) -> None: ...

    def close(self) -> None: ...
