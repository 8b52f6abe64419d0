"""Small file operations that never leave anything half-written."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from runtime.failures import RunFailed


def replace_text(path: Path, text: str) -> None:
    """Write a text file so that it holds the old content or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file. RunFailed when it is missing or something else."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RunFailed(f"{path} can't be read ({error.strerror}).") from error
    except ValueError as error:
        raise RunFailed(f"{path} is not valid JSON ({error}).") from error
    if not isinstance(content, dict):
        raise RunFailed(f"{path} holds no JSON object.")
    return content


def read_json_if_there(path: Path) -> dict[str, Any]:
    """A JSON object from a file, empty when there is no such file."""
    return read_json(path) if path.exists() else {}


def build_once(folder: Path, build: Callable[[Path], None]) -> None:
    """Make `folder` by `build(temporary folder)` and a rename, unless it is there.

    A process that comes while another builds waits for it and then finds the folder. What a killed
    process left behind is removed by the next that builds.
    """
    if folder.exists():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _lock(folder.parent / f".{folder.name}.lock"):
        if folder.exists():
            return
        unfinished = folder.parent / f".{folder.name}.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        try:
            build(unfinished)
            os.rename(unfinished, folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Hold a lock file; the system lets go of it when the process ends, however it ends."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
