"""One piece of work, told to a listener from its beginning to its end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from runtime.progress import Advanced, Began, Ended, Listener


@contextmanager
def work(
    listener: Listener, key: str, title: str, total: int | None = None, unit: str = "step"
) -> Iterator[Callable[[int], None]]:
    """Tell `listener` that the work began, and that it ended well; yields `advance(done)`.

    Work that fails tells nothing more: its exception does.
    """
    start = time.monotonic()
    listener(Began(key, title, total, unit))
    yield lambda done: listener(Advanced(key, done, total))
    listener(Ended(key, title, time.monotonic() - start))
