"""Who a record is, what makes a result reusable, and where randomness comes from: three separate things."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import fields
from heapq import nsmallest
from typing import TypeVar

from compiler.plan.hashing import canonical_json
from runtime.engines.protocol import Draw, Request

T = TypeVar("T")


def digest(*parts: object) -> str:
    """SHA-256 over the canonical JSON of the parts, in hex."""
    return hashlib.sha256(canonical_json(list(parts)).encode("utf-8")).hexdigest()


def seed(run_seed: int, *parts: object) -> int:
    """A 63-bit seed from the run's seed and whatever the draw depends on. The engine is not among it, so
    that two engines are asked for the same draws."""
    return int(digest(run_seed, *parts)[:16], 16) >> 1


def result_key(request: Request, fingerprint: str, adapter_sha256: str | None) -> str:
    """What an engine's answer depends on, all of it: the ids sent, the task with its seed, the weights, the
    engine. The request's own id and the step that asks are not in it, so that a renamed step, an edited
    filter or a comment makes nothing again."""
    asked = request.task
    task = {field.name: getattr(asked, field.name) for field in fields(asked)}
    task["task"] = type(asked).__name__
    if isinstance(asked, Draw) and asked.temperature == 0:
        task.pop("seed")  # greedy draws have none
    return digest(list(request.prompt_ids), task, fingerprint, adapter_sha256)


def sample(items: Sequence[T], count: int, *parts: object) -> list[T]:
    """`count` items in a random order, by a hash per item: taking out an item that was not drawn changes
    nothing, and taking out one that was changes that draw only. Fewer items than `count` are all drawn."""
    return [items[i] for i in sample_encoded([encoded(item) for item in items], count, *parts)]


def encoded(item: object) -> bytes:
    """An item as `sample_encoded` takes it: whoever draws often from the same items encodes them once."""
    return canonical_json(item).encode("utf-8") + b"]"


def sample_encoded(items: Sequence[bytes], count: int, *parts: object) -> list[int]:
    """The places of the items that `sample` draws."""
    # The digest of the parts and the item, whose beginning is the same for all.
    start = canonical_json(list(parts))[:-1] + ("," if parts else "")
    begun = hashlib.sha256(start.encode("utf-8"))

    def key(i: int) -> bytes:
        own = begun.copy()
        own.update(items[i])
        return own.digest()

    return nsmallest(count, range(len(items)), key=key)


class Spread:
    """Many items to draw from often: a draw goes through a few of them, and not through all.

    Each item is in a bucket by its own hash, with `BUCKET` to twice as many others. Every item
    that is drawn comes from a bucket of its own choice, and there by hash as in `sample`. So here too taking
    out an item that was not drawn changes nothing, unless it halves the buckets; and an item is as likely as
    another but for the sizes of their buckets, which differ by a tenth or so.
    """

    BUCKET = 64

    def __init__(self, items: Sequence[bytes]) -> None:
        self._items = items
        self._shift = 33 - max(len(items) // self.BUCKET, 1).bit_length()
        self._buckets: dict[int, list[int]] = {}
        for i, item in enumerate(items):
            place = int.from_bytes(hashlib.sha256(item).digest()[:4], "big") >> self._shift
            self._buckets.setdefault(place, []).append(i)

    def sample(self, count: int, *parts: object) -> list[int]:
        """The places of `count` items, or of all if there are fewer."""
        chosen: list[int] = []
        draws = itertools.count()
        while len(chosen) < min(count, len(self._items)):
            number = next(draws)
            bucket = self._buckets.get(int(digest(*parts, number)[:8], 16) >> self._shift, ())
            left = [i for i in bucket if i not in chosen]
            chosen += [left[i] for i in sample_encoded([self._items[i] for i in left], 1, *parts, number)]
        return chosen


def share(*parts: object) -> float:
    """A number in [0, 1) that depends on the parts alone."""
    return int(digest(*parts)[:13], 16) / 16**13
