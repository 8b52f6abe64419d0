"""When memory runs out: what was computed at once is halved, and computed again."""

from __future__ import annotations

import gc

import torch

from runtime.failures import RunFailed
from runtime.survived import Survived, Tell

# What torch's allocator for the CPU says. Its failure is a RuntimeError like many others.
_ON_A_CPU = "can't allocate memory"


def is_out_of_memory(error: BaseException | None) -> bool:
    """Whether memory ran out, of a GPU or of this machine, or this was raised while that was dealt with."""
    while error is not None:
        if isinstance(error, torch.OutOfMemoryError):
            return True
        if isinstance(error, RuntimeError) and _ON_A_CPU in str(error):
            return True
        error = error.__context__
    return False


def half(who: str, at_once: int, unit: str, tell: Tell, *, least: bool) -> int:
    """Half of what was computed `at_once` when memory ran out, which is told. RunFailed where it was the
    least that can be. Call it outside of the `except`, whose error holds on to what was computed: all that
    is given up is free on return."""
    if least:
        raise RunFailed(
            f"{who} ran out of memory with the least that can be computed at once ({at_once} {unit}).",
            "End what else takes the memory, take a larger machine, or make prompts and answers shorter.",
        )
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    tell(
        Survived(
            "out of memory",
            f"{who} ran out of memory with {at_once} {unit} at once, and goes on with {at_once // 2}.",
        )
    )
    return at_once // 2
