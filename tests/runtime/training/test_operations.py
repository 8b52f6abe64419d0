"""What training takes of arithmetic, and the share of a GPU's peak that it comes to."""

from __future__ import annotations

import pytest

from compiler.estimate.dimensions import Dimensions
from compiler.plan.model import Lora
from runtime.training.operations import needed, peak_per_second, utilisation

SIZES = Dimensions(
    layers=2, hidden=4, inner=8, heads=2, kv_heads=1, head_dim=2, vocabulary=10, parameters=400
)
LORA = Lora(rank=1, alpha=1, dropout=0.0, modules="query_value")


def test_operations_worked_out_by_hand() -> None:
    """A layer has 4*4 + 4*2 + 4*2 + 4*4 weights of attention and 3*4*8 of the rest; the adapter 8 and 6."""
    layers, adapter = 2 * (48 + 96), 2 * (8 + 6)
    one = 3 * (4 * layers + 6 * adapter) + 2 * 4 * 10 * 4 + 6 * 9 * 4 * 2
    assert needed(SIZES, LORA, [(3, 2)]) == one
    assert needed(SIZES, LORA, [(3, 2), (3, 2)]) == 2 * one
    assert needed(SIZES, LORA, []) == 0


def test_the_peak_is_the_data_sheets() -> None:
    assert peak_per_second("NVIDIA H100 80GB HBM3") == peak_per_second("NVIDIA H200") == 989e12
    assert peak_per_second("Some other card") is None


def test_utilisation_is_a_share_of_the_peak_and_none_without_one() -> None:
    assert utilisation(989e12, 2.0, "NVIDIA H200") == pytest.approx(0.5)
    assert utilisation(1e12, 2.0, "Some other card") is None
    assert utilisation(1e12, 0.0, "NVIDIA H200") is None
