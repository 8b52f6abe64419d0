"""Identity, cache key and seed are three things; samples go by hash per item."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.estimate.speed import BUCKET, FEW
from runtime import identity, work
from runtime.engines.protocol import Draw, Request, Score
from runtime.identity import Spread, digest, encoded, result_key, sample, sample_encoded, seed, share

DRAW = Draw(max_tokens=8, temperature=0.7, seed=3)


def key(request, fingerprint="engine", adapter=None):
    return result_key(request, fingerprint, adapter)


def test_the_key_holds_everything_that_changes_an_answer_and_nothing_else():
    base = Request("a", (1, 2, 3), DRAW)
    assert key(base) == key(Request("another name", (1, 2, 3), DRAW))
    different = [
        key(Request("a", (1, 2), DRAW)),
        key(Request("a", (1, 2, 3), Draw(max_tokens=9, temperature=0.7, seed=3))),
        key(Request("a", (1, 2, 3), Draw(max_tokens=8, temperature=0.7, seed=4))),
        key(Request("a", (1, 2, 3), Draw(max_tokens=8, temperature=0.7, seed=3, stop=("\n",)))),
        key(Request("a", (1, 2, 3), Score((4,)))),
        key(base, fingerprint="another engine"),
        key(base, adapter="an adapter"),
    ]
    assert len({key(base), *different}) == len(different) + 1


def test_a_greedy_draw_has_no_seed():
    greedy = [Request("a", (1,), Draw(max_tokens=4, seed=s)) for s in (0, 1)]
    assert key(greedy[0]) == key(greedy[1])


def test_seeds_fit_in_63_bits_and_differ():
    seeds = {seed(0, "step", i) for i in range(500)} | {seed(1, "step", i) for i in range(500)}
    assert len(seeds) == 1000
    assert all(0 <= s < 2**63 for s in seeds)


@given(
    st.lists(st.text(min_size=1), min_size=2, max_size=30, unique=True), st.integers(1, 10), st.integers(0, 5)
)
def test_taking_out_an_item_that_was_not_drawn_changes_nothing(items, count, draw):
    drawn = sample(items, count, draw)
    assert len(drawn) == min(count, len(items)) == len(set(drawn))
    for item in set(items) - set(drawn):
        assert sample([i for i in items if i != item], count, draw) == drawn


@given(
    st.lists(st.one_of(st.text(), st.dictionaries(st.text(), st.text()))),
    st.integers(0, 5),
    st.lists(st.text()),
)
def test_items_are_drawn_by_the_digest_of_the_parts_and_the_item(items, count, parts):
    by_digest = sorted(range(len(items)), key=lambda i: digest(*parts, items[i]))
    assert sample(items, count, *parts) == [items[i] for i in by_digest[:count]]


@given(st.text())
def test_a_share_lies_in_the_unit_interval_and_stays(text):
    assert 0 <= share("split", text) < 1
    assert share("split", text) == share("split", text)


def test_shares_are_spread_evenly():
    shares = [share("x", i) for i in range(2000)]
    assert 0.47 < sum(shares) / 2000 < 0.53
    assert 0.08 < sum(s < 0.1 for s in shares) / 2000 < 0.12


MANY = [encoded({"instruction": f"item {i}"}) for i in range(5_000)]


def test_a_draw_from_many_hangs_on_the_parts_alone_and_has_each_item_once():
    spread = Spread(MANY)
    drawn = spread.sample(10, 7, "shots", 3)
    assert drawn == Spread(MANY).sample(10, 7, "shots", 3)
    assert len(set(drawn)) == 10
    assert drawn != spread.sample(10, 7, "shots", 4)
    few = Spread(MANY[:70])
    assert sorted(few.sample(100, 1)) == list(range(70))


def test_taking_out_one_of_many_changes_only_the_draws_that_had_it():
    draws = range(200)
    whole = Spread(MANY)
    before = [[MANY[i] for i in whole.sample(5, draw)] for draw in draws]
    gone = before[0][0]
    left = [item for item in MANY if item != gone]
    fewer = Spread(left)
    after = [[left[i] for i in fewer.sample(5, draw)] for draw in draws]
    changed = {draw for draw in draws if before[draw] != after[draw]}
    assert changed == {draw for draw in draws if gone in before[draw]}


def test_many_are_drawn_about_equally_often():
    spread = Spread(MANY)
    times = Counter(i for draw in range(5_000) for i in spread.sample(4, draw))
    assert len(times) > 0.95 * len(MANY)  # 4 times each on average: 1.8 % by chance not at all
    assert max(times.values()) <= 16
    by_part = [sum(times[i] for i in range(start, start + 1_000)) for start in range(0, 5_000, 1_000)]
    assert all(abs(part - 4_000) < 400 for part in by_part)


def test_what_a_draw_from_many_goes_through_is_what_estimates_say(monkeypatch):
    lengths = []

    def counted(items, *rest):
        lengths.append(len(items))
        return sample_encoded(items, *rest)

    monkeypatch.setattr(identity, "sample_encoded", counted)
    for many in (MANY[: work._FEW + 1], MANY):
        spread = Spread(many)
        lengths.clear()
        for draw in range(200):
            spread.sample(10, draw)
        assert sum(lengths) == pytest.approx(200 * 10 * BUCKET, rel=0.5)
    assert work._FEW == FEW
