"""Examples for a tiny model, and its end-of-sequence id."""

from __future__ import annotations

import random

from runtime.training.examples import TrainingExample

EOS = 2


def examples(count: int, seed: int, vocabulary: int = 90) -> tuple[TrainingExample, ...]:
    """Targets that can be learnt: a token over and over, and then the end."""
    draw = random.Random(seed)
    made = []
    for i in range(count):
        prompt = tuple(draw.randrange(3, vocabulary) for _ in range(draw.randrange(3, 12)))
        made.append(TrainingExample(f"{seed}-{i}", prompt, (5,) * draw.randrange(1, 5) + (EOS,)))
    return tuple(made)
