"""Which neighbours share a prefix: exact, covering, and worth it."""

from __future__ import annotations

import itertools
import random

from hypothesis import given
from hypothesis import strategies as st

from runtime.engines.prefix import (
    GROUP_COST,
    Group,
    common_length,
    front_coded,
    front_decoded,
    shared_prefixes,
)

LONG = tuple(range(1000, 1200))


def grouped(sequences: list[tuple[int, ...]]) -> list[Group]:
    return shared_prefixes(sequences, [len(ids) - 1 for ids in sequences])


def saved(groups: list[Group]) -> int:
    return sum((group.end - group.start - 1) * group.length for group in groups)


@given(st.lists(st.integers(0, 2), max_size=30), st.lists(st.integers(0, 2), max_size=30))
def test_common_length_is_that_of_comparing_one_by_one(a: list[int], b: list[int]) -> None:
    naive = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(a, b, strict=False)))
    assert common_length(a, b) == naive


@given(st.lists(st.lists(st.integers(0, 2), max_size=9).map(tuple), max_size=9))
def test_front_coding_gives_back_what_it_was_given(sequences: list[tuple[int, ...]]) -> None:
    coded = list(front_coded(sequences))
    assert list(front_decoded(coded)) == sequences
    assert [common for common, _ in coded[1:]] == [
        common_length(one, other) for one, other in itertools.pairwise(sequences)
    ]


def test_one_template_is_one_group() -> None:
    sequences = [(*LONG, n, n + 1) for n in range(5)]
    assert grouped(sequences) == [Group(0, 5, 200)]


def test_each_order_of_exemplars_is_a_group_however_the_orders_begin() -> None:
    exemplars = [tuple(range(100 * n, 100 * n + 80)) for n in range(1, 5)]
    sequences = sorted(
        (7, 8, 9, *itertools.chain(*order), 5000 + question, 6000)
        for order in itertools.permutations(exemplars)
        for question in range(4)
    )
    groups = grouped(sequences)
    assert [group.length for group in groups] == [323] * 24


def test_short_common_beginnings_are_not_worth_a_group() -> None:
    assert grouped([(1, 2, 3), (1, 2, 4), (1, 2, 5)]) == [Group(0, 3, 0)]


def test_a_prompt_that_is_another_ones_beginning_keeps_a_token_to_compute() -> None:
    sequences = sorted([LONG, LONG, (*LONG, 1)])
    assert grouped(sequences) == [Group(0, 3, 199)]


def test_nothing_to_group() -> None:
    assert grouped([]) == []
    assert grouped([(1,)]) == [Group(0, 1, 0)]


@given(st.integers(0, 10_000))
def test_groups_cover_all_in_order_and_share_what_they_say(seed: int) -> None:
    dice = random.Random(seed)
    stems = [tuple(dice.choices(range(3), k=dice.randrange(1, 300))) for _ in range(4)]
    sequences = sorted(
        dice.choice(stems)[: dice.randrange(1, 300)] + tuple(dice.choices(range(3), k=dice.randrange(5)))
        for _ in range(dice.randrange(1, 20))
    )
    groups = grouped(sequences)
    assert [index for group in groups for index in range(group.start, group.end)] == list(
        range(len(sequences))
    )
    for group in groups:
        members = sequences[group.start : group.end]
        assert len({ids[: group.length] for ids in members}) == 1
        assert all(len(ids) > group.length for ids in members)
        if group.length:
            assert saved([group]) >= GROUP_COST
    whole = (len(sequences) - 1) * min(common_length(sequences[0], sequences[-1]), len(sequences[0]) - 1)
    assert saved(groups) >= whole - GROUP_COST
