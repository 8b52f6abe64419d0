"""Scores of critics: their spread, over all that was scored and over what was kept."""

from __future__ import annotations

from dataclasses import replace

import pytest
from figure_work import STAGE, STEPS, record, work

from compiler.plan.model import PairAccept, Prefer
from runtime.figures.scores import score_of, score_rows, spread


def test_percentiles_of_known_values() -> None:
    found = spread([float(n) for n in range(11)])
    assert found is not None
    assert (found.n, found.low, found.median, found.high) == (11, 1.0, 5.0, 9.0)
    assert spread([]) is None


def test_acceptance_counts_what_was_never_scored() -> None:
    """Four came in and three were scored: a pair that is too unlike in length is no accepted one."""
    (row,) = score_rows(STAGE, work())
    assert (row.step, row.threshold) == ("s.pairs", 0.5)
    assert row.every is not None
    assert row.kept is not None
    assert row.accepted is not None
    assert (row.every.n, row.every.median) == (3, 1.0)
    assert (row.kept.n, row.kept.median) == (2, 1.5)
    assert row.accepted.value == 0.5


@pytest.mark.parametrize(("either", "margin"), [(True, 3.0), (False, -3.0)])
def test_where_either_may_be_chosen_the_margin_has_no_sign(either: bool, margin: float) -> None:
    accept = PairAccept(by="margin", at_least=0.5, either=either)
    step = replace(STEPS[-1], accept=accept)
    assert isinstance(step, Prefer)
    assert score_of(step, record("0", pairs_score=-3.0)) == margin
