"""Statistics of the method, all from scipy and statsmodels: intervals, paired tests, effects, power, AUC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.inter_rater import cohens_kappa
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint, proportion_effectsize

RESAMPLES = 2000
EXACT_BELOW = 25  # discordant pairs; the chi-squared approximation is not trusted with fewer
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """A share or difference with its 95 % interval; `low` and `high` are None where none can be had."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class PairedTest:
    """A test of paired results: `only_first` items pass in the first arm alone, `only_second` in the second;
    `p` is two-sided."""

    only_first: int
    only_second: int
    p: float
    kind: Literal["exact", "chi-squared with continuity correction", "over clusters"]

    @property
    def discordant(self) -> int:
        return self.only_first + self.only_second

    @property
    def name(self) -> str:
        return (
            "randomisation test over clusters" if self.kind == "over clusters" else f"McNemar ({self.kind})"
        )


def share(passed: int, of: int) -> Interval:
    """A share with its Wilson 95 % interval (Wilson 1927); [0, 1] where nothing was counted."""
    if of == 0:
        return Interval(float("nan"), 0.0, 1.0)
    low, high = proportion_confint(passed, of, alpha=1 - CONFIDENCE, method="wilson")
    return Interval(passed / of, float(low), float(high))


def kappa(both: int, only_first: int, only_second: int, neither: int) -> float:
    """Cohen's kappa (1960) of two raters' yes and no: agreement beyond chance; 0 where one never varies."""
    table = np.array([[both, only_first], [only_second, neither]])
    if not all(table.sum(axis).min() for axis in (0, 1)):
        return 0.0
    return float(cohens_kappa(table, return_results=False))


def paired_test(first: Sequence[bool], second: Sequence[bool]) -> PairedTest:
    """McNemar's two-sided test (1947) over items in the same order: exact below 25 discordant pairs."""
    a, b = np.asarray(first, bool), np.asarray(second, bool)
    if a.shape != b.shape:
        raise ValueError(f"{a.size} results against {b.size}: the arms must answer the same items")
    only_first, only_second = int((a & ~b).sum()), int((~a & b).sum())
    exact = only_first + only_second < EXACT_BELOW
    both, neither = int((a & b).sum()), int((~a & ~b).sum())
    result = mcnemar([[both, only_first], [only_second, neither]], exact=exact, correction=True)
    kind: Literal["exact", "chi-squared with continuity correction"] = (
        "exact" if exact else "chi-squared with continuity correction"
    )
    return PairedTest(only_first, only_second, float(result.pvalue), kind)


def paired_difference(first: Sequence[bool], second: Sequence[bool], alpha: float) -> Interval:
    """The difference of two paired shares, first - second, with its two-sided 1 - alpha interval.

    Newcombe (1998), Statistics in Medicine 17:2635, method 10: the squares of Wilson's limits, with the
    correlation of the pairs taken into account. Unlike a bootstrap it has width where all pairs agree.
    """
    a, b = np.asarray(first, bool), np.asarray(second, bool)
    if a.shape != b.shape:
        raise ValueError(f"{a.size} results against {b.size}: the arms must answer the same items")
    n = a.size
    if n == 0:
        return Interval(float("nan"), None, None)
    both, neither = float((a & b).sum()), float((~a & ~b).sum())
    p1, p2 = float(a.mean()), float(b.mean())
    (low1, high1), (low2, high2) = (
        proportion_confint(round(p * n), n, alpha=alpha, method="wilson") for p in (p1, p2)
    )
    phi = _newcombe_phi(both, float((a & ~b).sum()), float((~a & b).sum()), neither)

    def reach(one: float, other: float) -> float:
        return float(np.sqrt(max(one**2 - 2 * phi * one * other + other**2, 0.0)))

    difference = p1 - p2
    low = difference - reach(p1 - low1, high2 - p2)
    return Interval(difference, low, difference + reach(high1 - p1, p2 - low2))


def _newcombe_phi(both: float, only_first: float, only_second: float, neither: float) -> float:
    """The correlation of the pairs, with Newcombe's continuity correction; 0 where a margin is empty."""
    n = both + only_first + only_second + neither
    margins = (both + only_first) * (only_second + neither) * (both + only_second) * (only_first + neither)
    if margins == 0:
        return 0.0
    product = both * neither - only_first * only_second
    corrected = product if product < 0 else max(product - n / 2, 0.0)
    return float(corrected / np.sqrt(margins))


