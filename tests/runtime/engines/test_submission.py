"""A submission in parts: all of it, in an order that an engine's cache gains by."""

from __future__ import annotations

import itertools
import random

from runtime.engines.protocol import Draw, Request
from runtime.engines.submission import SIZE, parts_of


def test_parts_hold_all_requests_with_those_that_begin_alike_together() -> None:
    dice = random.Random(0)
    requests = [
        Request(str(n), (dice.randrange(9), n), Draw(1), dice.choice((None, "a", "b")))
        for n in range(2 * SIZE + 7)
    ]
    parts = list(parts_of(1, requests))
    assert [len(part.requests) for part in parts] == [SIZE, SIZE, 7]
    assert [part.last for part in parts] == [False, False, True]
    assert {request.id for request in parts[0].requests} == {str(n) for n in range(SIZE)}
    later = [request for part in parts[1:] for request in part.requests]
    for ordered in (parts[0].requests, later):
        runs = itertools.groupby(ordered, key=lambda request: (request.adapter, request.prompt_ids[0]))
        assert len(list(runs)) == 27  # three adapters, nine beginnings
    assert {request.id for part in parts for request in part.requests} == {r.id for r in requests}
    (only,) = parts_of(2, [])
    assert (only.requests, only.last) == ((), True)
