"""What counts as a lack of memory, from torch's own errors."""

from __future__ import annotations

import pytest
import torch

from runtime.failures import RunFailed
from runtime.out_of_memory import half, is_out_of_memory
from runtime.survived import Survived


def test_the_cpus_allocator_is_understood() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**60, dtype=torch.uint8)
    assert is_out_of_memory(caught.value)


def test_an_error_while_a_lack_of_memory_was_dealt_with_is_one_too() -> None:
    """As where the recording of a CUDA graph is ended by it."""
    ended = RuntimeError("capture failed")
    ended.__context__ = torch.OutOfMemoryError("no more")
    assert is_out_of_memory(ended)


def test_other_errors_are_not() -> None:
    assert not is_out_of_memory(RuntimeError("shapes do not fit"))
    assert not is_out_of_memory(MemoryError())


def test_half_is_told_and_less_than_the_least_fails() -> None:
    told: list[Survived] = []
    assert half("Training", 5, "examples", told.append, least=False) == 2
    assert told == [
        Survived("out of memory", "Training ran out of memory with 5 examples at once, and goes on with 2.")
    ]
    with pytest.raises(RunFailed, match=r"the least that can be computed at once \(1 examples\)"):
        half("Training", 1, "examples", told.append, least=True)
    assert len(told) == 1
