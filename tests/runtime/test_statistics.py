"""Statistics against published values, against identities, and at the edges where nothing was counted."""

from __future__ import annotations

import math
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.clustered import clustered_lift, clustered_test
from runtime.statistics import (
    PairedTest,
    adjust,
    auc,
    detectable_lifts,
    effect_size,
    exact_power,
    lift,
    paired_difference,
    paired_test,
    share,
)

flags = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60)
scores = st.lists(st.integers(-20, 20).map(float), min_size=2, max_size=12)


def pairs(
    only_first: int, only_second: int, both: int = 0, neither: int = 0
) -> tuple[list[bool], list[bool]]:
    first = [True] * (only_first + both) + [False] * (only_second + neither)
    second = [False] * only_first + [True] * (both + only_second) + [False] * neither
    return first, second


def test_wilsons_interval_at_a_published_value() -> None:
    """Newcombe (1998), table I: 81 of 263."""
    found = share(81, 263)
    assert (round(found.value, 4), round(found.low or 0, 4), round(found.high or 0, 4)) == (
        0.308,
        0.2553,
        0.3662,
    )


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilsons_interval_holds_the_share_and_is_symmetric(counted: tuple[int, int]) -> None:
    passed, of = counted
    found, other = share(passed, of), share(of - passed, of)
    assert found.low is not None
    assert found.high is not None
    assert other.high is not None
    assert -1e-12 <= found.low <= found.value + 1e-12
    assert found.value - 1e-12 <= found.high <= 1 + 1e-12
    assert found.low == pytest.approx(1 - other.high, abs=1e-9)


def test_nothing_counted_says_nothing() -> None:
    found = share(0, 0)
    assert math.isnan(found.value)
    assert (found.low, found.high) == (0.0, 1.0)
    assert math.isnan(lift([], [], 0).value)
    assert math.isnan(auc([], [1.0]).value)
    assert adjust({}) == {}


def test_mcnemar_at_known_values() -> None:
    """Exact: 2 * P(X <= 2 | 12, 1/2) = 2 * 79 / 4096. Chi-squared: (|30 - 10| - 1)^2 / 40 = 9.025."""
    few = paired_test(*pairs(10, 2, both=5))
    assert few == PairedTest(10, 2, pytest.approx(158 / 4096), "exact")
    many = paired_test(*pairs(30, 10))
    assert many.kind == "chi-squared with continuity correction"
    assert many.p == pytest.approx(0.002663, abs=1e-6)


@pytest.mark.parametrize(("discordant", "exact"), [(24, True), (25, False)])
def test_few_discordant_pairs_are_tested_exactly(discordant: int, exact: bool) -> None:
    assert (paired_test(*pairs(discordant, 0)).kind == "exact") is exact


@given(flags)
def test_mcnemar_is_symmetric_and_blind_to_agreement(answered: list[tuple[bool, bool]]) -> None:
    first, second = [a for a, _ in answered], [b for _, b in answered]
    found, turned = paired_test(first, second), paired_test(second, first)
    assert 0 <= found.p <= 1
    assert (found.p, found.only_first) == (turned.p, turned.only_second)
    assert paired_test([*first, True, False], [*second, True, False]).p == found.p
    assert paired_test(first, first).p == 1.0


def test_arms_must_answer_the_same_items() -> None:
    with pytest.raises(ValueError, match="same items"):
        paired_test([True], [True, False])


@settings(max_examples=20, deadline=None)
@given(flags)
def test_lift_is_the_difference_of_the_rates(answered: list[tuple[bool, bool]]) -> None:
    first, second = [a for a, _ in answered], [b for _, b in answered]
    found = lift(first, second, 3)
    assert found.value == pytest.approx((sum(first) - sum(second)) / len(first))
    assert found == lift(first, second, 3)
    if found.low is None or found.high is None:
        assert len({a - b for a, b in answered}) == 1 or len(answered) < 3
    else:
        assert -1 <= found.low <= found.high <= 1


def test_lift_has_an_interval_like_the_normal_one() -> None:
    """Mean 0.2, standard deviation of the differences sqrt(0.4 - 0.04) = 0.6, over 300 items: +- 0.068."""
    found = lift(*pairs(90, 30, both=180), 0)
    assert found.low == pytest.approx(0.2 - 0.068, abs=0.012)
    assert found.high == pytest.approx(0.2 + 0.068, abs=0.012)


