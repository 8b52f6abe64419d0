"""Which requests should share the keys and values of a common beginning. Plain Python, no tensors.

Few-shot prompts and critic templates repeat hundreds of tokens from request to request. Sorted,
those with a common beginning are neighbours, and the runs of neighbours with their common lengths
form a tree (the intervals of the longest-common-prefix array). From it we choose the runs for
which computing the beginning once saves most.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

Ids = tuple[int, ...]

# What one more shared prefix costs, in tokens of computation: it is one more attention call per layer
# in each of the steps in which its rows are drawn. Measured on two cores, for some 60 steps.
GROUP_COST = 256


@dataclass(frozen=True, slots=True)
class Group:
    """The sequences `start` to `end` (exclusive) share their first `length` tokens (0: none)."""

    start: int
    end: int
    length: int


CODE_BYTES = 8  # of a token in a `code`


def code(ids: Sequence[int]) -> bytes:
    """Ids as bytes: those with a common beginning are together in their order too, which is found many
    times faster. It is no order of the ids."""
    return struct.pack(f"{len(ids)}q", *ids)


def common_length(a: Sequence[int], b: Sequence[int]) -> int:
    """How many tokens two sequences have in common at their start."""
    low, high = 0, min(len(a), len(b))
    # By halves, since comparing slices is much faster than comparing items one by one.
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def front_coded(sequences: Iterable[Ids]) -> Iterator[tuple[int, Ids]]:
    """Each as the number of tokens that it has in common with the one before, and the others."""
    before: Ids = ()
    for ids in sequences:
        common = common_length(before, ids)
        yield common, ids[common:]
        before = ids


def front_decoded(coded: Iterable[tuple[int, Ids]]) -> Iterator[Ids]:
    """What `front_coded` was given."""
    before: Ids = ()
    for common, others in coded:
        before = before[:common] + others
        yield before


def shared_prefixes(sequences: Sequence[tuple[int, ...]], shareable: Sequence[int]) -> list[Group]:
    """Cut sorted `sequences` into consecutive groups, so that shared beginnings save most tokens.

    `shareable[i]` is how many tokens of sequence i may come from a shared prefix: fewer than it
    has, since at least one must be computed to obtain logits.
    """
    count = len(sequences)
    open_runs = [_Run(depth=0, start=0)]
    for end in range(1, count + 1):
        depth = 0
        if end < count:
            depth = common_length(sequences[end - 1], sequences[end])
            depth = min(depth, shareable[end - 1], shareable[end])
        start = end - 1
        while open_runs[-1].depth > depth:
            closed = open_runs.pop()
            start = closed.start
            if open_runs[-1].depth < depth:
                open_runs.append(_Run(depth, start))
            open_runs[-1].take(closed, end)
        if open_runs[-1].depth < depth:
            open_runs.append(_Run(depth, start))
    return _covering(open_runs[0].groups, count)


@dataclass(slots=True)
class _Run:
    """Neighbours from `start` on that share `depth` tokens, and the best grouping inside so far."""

    depth: int
    start: int
    saved: int = 0
    groups: list[Group] = field(default_factory=list)
    parts: int = 0

    def take(self, inner: _Run, end: int) -> None:
        """Add a finished run inside this one: shared as a whole, or by its own inner groups."""
        saved, groups = inner.saved, inner.groups
        # Prefixes are computed in order, each from what it shares with the one before.
        saved += inner.depth * max(0, inner.parts - 1)
        whole = (end - inner.start - 1) * inner.depth - GROUP_COST
        if whole > 0 and whole >= saved:
            saved, groups = whole, [Group(inner.start, end, inner.depth)]
        if groups:
            self.saved += saved
            self.groups += groups
            self.parts += 1


def _covering(shared: list[Group], count: int) -> list[Group]:
    """Fill the gaps between shared groups with groups that share nothing."""
    groups: list[Group] = []
    at = 0
    for group in shared:
        if group.start > at:
            groups.append(Group(at, group.start, 0))
        groups.append(group)
        at = group.end
    if at < count:
        groups.append(Group(at, count, 0))
    return groups
