"""Statistics of items that come in clusters: items made alike fail alike, so clusters are what is counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import stats

from runtime.statistics import CONFIDENCE, RESAMPLES, Interval, PairedTest, paired_test

FLIPS = 10_000


def clustered_test(
    first: Sequence[bool], second: Sequence[bool], clusters: Sequence[str], seed: int
) -> PairedTest:
    """A two-sided randomisation test over clusters: items made alike fail alike, and counted one by one they
    would look like so many findings.

    Where the arms do not differ, each cluster's sum of differences is as likely with the other sign (Fisher
    1935, The Design of Experiments, section 21); p is the share of random signs whose total is as large.
    """
    sums = _cluster_sums(first, second, clusters)
    signs = np.random.default_rng(seed).choice((-1.0, 1.0), size=(FLIPS, len(sums)))
    as_large = int((np.abs(signs @ sums) >= abs(float(sums.sum())) - 1e-9).sum())
    plain = paired_test(first, second)
    return PairedTest(plain.only_first, plain.only_second, (as_large + 1) / (FLIPS + 1), "over clusters")


def clustered_lift(
    first: Sequence[bool],
    second: Sequence[bool],
    clusters: Sequence[str],
    seed: int,
    alpha: float = 1 - CONFIDENCE,
) -> Interval:
    """Mean paired difference with a percentile bootstrap interval over clusters (Davison and Hinkley 1997,
    section 3.8), which are drawn whole.

    Of few clusters plain percentiles are too narrow; they are set further out by Student's t and the bias of
    the variance (Hesterberg 2015, The American Statistician 69:371, the expanded percentile interval).
    """
    sums = _cluster_sums(first, second, clusters)
    sizes = _cluster_sums([True] * len(clusters), [False] * len(clusters), clusters)
    mean = float(sums.sum() / sizes.sum()) if len(sums) else float("nan")
    if len(sums) < 2:
        return Interval(mean, None, None)
    drawn = np.random.default_rng(seed).integers(0, len(sums), size=(RESAMPLES, len(sums)))
    means = sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    k = len(sums)
    tail = float(stats.norm.cdf(stats.t.ppf(alpha / 2, k - 1) * np.sqrt(k / (k - 1))))
    low, high = np.quantile(means, (tail, 1 - tail))
    return Interval(mean, float(low), float(high))


def _cluster_sums(first: Sequence[bool], second: Sequence[bool], clusters: Sequence[str]) -> Any:
    """Per cluster the sum of first - second, in the order in which clusters first come."""
    sums: dict[str, float] = {}
    for one, other, cluster in zip(first, second, clusters, strict=True):
        sums[cluster] = sums.get(cluster, 0.0) + one - other
    return np.array(list(sums.values()))
