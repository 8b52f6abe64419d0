"""A submission on its way into an engine's child: in parts, so that the engine is at work on the first while
the others are put in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from runtime.child import Channel
from runtime.engines.prefix import Ids, code, front_coded, front_decoded
from runtime.engines.protocol import Request

SIZE = 512  # requests in a part


@dataclass(frozen=True, slots=True)
class Part:
    """Requests of the `number`th call of `submit`; `last` of their parts. They are sent without the
    beginnings that they share with the one before, which are most of thousands of few-shot prompts."""

    number: int
    requests: tuple[Request, ...]
    last: bool

    def __reduce__(self) -> tuple[Any, ...]:
        prompts = tuple(front_coded(request.prompt_ids for request in self.requests))
        others = tuple([(request.id, request.task, request.adapter) for request in self.requests])
        return _part, (self.number, prompts, others, self.last)


def _part(
    number: int, prompts: Iterable[tuple[int, Ids]], others: Iterable[tuple[str, Any, str | None]], last: bool
) -> Part:
    requests = [
        Request(id, ids, task, adapter)
        for ids, (id, task, adapter) in zip(front_decoded(prompts), others, strict=True)
    ]
    return Part(number, tuple(requests), last)


def parts_of(number: int, requests: Sequence[Request]) -> Iterator[Part]:
    """At least one. The first requests are put in order among themselves, and the others together."""
    ordered = _in_order(requests[:SIZE])
    for start in range(0, max(1, len(requests)), SIZE):
        if start == SIZE:
            ordered += _in_order(requests[SIZE:])
        yield Part(number, tuple(ordered[start : start + SIZE]), start + SIZE >= len(requests))


def _in_order(requests: Sequence[Request]) -> list[Request]:
    """By adapter, and common beginnings together, so that an engine has them in its cache when the next
    request needs them."""
    ordered = sorted(requests, key=lambda request: code(request.prompt_ids))
    ordered.sort(key=lambda request: request.adapter or "")
    return ordered


class Arriving(Iterator[Request]):
    """A submission's requests, part by part as they arrive."""

    def __init__(self, first: Part, channel: Channel) -> None:
        self.number = first.number
        self._last = first.last
        self._channel = channel
        self._there = deque(first.requests)

    def __next__(self) -> Request:
        while not self._there and not self._last:
            self._take()
        if not self._there:
            raise StopIteration
        return self._there.popleft()

    def given_up(self) -> bool:
        """Whether a cancellation has come, as only it comes after the last part."""
        while not self._last and self._channel.waiting():
            self._take()
        return self._last and self._channel.waiting()

    def _take(self) -> None:
        part: Part = self._channel.receive()
        self._last = part.last
        self._there.extend(part.requests)
