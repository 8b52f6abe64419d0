"""Fit the constants of the memory model to measured trainings, and try them on others that were held back.

    python tests/benchmarks/fit_memory.py measured.json

The file holds a list of rows: `model` (a name of `compiler.estimate.dimensions.PUBLIC`, or an object of
dimensions), `weights`, `rank`, `modules`, `dropout`, `optimizer`, `tokens` and `targets` of the
largest batch (padding counted), `checkpointing`, and `allocated_bytes`, the peak of
`torch.cuda.max_memory_allocated`. A row may also have `device_bytes`, the peak of all that the GPU held as
nvidia-smi shows it: then CUDA's context and the allocator's slack are fitted too.

Every fourth row is held back. What is printed goes into `compiler.estimate.memory.Constants`, with the
errors on the rows that were held back beside it.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from scipy.optimize import least_squares

from compiler.estimate.dimensions import PUBLIC, Dimensions
from compiler.estimate.memory import CONSTANTS, Constants, Training, training
from compiler.plan.model import Lora

# What was counted of the modules, before anything was measured.
COUNTED = {"per_width": 18.0, "per_inner": 12.0, "per_dropped": 5.0, "per_logit": 14.0}
FITTED = tuple(COUNTED)
HELD_BACK = 4  # one in so many
# Models whose feed-forward part is about as wide, beside their width, can't tell the two constants apart.
# What the rows leave open is therefore pulled towards what was counted: a constant twice as large counts as
# one error of this.
PULL = 0.1


@dataclass(frozen=True)
class Row:
    """One measured training. `device` is None where only torch's own peak was measured. Bytes."""

    sizes: Dimensions
    job: Training
    allocated: float
    device: float | None


@dataclass(frozen=True)
class Fit:
    """Constants, and relative errors of what torch allocated: of fitted rows, and of those held back."""

    constants: Constants
    fitted: Sequence[float]
    held_back: Sequence[float]


def read(rows: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Rows of the file. KeyError for a model or measurement that is not there."""
    return [
        Row(
            sizes=PUBLIC[row["model"]] if isinstance(row["model"], str) else Dimensions(**row["model"]),
            job=Training(
                row["weights"],
                Lora(rank=row["rank"], alpha=row["rank"], dropout=row["dropout"], modules=row["modules"]),
                row["optimizer"],
                row["tokens"],
                row["targets"],
                row["checkpointing"],
            ),
            allocated=row["allocated_bytes"],
            device=row.get("device_bytes"),
        )
        for row in rows
    ]


def allocated(row: Row, constants: Constants) -> float:
    """What torch would allocate by the model: all but CUDA's own and what the allocator can't use."""
    return training(row.sizes, row.job, replace(constants, context=0.0, slack=0.0)).needed


def fit(rows: Sequence[Row]) -> Fit:
    """Least squares of relative errors and of the pull; no constant below nought."""
    kept = [row for number, row in enumerate(rows) if number % HELD_BACK != HELD_BACK - 1]
    back = [row for number, row in enumerate(rows) if number % HELD_BACK == HELD_BACK - 1]
    if len(kept) < len(FITTED) or not back:
        raise SystemExit(
            f"{len(rows)} rows are too few: {len(FITTED)} to fit and one to hold back are needed"
        )

    def errors(values: Sequence[float]) -> list[float]:
        constants = replace(CONSTANTS, **dict(zip(FITTED, map(float, values), strict=True)))
        pulled = [PULL * (value / counted - 1) for value, counted in zip(values, start, strict=True)]
        return [*(allocated(row, constants) / row.allocated - 1 for row in kept), *pulled]

    start = list(COUNTED.values())
    found = least_squares(errors, start, bounds=(0, 200), x_scale=start)
    constants = replace(CONSTANTS, **dict(zip(FITTED, map(float, found.x), strict=True)))
    constants = _device(constants, [row for row in kept if row.device is not None])
    return Fit(constants, _errors(kept, constants), _errors(back, constants))


def _device(constants: Constants, rows: Sequence[Row]) -> Constants:
    """Context and slack from what the device held beyond torch's peak."""
    if len(rows) < 2:
        return constants

    def errors(values: Sequence[float]) -> list[float]:
        with_these = replace(constants, context=float(values[0]) * 2**30, slack=float(values[1]))
        beyond = (training(row.sizes, row.job, with_these).parts["CUDA"] for row in rows)
        return [
            (by_model - ((row.device or 0.0) - row.allocated)) / 2**30
            for by_model, row in zip(beyond, rows, strict=True)
        ]

    found = least_squares(errors, [constants.context / 2**30, constants.slack], bounds=(0, 10))
    return replace(constants, context=float(found.x[0]) * 2**30, slack=float(found.x[1]))


def _errors(rows: Sequence[Row], constants: Constants) -> list[float]:
    return [allocated(row, constants) / row.allocated - 1 for row in rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("measured", type=Path)
    found = fit(read(json.loads(parser.parse_args().measured.read_text(encoding="utf-8"))))
    for name in (*FITTED, "context", "slack"):
        print(f"{name:12} {getattr(found.constants, name):14.4g}   was {getattr(CONSTANTS, name):.4g}")
    for name, errors in (("fitted", found.fitted), ("held back", found.held_back)):
        sizes = [abs(error) for error in errors]
        middle, most = statistics.median(sizes), max(sizes)
        print(f"{name}: {len(sizes)} rows, error {middle:.1%} (median), {most:.1%} (most)")


if __name__ == "__main__":
    main()
