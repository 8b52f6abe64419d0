"""How soon an engine has the first and the last of a submission's requests: sent in parts, and whole.

    python tests/benchmarks/engine_arrival.py --json arrival.json [--count 20000] [--rounds 5]

Requests for labels, 261 tokens of which 220 are the same in all. The engine in the child looks at the clock
and answers nothing. Both ways take turns in one run.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from runtime.child import Channel, Child
from runtime.engines import host, submission
from runtime.engines.protocol import Choose, Request, Result

SHARED, OWN, VOCABULARY = 220, 41, 200_000
WHOLE = 10**9  # requests in a part


class Clock:
    """Takes requests as vLLM's engine does, and sends when the first and the last came."""

    facts = None

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def submit(self, requests: Iterable[Request]) -> Iterator[Result]:
        times = [time.time() for _ in requests]
        self._channel.send((times[0], times[-1]))
        return iter(())


def serve(_: None, channel: Channel) -> None:
    """In a child."""
    host._engine = lambda _: Clock(channel)  # type: ignore[assignment,return-value]
    host._serve(None, channel)  # type: ignore[arg-type]


def requests(count: int, seed: int) -> list[Request]:
    dice = random.Random(seed)
    shared = tuple(dice.randrange(VOCABULARY) for _ in range(SHARED))
    return [
        Request(str(n), (*shared, *(dice.randrange(VOCABULARY) for _ in range(OWN))), Choose((5, 6)))
        for n in range(count)
    ]


def arrival(child: Child[None], number: int, asked: list[Request], part: int) -> dict[str, float]:
    """Seconds after the sending began."""
    submission.SIZE = part
    began = time.time()
    for one in submission.parts_of(number, asked):
        child.send(one)
    first, last = child.receive()
    child.receive()  # that the submission is over
    return {"first": first - began, "last": last - began}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    ways = {"in parts": submission.SIZE, "whole": WHOLE}
    found: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
    with Child(serve, None, "the clock") as child:
        child.receive()
        for turn in range(options.rounds + 1):  # the first warms up
            asked = requests(options.count, turn)
            for number, (way, part) in enumerate(ways.items()):
                told = arrival(child, 2 * turn + number, asked, part)
                found[way] += [told] if turn else []
    medians: dict[str, Any] = {
        way: {which: median(told[which] for told in many) for which in ("first", "last")}
        for way, many in found.items()
    }
    whole, parted = medians["whole"], medians["in parts"]
    medians["whole over in parts"] = {which: whole[which] / parted[which] for which in whole}
    print(json.dumps(medians, indent=1))
    options.json.write_text(json.dumps({"medians_s": medians, "turns_s": found}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    # What runs in a child process is found under the script's own name.
    sys.path.insert(0, str(Path(__file__).parents[2]))
    import engine_arrival

    engine_arrival.main()
