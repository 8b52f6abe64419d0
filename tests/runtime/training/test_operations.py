"""What training takes of arithmetic, and the share of a GPU's peak that it comes to."""

from __future__ import annotations

import pytest

from runtime.training import adapter
from runtime.training.operations import Sizes, needed, peak_per_second, sizes_of, utilisation
from runtime.training.sft import SftJob

SIZES = Sizes(linear=288, output=40, attention=8, adapter=28)


def test_operations_worked_out_by_hand() -> None:
    """Three tokens, two of them targets."""
    one = 3 * (4 * 288 + 6 * 28) + 2 * 4 * 40 + 9 * 6 * 8
    assert needed(SIZES, [(3, 2)]) == one
    assert needed(SIZES, [(3, 2), (3, 2)]) == 2 * one
    assert needed(SIZES, []) == 0


def test_sizes_are_the_models_own(job: SftJob) -> None:
    model = adapter.load(job.folder, job.weights, job.lora, None)
    sizes = sizes_of(model, adapter.trainable(model))
    base = model.get_base_model()
    layers = [p.numel() for name, p in base.named_parameters() if "proj" in name and "lora" not in name]
    assert sizes.linear == sum(layers) > 0
    assert sizes.adapter == sum(p.numel() for p in model.parameters() if p.requires_grad) > 0
    assert sizes.output == base.config.vocab_size * base.config.hidden_size
    assert sizes.attention == base.model.layers[0].self_attn.q_proj.out_features * len(base.model.layers)


def test_the_peak_is_the_data_sheets() -> None:
    assert peak_per_second("NVIDIA H100 80GB HBM3") == peak_per_second("NVIDIA H200") == 989e12
    assert peak_per_second("Some other card") is None


def test_utilisation_is_a_share_of_the_peak_and_none_without_one() -> None:
    assert utilisation(989e12, 2.0, "NVIDIA H200") == pytest.approx(0.5)
    assert utilisation(1e12, 2.0, "Some other card") is None
    assert utilisation(1e12, 0.0, "NVIDIA H200") is None