def test_lift_without_variation_has_no_interval() -> None:
    found = lift([True] * 9, [False] * 9, 0)
    assert (found.value, found.low, found.high) == (1.0, None, None)


def test_cohens_h_at_known_values() -> None:
    assert effect_size(1, 0) == pytest.approx(math.pi)
    assert effect_size(0.5, 0.5) == 0
    assert effect_size(0.75, 0.5) == pytest.approx(math.pi / 6)
    assert effect_size(0.5, 0.75) == pytest.approx(-math.pi / 6)


def test_benjamini_hochberg_at_known_values() -> None:
    found = adjust({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005})
    assert found == {"a": pytest.approx(0.02), "b": 0.04, "c": pytest.approx(0.04), "d": pytest.approx(0.02)}


@given(st.dictionaries(st.text(max_size=3), st.floats(0, 1), min_size=1, max_size=9))
def test_adjusted_p_values_are_never_smaller_and_keep_their_order(raw: dict[str, float]) -> None:
    found = adjust(raw)
    assert all(raw[name] - 1e-12 <= found[name] <= 1 for name in raw)
    names = sorted(raw, key=lambda name: raw[name])
    assert all(found[a] <= found[b] + 1e-12 for a, b in pairwise(names))


def test_power_is_that_of_the_test_itself() -> None:
    """All outcomes of five pairs, each with its probability, and the test applied to every one."""
    discordant, gain, alpha = 0.7, 0.5, 0.2
    chances = {(True, False): (discordant + gain) / 2, (False, True): (discordant - gain) / 2}
    chances[(True, True)] = 1 - discordant
    total = 0.0
    for outcome in product(chances, repeat=5):
        if paired_test([a for a, _ in outcome], [b for _, b in outcome]).p <= alpha:
            total += math.prod(chances[pair] for pair in outcome)
    assert exact_power(5, alpha, discordant, gain) == pytest.approx(total)


def test_detectable_lifts_agree_with_connors_approximation() -> None:
    """Connor (1987), two-sided: z_a sqrt(d) + z_b sqrt(d - lift^2) = lift sqrt(n); the exact test needs
    a little more."""
    for found in detectable_lifts(300, 0.05):
        assert found.detectable_lift is not None
        assert exact_power(300, 0.05, found.discordant, found.detectable_lift) == pytest.approx(0.8, abs=1e-3)
        low, high = 1e-6, found.discordant
        for _ in range(40):
            middle = (low + high) / 2
            short = 1.95996 * found.discordant**0.5 + 0.84162 * (found.discordant - middle**2) ** 0.5
            low, high = (middle, high) if short > middle * 300**0.5 else (low, middle)
        assert high < found.detectable_lift < high * 1.15


def test_too_few_items_detect_nothing() -> None:
    assert [found.detectable_lift for found in detectable_lifts(4, 0.01)] == [None] * 3
    assert [found.detectable_lift for found in detectable_lifts(0, 0.01)] == [None] * 3


@settings(max_examples=25, deadline=None)
@given(scores, scores)
def test_auc_is_the_share_of_pairs_in_order(good: list[float], bad: list[float]) -> None:
    wins = sum((g > b) + 0.5 * (g == b) for g, b in product(good, bad))
    found, turned = auc(good, bad), auc(bad, good)
    assert found.value == pytest.approx(wins / (len(good) * len(bad)))
    assert turned.value == pytest.approx(1 - found.value)
    assert found.low is not None
    assert found.high is not None
    assert -1e-12 <= found.low <= found.high <= 1 + 1e-12


def test_scores_that_are_all_equal_tell_nothing() -> None:
    found = auc([2.0] * 9, [2.0] * 9)
    assert (found.value, found.low, found.high) == (0.5, 0.5, 0.5)


def test_a_perfect_auc_of_few_examples_is_not_certain() -> None:
    few, many = auc([5.0, 6.0], [1.0, 2.0]), auc([5.0] * 40, [1.0] * 40)
    assert few.value == many.value == 1.0
    assert few.low is not None
    assert many.low is not None
    assert few.low < 0.5 < 0.9 < many.low