def lift(first: Sequence[bool], second: Sequence[bool], seed: int) -> Interval:
    """Mean paired difference first - second, with its BCa bootstrap 95 % interval (Efron 1987) over items.

    Where all differences are equal there is nothing to resample and the interval is None.
    """
    difference = np.asarray(first, float) - np.asarray(second, float)
    if difference.size == 0:
        return Interval(float("nan"), None, None)
    mean = float(difference.mean())
    if difference.size < 2 or np.all(difference == difference[0]):
        return Interval(mean, None, None)
    found = stats.bootstrap(
        (difference,),
        np.mean,
        n_resamples=RESAMPLES,
        confidence_level=CONFIDENCE,
        method="BCa",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    low, high = float(found.low), float(found.high)
    return Interval(mean, None if np.isnan(low) else low, None if np.isnan(high) else high)


def effect_size(first: float, second: float) -> float:
    """Cohen's h of two shares (Cohen 1988): 0.2 small, 0.5 medium, 0.8 large."""
    return float(proportion_effectsize(first, second))


def adjust(p_values: Mapping[str, float]) -> dict[str, float]:
    """Benjamini and Hochberg's (1995) adjusted p-values: never below the raw ones."""
    if not p_values:
        return {}
    adjusted = multipletests(list(p_values.values()), method="fdr_bh")[1]
    return {name: float(p) for name, p in zip(p_values, adjusted, strict=True)}


@dataclass(frozen=True, slots=True)
class Power:
    """The least lift that the test shows with 80 % power, when this share of pairs is discordant."""

    discordant: float
    detectable_lift: float | None


def detectable_lifts(
    items: int, alpha: float, discordances: Sequence[float] = (0.1, 0.2, 0.3), power: float = 0.8
) -> list[Power]:
    """By the exact test's own power, with no approximation: discordant pairs are binomial in number, and
    so are those of them that favour one arm. None where even one-sided discordance is not enough."""
    return [Power(share_, _least_lift(items, alpha, share_, power)) for share_ in discordances]


def _least_lift(items: int, alpha: float, discordant: float, power: float) -> float | None:
    low, high = 0.0, discordant
    if exact_power(items, alpha, discordant, high) < power:
        return None
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (middle, high) if exact_power(items, alpha, discordant, middle) < power else (low, middle)
    return high


def exact_power(items: int, alpha: float, discordant: float, lift: float) -> float:
    """Power of the two-sided exact McNemar test, summed over all numbers of discordant pairs (Duffy 1984)."""
    favour = (discordant + lift) / (2 * discordant)
    counts = np.arange(1, items + 1)  # without a discordant pair nothing is rejected
    # Reject when the smaller side has at most c, the largest with 2 P(X <= c) <= alpha; -1 for never.
    c = stats.binom.ppf(alpha / 2, counts, 0.5)
    c -= stats.binom.cdf(c, counts, 0.5) > alpha / 2
    rejects = stats.binom.cdf(c, counts, favour) + stats.binom.sf(counts - c - 1, counts, favour)
    return float(stats.binom.pmf(counts, items, discordant) @ rejects)


def auc(good: Sequence[float], bad: Sequence[float], seed: int = 0) -> Interval:
    """Probability that a good example scores above a bad one, ties half (Mann and Whitney 1947), with a
    percentile bootstrap 95 % interval over examples of both kinds.

    Where good and bad do not overlap, every resample says the same, however few they are. Then the
    interval is Wilson's for as many clear answers as the smaller kind has examples.
    """
    if not good or not bad:
        return Interval(float("nan"), 0.0, 1.0)

    def statistic(x: np.ndarray, y: np.ndarray, axis: int = -1) -> np.ndarray:
        u = stats.mannwhitneyu(x, y, axis=axis, method="asymptotic").statistic
        return np.asarray(u / (x.shape[axis] * y.shape[axis]))

    x, y = np.asarray(good, float), np.asarray(bad, float)
    value = float(statistic(x, y))
    if value in (0.0, 1.0):
        fewest = min(len(x), len(y))
        return share(round(value) * fewest, fewest)
    if len(x) < 2 or len(y) < 2:
        return Interval(value, 0.0, 1.0)
    found = stats.bootstrap(
        (x, y),
        statistic,
        n_resamples=RESAMPLES,
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=np.random.default_rng(seed),
        vectorized=True,
    ).confidence_interval
    return Interval(value, float(found.low), float(found.high))
