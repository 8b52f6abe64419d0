"""Batches in parts, when memory does not hold them whole: gradients add up, so what is learnt is the same."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

from runtime.out_of_memory import half, is_out_of_memory
from runtime.survived import Tell

T = TypeVar("T")


def _nothing() -> None:
    """Where nothing is kept that could be given up."""


class Halving:
    """How many examples a training computes at once: all of a batch, and half as many each time that memory
    has run out."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._at_once = sys.maxsize

    def compute(
        self, examples: int, attempt: Callable[[int], T], give_up: Callable[[], None] = _nothing
    ) -> T:
        """What `attempt` makes of so many examples. It is given how many it may compute at once, and asked
        again with half as many while memory runs out, after `give_up` has let go of what it had made.

        RunFailed where memory does not hold one example.
        """
        while True:
            try:
                return attempt(self._at_once)
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
            give_up()
            at_once = min(examples, self._at_once)
            self._at_once = half("Training", at_once, "examples", self._tell, least=at_once == 1)