def test_a_paired_difference_covers_as_often_as_it_says() -> None:
    """Simulated pairs: the 90 % interval holds the true difference in about 90 of 100 cases."""
    draw = np.random.default_rng(3)
    held = 0
    for _ in range(400):
        base = draw.random(120) < 0.6
        both = np.where(draw.random(120) < 0.8, base, draw.random(120) < 0.5)
        found = paired_difference(both.tolist(), base.tolist(), 0.1)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= (0.8 * 0.6 + 0.2 * 0.5) - 0.6 <= found.high
    assert 0.85 <= held / 400 <= 0.96


def test_a_paired_difference_is_the_published_one() -> None:
    """The answers of Cavo et al. (2012) before and after a therapy, with the interval that the R package
    contingencytables gives by Newcombe's method: -0.0621, from -0.1186 to -0.0046."""
    both, only_first, only_second, neither = 59, 6, 16, 80
    first = [True] * (both + only_first) + [False] * (only_second + neither)
    second = [True] * both + [False] * only_first + [True] * only_second + [False] * neither
    found = paired_difference(first, second, 0.05)
    assert (found.value, found.low, found.high) == pytest.approx((-0.0621, -0.1186, -0.0046), abs=5e-5)


def test_a_paired_difference_is_symmetric_and_has_width_where_all_agree() -> None:
    one, other = [True] * 30 + [False] * 20, [True] * 25 + [False] * 25
    here, there = paired_difference(one, other, 0.05), paired_difference(other, one, 0.05)
    assert (here.value, here.low, here.high) == pytest.approx(
        (-there.value, -(there.high or 0), -(there.low or 0))
    )
    same = paired_difference(one, one, 0.05)
    assert same.value == 0
    assert (same.low or 0) < 0 < (same.high or 0)


def test_more_items_narrow_a_paired_difference() -> None:
    def width(times: int) -> float:
        found = paired_difference(
            [True, True, False, False] * times, [True, False, True, False] * times, 0.05
        )
        return (found.high or 0) - (found.low or 0)

    assert width(100) < width(25) < width(5)


def test_items_made_alike_are_not_so_many_findings() -> None:
    """Clusters of 25 items that pass or fail together, no true difference: the false alarms of a test over
    items are many, those over clusters about as many as alpha allows."""
    draw = np.random.default_rng(5)
    groups = [f"c{i}" for i in range(16) for _ in range(25)]
    alarms = plain = 0
    for n in range(60):
        one, other = (np.repeat(draw.random(16) < 0.5, 25).tolist() for _ in range(2))
        alarms += clustered_test(one, other, groups, n).p < 0.05
        plain += paired_test(one, other).p < 0.05
    assert alarms <= 8
    assert plain >= 30


@pytest.mark.parametrize("clusters", [8, 25])
def test_an_interval_over_clusters_covers_as_often_as_it_says(clusters: int) -> None:
    """Items of a cluster are alike in each arm, and there is no true difference; few clusters too."""
    draw = np.random.default_rng(7)
    groups = [f"c{i}" for i in range(clusters) for _ in range(10)]
    held = 0
    for n in range(200):
        one, other = (
            (draw.random(len(groups)) < np.repeat(draw.beta(2, 2, clusters), 10)).tolist() for _ in range(2)
        )
        found = clustered_lift(one, other, groups, n, alpha=0.1)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0 <= found.high
    assert 0.85 <= held / 200 <= 0.96


def test_a_difference_in_every_cluster_is_found() -> None:
    groups = [f"c{i}" for i in range(40) for _ in range(25)]
    one = [True] * 1_000
    other = [n % 25 < 20 for n in range(1_000)]
    assert clustered_test(one, other, groups, 0).p < 0.001
    gain = clustered_lift(one, other, groups, 0)
    assert gain.value == pytest.approx(0.2)
    assert (gain.low, gain.high) == pytest.approx((0.2, 0.2))


def test_one_cluster_has_no_interval() -> None:
    found = clustered_lift([True, False], [False, False], ["a", "a"], 0)
    assert (found.value, found.low, found.high) == (0.5, None, None)
