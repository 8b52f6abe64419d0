"""A full disk, said in one sentence wherever it shows."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runtime.failures import RunFailed


@contextmanager
def spoken_disk_errors(what: str, folder: Path) -> Iterator[None]:
    """Turn a full or unwritable disk under `folder`, met while doing `what`, into a RunFailed."""
    try:
        yield
    except RunFailed:
        raise
    except Exception as error:
        if _is_full(error):
            raise RunFailed(
                f"The disk that holds {folder} became full while {what}.",
                "Free some space, or set STAGESPEC_CACHE to a folder on a larger disk.",
            ) from error
        if isinstance(error, PermissionError):
            raise RunFailed(
                f"{error.filename or folder} can't be written while {what}.",
                "Set STAGESPEC_CACHE to a folder that you may write to.",
            ) from error
        raise


def _is_full(error: Exception) -> bool:
    """Also true for errors of libraries that carry the system's message and not its number."""
    number = getattr(error, "errno", None)
    return number in (errno.ENOSPC, errno.EDQUOT) or "No space left on device" in str(error)
