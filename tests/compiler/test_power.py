"""The power of a planned comparison, against simulated ones."""

from __future__ import annotations

import random
from math import inf

import pytest
from scipy import stats

from compiler.plan.power import POWER, clusters_needed, detectable_lift, items_needed


def rejects(gained: int, lost: int, critical: float) -> bool:
    """McNemar's test without continuity correction, as the sample size formula assumes."""
    return gained + lost > 0 and (gained - lost) ** 2 / (gained + lost) > critical


@pytest.mark.parametrize(
    ("items", "alpha", "discordant", "critical"),
    [(300, 0.01, 0.13, 6.635), (300, 0.01, 0.3, 6.635), (800, 0.05, 0.2, 3.841)],
)
def test_simulated_power(items: int, alpha: float, discordant: float, critical: float) -> None:
    lift = detectable_lift(items, alpha, discordant)
    gain = (discordant + lift) / 2
    draw = random.Random(0)
    runs = 1500
    shown = 0
    for _ in range(runs):
        drawn = [draw.random() for _ in range(items)]
        gained = sum(x < gain for x in drawn)
        lost = sum(gain <= x < discordant for x in drawn)
        shown += rejects(gained, lost, critical)
    assert shown / runs == pytest.approx(POWER, abs=0.04)


def test_figures_of_the_experiment() -> None:
    """300 items at alpha 1 %: 7.1 points at 13 % discordant pairs, 10.8 at 30 %."""
    assert detectable_lift(300, 0.01, 0.13) == pytest.approx(0.071, abs=0.0006)
    assert detectable_lift(300, 0.01, 0.30) == pytest.approx(0.108, abs=0.0006)


def test_twelve_items_show_nothing() -> None:
    assert detectable_lift(12, 0.01, 0.1) == inf
    assert items_needed(0.1, 0.01, 0.1) > 100


@pytest.mark.parametrize("items", [50, 100, 300, 1000])
def test_the_two_agree(items: int) -> None:
    lift = detectable_lift(items, 0.05, 0.4)
    assert items_needed(lift, 0.05, 0.4) <= items < items_needed(lift * 0.99, 0.05, 0.4)


@pytest.mark.parametrize("alpha", [0.05, 0.01, 0.005, 2 / 2**7])
def test_clusters_that_all_agree_just_reach_alpha(alpha: float) -> None:
    """The exact sign test is what the randomisation test over equal clusters comes to."""
    enough = clusters_needed(alpha)
    assert stats.binomtest(enough, enough).pvalue < alpha
    assert stats.binomtest(enough - 1, enough - 1).pvalue >= alpha
