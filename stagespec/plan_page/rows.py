"""The order of boxes in each row, and how far to the right each of them stands.

Rows are ordered by the mean place of what their boxes are joined to (the barycentre heuristic of Sugiyama,
Tagawa and Toda 1981), then moved towards it: in each row the nearest places, by least squares, that keep
the order and the distances (isotonic regression by pooling adjacent violators).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

PASSING = tuple[str, int]  # where all lines from one box pass a row
Place = str | PASSING
SWEEPS = 8
NARROW = 12.0  # the room of a passing line


class Joined(Protocol):
    """A line from one box to another, further down."""

    @property
    def source(self) -> str: ...

    @property
    def target(self) -> str: ...


def place_rows(
    rows: Sequence[Sequence[str]], joined: Sequence[Joined], width: float, apart: float
) -> tuple[dict[Place, float], float]:
    """The middle of each box and of each passing line, and the width of the widest row."""
    filled, above = _with_passing(rows, joined)
    below: dict[Place, list[Place]] = {}
    for place, others in above.items():
        for other in others:
            below.setdefault(other, []).append(place)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        _order(filled if down else filled[::-1], above if down else below)

    def room(place: Place) -> float:
        return (width if isinstance(place, str) else NARROW) + apart

    whole = max((sum(map(room, row)) for row in filled), default=apart) - apart
    centres: dict[Place, float] = {}
    for row in filled:
        at = (whole + apart - sum(map(room, row))) / 2
        for place in row:
            centres[place] = at + (room(place) - apart) / 2
            at += room(place)
    for sweep in range(2 * SWEEPS):
        down = sweep % 2 == 0
        for row in filled if down else filled[::-1]:
            near = above if down else below
            wanted = [_mean([centres[other] for other in near.get(p, ())], centres[p]) for p in row]
            centres |= zip(row, _settled(wanted, [room(p) for p in row], whole + apart, apart), strict=True)
    return centres, whole


def _with_passing(
    rows: Sequence[Sequence[str]], joined: Sequence[Joined]
) -> tuple[list[list[Place]], dict[Place, list[Place]]]:
    """The rows with the lines that pass them, and what each place is joined to in the row above."""
    filled: list[list[Place]] = [list(row) for row in rows]
    number = {id: at for at, row in enumerate(rows) for id in row}
    above: dict[Place, list[Place]] = {}
    for line in joined:
        if line.source not in number or line.target not in number:
            continue
        last: Place = line.source
        for at in range(number[line.source] + 1, number[line.target]):
            place = (line.source, at)
            if place not in above:
                filled[at].append(place)
                above[place] = [last]
            last = place
        above.setdefault(line.target, []).append(last)
    return filled, above


def _order(rows: Sequence[list[Place]], near: Mapping[Place, Sequence[Place]]) -> None:
    """Each row by the mean of its neighbours' places in the row before it; others keep their own."""
    share: dict[Place, float] = {}
    for row in rows:
        own = {place: (at + 0.5) / len(row) for at, place in enumerate(row)}
        wanted = {p: _mean([share[other] for other in near.get(p, ())], own[p]) for p in row}
        row.sort(key=lambda place: wanted[place])
        share |= {place: (at + 0.5) / len(row) for at, place in enumerate(row)}


def _settled(wanted: Sequence[float], rooms: Sequence[float], whole: float, apart: float) -> list[float]:
    """The places nearest to those wanted that keep order and distance, all between 0 and `whole`."""
    offsets: list[float] = []
    at = 0.0
    for room in rooms:
        offsets.append(at + (room - apart) / 2)
        at += room
    pools: list[tuple[float, int]] = []  # mean and number of those that share it
    for want, offset in zip(wanted, offsets, strict=True):
        mean, size = want - offset, 1
        while pools and pools[-1][0] >= mean:
            other, more = pools.pop()
            mean, size = (mean * size + other * more) / (size + more), size + more
        pools.append((mean, size))
    starts = [min(max(mean, 0.0), whole - at) for mean, size in pools for _ in range(size)]
    return [start + offset for start, offset in zip(starts, offsets, strict=True)]


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
