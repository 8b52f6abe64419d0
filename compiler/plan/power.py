"""How small an effect a planned comparison can show."""

from __future__ import annotations

from functools import cache
from math import ceil, floor, inf, log2, sqrt

POWER = 0.8
DISCORDANCES = (0.1, 0.2, 0.3)


def clusters_needed(alpha: float) -> int:
    """The fewest clusters whose randomisation test can fall below alpha: of 2^n ways to choose the signs two
    have a total as large as the largest, so the least p is 2/2^n (Fisher 1935, section 21)."""
    return floor(log2(2 / alpha)) + 1


def items_needed(lift: float, alpha: float, discordant: float) -> int:
    """Items with which a two-sided McNemar test shows a lift with 80 % power.

    `discordant` is the share of item pairs on which the arms disagree; no lift can exceed it.
    Connor (1987), Biometrics 43:207: n = (z_a sqrt(p) + z_b sqrt(p - d^2))^2 / d^2, with p the
    discordant share and d the lift.
    """
    z_alpha, z_beta = _quantile(1 - alpha / 2), _quantile(POWER)
    return ceil((z_alpha * sqrt(discordant) + z_beta * sqrt(discordant - lift**2)) ** 2 / lift**2)


@cache
def _quantile(share: float) -> float:
    """Of the standard normal distribution."""
    from statistics import NormalDist  # loads slowly, and not every plan makes a claim

    return NormalDist().inv_cdf(share)


def detectable_lift(items: int, alpha: float, discordant: float) -> float:
    """The least lift that `items` show with 80 % power; infinite where even the largest is not shown."""
    if items_needed(discordant, alpha, discordant) > items:
        return inf
    low, high = 1e-6, discordant
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if items_needed(middle, alpha, discordant) > items else (low, middle)
    return high
