"""A critic is measured before it judges: who may, and from which score on."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.calibration import calibrate, choose_method

GOOD = [float(x) for x in range(10, 30)]
BAD = [float(x) for x in range(20)]
scores = st.lists(st.integers(-9, 9).map(float), min_size=1, max_size=15)


def test_a_critic_that_tells_good_from_bad_can_judge() -> None:
    found = calibrate(GOOD, BAD, margin=15.0)
    assert (found.n_good, found.n_bad) == (20, 20)
    assert found.auc == pytest.approx(0.875)
    assert 0.5 < found.auc_low < found.auc < found.auc_high <= 1
    assert found.can_judge
    assert (found.threshold, found.precision, found.recall) == (15.0, 0.75, 0.75)
    assert (found.median_good, found.median_bad) == (19.5, 9.5)


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (BAD, GOOD),
        (GOOD, GOOD),
        ([1.0] * 20, [1.0] * 20),
        ([1.0, 2.0], [0.0, 0.5]),
        ([1.0], [0.0]),
        ([], [1.0]),
        ([], []),
    ],
    ids=["upside down", "the same", "all equal", "two of each", "one of each", "no good ones", "nothing"],
)
def test_a_critic_that_was_not_shown_to_tell_them_apart_can_not(good: list[float], bad: list[float]) -> None:
    assert not calibrate(good, bad, precision=0.9).can_judge


def test_the_threshold_is_the_lowest_that_reaches_the_precision() -> None:
    found = calibrate(GOOD, BAD, precision=0.9)
    assert found.threshold == 19.0
    assert found.precision == pytest.approx(11 / 12)
    assert found.recall == pytest.approx(11 / 20)
    assert found.precision_low is not None
    assert found.precision_high is not None
    assert 0.6 < found.precision_low < 11 / 12 < found.precision_high <= 1


def test_a_bad_example_at_the_top_does_not_end_the_search() -> None:
    found = calibrate([5.0] * 9, [9.0, 1.0], precision=0.9)
    assert (found.threshold, found.precision) == (5.0, 0.9)


def test_a_precision_that_no_threshold_reaches_accepts_nothing() -> None:
    found = calibrate([1.0, 2.0], [3.0, 4.0], precision=0.9)
    assert (found.threshold, found.precision, found.recall) == (None, None, None)


def test_a_margin_above_all_scores_is_kept_and_accepts_none() -> None:
    found = calibrate(GOOD, BAD, margin=99.0)
    assert (found.threshold, found.precision, found.recall) == (99.0, None, 0.0)


@settings(max_examples=40, deadline=None)
@given(scores, scores, st.sampled_from([0.5, 0.8, 0.9, 1.0]))
def test_thresholds_are_what_they_say(good: list[float], bad: list[float], wanted: float) -> None:
    def precision(at: float) -> float:
        accepted = sum(s >= at for s in good)
        return accepted / (accepted + sum(s >= at for s in bad)) if accepted else 0.0

    found = calibrate(good, bad, precision=wanted)
    if found.threshold is None:
        assert all(precision(at) < wanted for at in good)
    else:
        assert found.precision == pytest.approx(precision(found.threshold))
        assert found.precision >= wanted - 1e-12
        assert found.recall
        assert all(precision(at) < wanted for at in good if at < found.threshold)


def test_the_first_method_that_can_judge_is_chosen() -> None:
    yes, no = calibrate(GOOD, BAD, margin=1.0), calibrate(BAD, GOOD, margin=1.0)
    assert choose_method([no, yes, yes]) == 1
    assert choose_method([no]) is None
    assert choose_method([]) is None


def test_a_kappa_chooses_the_threshold_that_agrees_best_with_the_labels() -> None:
    """Worked by hand: from 2.0 on, 4 of 5 good and 1 of 5 bad examples are accepted: (0.8 - 0.5) / 0.5."""
    good, bad = [4.0, 3.0, 3.0, 2.0, -1.0], [2.0, 0.0, -1.0, -2.0, -2.0]
    found = calibrate(good, bad, agreement=0.5)
    assert found.threshold == 2.0
    assert found.kappa == pytest.approx(0.6)
    assert found.recall == pytest.approx(0.8)


def test_a_kappa_that_no_threshold_reaches_accepts_nothing() -> None:
    found = calibrate([4.0, 3.0, -1.0], [2.0, 3.5, -1.0], agreement=0.7)
    assert (found.threshold, found.precision, found.recall) == (None, None, None)
    assert found.kappa is not None
    assert 0 < found.kappa < 0.7


@settings(max_examples=60, deadline=None)
@given(good=scores, bad=scores)
def test_no_threshold_agrees_better(good: list[float], bad: list[float]) -> None:
    """Beside the definition, written out: (observed - expected) / (1 - expected)."""
    found = calibrate(good, bad, agreement=0.01)
    assert found.kappa is not None

    def agreement(at: float) -> float:
        n = len(good) + len(bad)
        yes = (sum(s >= at for s in good) + sum(s >= at for s in bad)) / n
        observed = (sum(s >= at for s in good) + sum(s < at for s in bad)) / n
        expected = yes * len(good) / n + (1 - yes) * len(bad) / n
        return (observed - expected) / (1 - expected) if expected < 1 else 0.0

    assert found.kappa == pytest.approx(max(agreement(at) for at in (*good, *bad)), abs=1e-9)
