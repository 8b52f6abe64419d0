"""Examples and jobs for a tiny model, and its end-of-sequence id."""

from __future__ import annotations

import random
from pathlib import Path

from compiler.plan.model import Lora, Optimizer
from runtime.training.examples import Pair, TrainingExample
from runtime.training.sft import SftJob

EOS = 2


def examples(count: int, seed: int, vocabulary: int = 90) -> tuple[TrainingExample, ...]:
    """Targets that can be learnt: a token over and over, and then the end."""
    draw = random.Random(seed)
    made = []
    for i in range(count):
        prompt = tuple(draw.randrange(3, vocabulary) for _ in range(draw.randrange(3, 12)))
        made.append(TrainingExample(f"{seed}-{i}", prompt, (5,) * draw.randrange(1, 5) + (EOS,)))
    return tuple(made)


def make_job(model: str, root: Path, name: str) -> SftJob:
    """Two epochs of six steps, with dropout; what it writes is named `name` and lies in `root`."""
    return SftJob(
        folder=model,
        base_sha256="tiny",
        start_adapter=None,
        examples=examples(21, 1),
        dev_examples=examples(6, 2),
        lora=Lora(rank=4, alpha=4, dropout=0.1, modules="all_linear"),
        optimizer=Optimizer(
            name="adamw", learning_rate=0.02, schedule="cosine", warmup=0.1, weight_decay=0.01
        ),
        weights="float32",
        epochs=2,
        batch=4,
        max_length=16,
        keep_order=False,
        patience=None,
        pad_id=EOS,
        seed=11,
        threads=1,
        out=str(root / name),
        work=str(root / f"{name}.work"),
    )


def pairs(count: int, seed: int) -> tuple[Pair, ...]:
    """The chosen side repeats one token, the rejected one another, and half of the rejected are cut off."""
    made = []
    for i, chosen in enumerate(examples(count, seed)):
        worse = (7,) * (1 + i % 4) + ((EOS,) if i % 2 else ())
        made.append(Pair(chosen.id, chosen, TrainingExample(chosen.id, chosen.prompt_ids, worse)))
    return tuple(made)
