"""Python's collector of circles, left out while something large is made.

It goes through all that has been made so far again and again, so that a spec of ten times the size takes more
than ten times as long, and finds nothing: trees and plans do not refer to what holds them.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def left_out() -> Iterator[None]:
    collected = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collected:
            gc.enable()
