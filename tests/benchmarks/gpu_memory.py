"""Peaks of short trainings, for `fit_memory.py`: models of several shapes, batches and lengths."""

from __future__ import annotations

import gc
import json
import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gpu_cases
from gpu_training import ADAMW

from compiler.plan.model import Lora
from runtime.child import run_in_child
from runtime.models.lock import dimensions
from runtime.training.batches import rounded
from runtime.training.examples import TrainingExample
from runtime.training.sft import SftJob, train_sft

# (shape or "", rank, batch, tokens, of them targets, checkpointing, weights)
TRAININGS = [
    ("", 16, 8, 256, 128, False, "bf16"),
    ("", 16, 8, 512, 384, False, "bf16"),
    ("", 16, 16, 512, 128, False, "bf16"),
    ("", 8, 32, 512, 256, False, "bf16"),
    ("", 16, 32, 512, 128, True, "bf16"),
    ("", 16, 64, 512, 128, True, "bf16"),
    ("", 16, 16, 256, 128, False, "float32"),
    ("1.7B", 16, 8, 256, 128, False, "bf16"),
    ("1.7B", 16, 8, 512, 384, False, "bf16"),
    ("1.7B", 64, 16, 512, 128, False, "bf16"),
    ("1.7B", 16, 32, 512, 128, False, "bf16"),
    ("1.7B", 16, 32, 512, 128, True, "bf16"),
    ("1.7B", 16, 64, 512, 256, True, "bf16"),
    ("1.7B", 32, 16, 384, 128, True, "bf16"),
]
# Of other models and weights: what was fitted to the others must hold for them too.
OTHERS = [
    ("", 16, 16, 512, 128, False, "nf4"),
    ("8B", 16, 8, 256, 128, False, "bf16"),
    ("8B", 16, 16, 512, 256, True, "bf16"),
    ("8B", 16, 8, 256, 128, False, "nf4"),
    ("8B", 16, 16, 512, 128, True, "nf4"),
    ("1.7B", 16, 16, 512, 128, True, "nf4"),
    ("1.7B", 16, 8, 256, 128, False, "nf4"),
]


def measure(folder: Path, scratch: Path, out: Path, others: bool) -> None:
    """Write the rows that `fit_memory.py` reads, or those of `OTHERS`."""
    shapes = {"": folder}
    trainings = OTHERS if others else TRAININGS
    for shape in {case[0] for case in trainings} - {""}:
        shapes[shape] = gpu_cases.shape_folder(shape, folder, scratch / shape)
        if not list(shapes[shape].glob("*.safetensors")):
            gpu_cases.random_weights(shapes[shape])
    rows: list[dict[str, Any]] = []

    def keep(row: object) -> None:
        rows.append(row)  # type: ignore[arg-type]
        out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
        print(row, flush=True)

    run_in_child(train_all, (shapes, trainings), keep)


def train_all(job: tuple[dict[str, Path], list[Any]], emit: Callable[[object], None]) -> None:
    """In a child, all in one process: three optimizer steps each, of batches that are all the same size."""
    import torch

    from runtime.training import room

    shapes, trainings = job
    for shape, rank, batch, tokens, targets, checkpointing, weights in trainings:
        room.SHARE = 0.0 if checkpointing else 2.0
        lora = Lora(rank=rank, alpha=2 * rank, dropout=0.05, modules="all_linear")
        dice = random.Random(0)
        examples = tuple(
            TrainingExample(
                str(n),
                tuple(dice.randrange(3, 90_000) for _ in range(tokens - targets)),
                tuple(dice.randrange(3, 90_000) for _ in range(targets)),
            )
            for n in range(3 * batch)
        )
        with tempfile.TemporaryDirectory() as out:
            job = SftJob(
                folder=str(shapes[shape]),
                base_sha256="0" * 64,
                start_adapter=None,
                examples=examples,
                dev_examples=(),
                lora=lora,
                optimizer=ADAMW,
                weights=weights,  # type: ignore[arg-type]
                epochs=1,
                batch=batch,
                max_length=tokens,
                keep_order=True,
                patience=None,
                pad_id=0,
                seed=0,
                threads=None,
                out=f"{out}/adapter",
                work=f"{out}/work",
            )
            row: dict[str, Any] = {
                "weights": weights,
                "rank": rank,
                "modules": "all_linear",
                "dropout": 0.05,
                "optimizer": "adamw",
                "checkpointing": checkpointing,
                "tokens": batch * rounded(tokens, 128),
                "targets": batch * targets,
            }
            sizes = dimensions(shapes[shape])
            row["model"] = {name: size for name, size in sizes.items() if name != "max_positions"}
            gc.collect()
            torch.cuda.empty_cache()
            try:
                result = train_sft(job, lambda _: None)
                row["losses"] = [round(loss, 3) for _, loss in result.losses]
                row["seconds"] = round(result.seconds, 2)
                row["allocated_bytes"] = result.peak_memory_gib * 2**30
                row["reserved_bytes"] = torch.cuda.max_memory_reserved()
                emit(row)
            except Exception as error:
                print(f"{shape} {row} failed: {error!r}", flush=True)
            torch.cuda.reset_peak_memory_stats()
