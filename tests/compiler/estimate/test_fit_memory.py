"""The fit finds constants that were planted, and says so on rows that it was not given."""

from __future__ import annotations

import importlib.util
import itertools
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from compiler.estimate.memory import CONSTANTS, GIB, Constants

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "fit_memory.py"


@pytest.fixture(scope="module")
def script() -> Any:
    spec = importlib.util.spec_from_file_location("fit_memory", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["fit_memory"] = module
    spec.loader.exec_module(module)
    return module


def measured(script: Any, planted: Constants, models: Sequence[str], dropouts: Sequence[float]) -> list[Any]:
    """Rows as a GPU with such constants would measure them."""
    rows: list[dict[str, Any]] = [
        {
            "model": model,
            "weights": "bf16",
            "rank": 16,
            "modules": "all_linear",
            "dropout": dropout,
            "optimizer": "adamw",
            "tokens": tokens,
            "targets": int(tokens * share),
            "checkpointing": kept,
            "allocated_bytes": 1.0,
        }
        for model, tokens, share, dropout, kept in itertools.product(
            models, (1024, 8192), (0.1, 1.0), dropouts, (True, False)
        )
    ]
    for row, one in zip(rows, script.read(rows), strict=True):
        row["allocated_bytes"] = script.allocated(one, planted)
        row["device_bytes"] = script.training(one.sizes, one.job, planted).needed
    found: list[Any] = script.read(rows)
    return found


def test_planted_constants_are_found(script: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script, "PULL", 0.0)
    planted = replace(
        CONSTANTS,
        per_width=25.0,
        per_inner=9.0,
        per_dropped=3.0,
        per_logit=11.0,
        context=0.9 * GIB,
        slack=0.1,
    )
    models = ("Qwen/Qwen2.5-0.5B", "Qwen/Qwen2.5-7B", "meta-llama/Llama-3.2-1B")
    rows = measured(script, planted, models, (0.0, 0.1))
    found = script.fit(rows)
    for name in script.FITTED:
        assert getattr(found.constants, name) == pytest.approx(getattr(planted, name), rel=0.02), name
    assert found.constants.context == pytest.approx(planted.context, rel=0.02)
    assert found.constants.slack == pytest.approx(planted.slack, rel=0.02)
    assert len(found.held_back) == len(rows) // script.HELD_BACK
    assert max(map(abs, found.held_back)) < 0.01


def test_what_the_rows_leave_open_stays_as_counted(script: Any) -> None:
    """One model, half of what was counted: its rows say how much in all, and not of what."""
    halved = replace(CONSTANTS, **{name: value / 2 for name, value in script.COUNTED.items()})
    found = script.fit(measured(script, halved, ("Qwen/Qwen2.5-7B",), (0.1,))).constants
    for name, counted in script.COUNTED.items():
        assert 0.2 * counted < getattr(found, name) < 0.8 * counted, name
    assert found.per_logit == pytest.approx(halved.per_logit, rel=0.05)


def test_too_few_rows_are_refused(script: Any) -> None:
    with pytest.raises(SystemExit, match="too few"):
        script.fit([])
