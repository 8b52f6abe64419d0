"""Judge calibration: what a critic's scores are worth on its own labelled examples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from runtime.statistics import auc, kappa, share


@dataclass(frozen=True, slots=True)
class Calibration:
    """One method of a critic, measured. Scores and thresholds are in nats.

    `can_judge` is whether the AUC's interval lies above 0.5. `threshold` is where the accept rule
    accepts, None where it cannot be met; `precision` (with its Wilson interval) and `recall` are
    those at the threshold, on the labelled examples that chose it, so they flatter; and so is `kappa`, the
    agreement with the labels beyond chance, None where the accept rule does not ask for it.
    """

    n_good: int
    n_bad: int
    auc: float
    auc_low: float
    auc_high: float
    can_judge: bool
    threshold: float | None
    precision: float | None
    precision_low: float | None
    precision_high: float | None
    recall: float | None
    median_good: float
    median_bad: float
    kappa: float | None = None


def calibrate(
    good: Sequence[float],
    bad: Sequence[float],
    precision: float | None = None,
    margin: float | None = None,
    agreement: float | None = None,
) -> Calibration:
    """Measure scores of good and bad examples, and find the threshold of the accept rule.

    `margin` is taken as it is; for `precision` it is the lowest score of a good example at and above
    which at least that share of all examples are good. For an `agreement` it is the score at and above which
    accepting agrees best with the labels, if that is a kappa of so much.
    """
    area = auc(good, bad)
    best = _best_agreement(good, bad) if agreement is not None else None
    if agreement is not None:
        threshold = best[1] if best and best[0] >= agreement else None
    else:
        threshold = margin if precision is None else _lowest_threshold(good, bad, precision)
    accepted_good = sum(s >= threshold for s in good) if threshold is not None else 0
    accepted_bad = sum(s >= threshold for s in bad) if threshold is not None else 0
    accepted = accepted_good + accepted_bad
    kept = share(accepted_good, accepted) if accepted else None
    return Calibration(
        n_good=len(good),
        n_bad=len(bad),
        auc=area.value,
        auc_low=area.low or 0.0,
        auc_high=1.0 if area.high is None else area.high,
        can_judge=(area.low or 0.0) > 0.5,
        threshold=threshold,
        precision=kept.value if kept else None,
        precision_low=kept.low if kept else None,
        precision_high=kept.high if kept else None,
        recall=accepted_good / len(good) if good and threshold is not None else None,
        median_good=median(good) if good else 0.0,
        median_bad=median(bad) if bad else 0.0,
        kappa=best[0] if best else None,
    )


def _lowest_threshold(good: Sequence[float], bad: Sequence[float], precision: float) -> float | None:
    """The lowest score of a good example, so that recall is above 0, at which the precision is reached."""
    for at in sorted(set(good)):
        kept_good, kept_bad = sum(s >= at for s in good), sum(s >= at for s in bad)
        if kept_good >= precision * (kept_good + kept_bad):
            return at
    return None


def _best_agreement(good: Sequence[float], bad: Sequence[float]) -> tuple[float, float] | None:
    """The highest kappa that a threshold reaches, and the lowest such threshold; None without examples."""
    if not good or not bad:
        return None

    def agreement(at: float) -> float:
        right, wrong = sum(s >= at for s in good), sum(s >= at for s in bad)
        return kappa(right, wrong, len(good) - right, len(bad) - wrong)

    found, at = max((agreement(at), -at) for at in {*good, *bad})
    return found, -at


def choose_method(calibrations: Sequence[Calibration]) -> int | None:
    """The first method, in the critic's own order, that can judge."""
    return next((i for i, c in enumerate(calibrations) if c.can_judge), None)
