"""The journal: the truth about progress. Append-only lines of JSON, flushed to disk as they are made.

A run that was stopped reads its journal and asks the engine only for what is not there. Results are
found by content (see `identity.result_key`), in this run's journal and in those of earlier runs beside it.
"""

from __future__ import annotations

import errno
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from runtime.failures import RunFailed

NAME = "journal.jsonl"
SYNC_EVERY_S = 2.0


class Journal:
    """One run's journal, open for appending. Use as a context manager."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self._synced = time.monotonic()
        with disk_errors(self.path):
            folder.mkdir(parents=True, exist_ok=True)
            mend(self.path)
            self._file: TextIO = self.path.open("a", encoding="utf-8")

    def append(self, event: str, **fields: Any) -> None:
        """Write one line; on disk within SYNC_EVERY_S seconds, or at `sync`."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = json.dumps({"event": event, "at": at, **fields}, ensure_ascii=False, sort_keys=True)
        with disk_errors(self.path):
            self._file.write(line + "\n")
            if time.monotonic() - self._synced > SYNC_EVERY_S:
                self.sync()

    def sync(self) -> None:
        with disk_errors(self.path):
            self._file.flush()
            os.fsync(self._file.fileno())
        self._synced = time.monotonic()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        """Sync and close. What had gone wrong before is what is told, not that closing fails too."""
        try:
            self.sync()
        except RunFailed:
            if error is None:
                raise
        finally:
            with suppress(OSError):  # a full disk fails once more on what the buffer still holds
                self._file.close()


class disk_errors:
    """Turns an OSError on a path into one sentence that says what to do."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if not isinstance(error, OSError):
            return
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise RunFailed(
                f'the disk that holds "{self.path.parent}" is full',
                "Free some space and run the same command again: it goes on where it was.",
            ) from error
        raise RunFailed(
            f'"{self.path}" cannot be written: {error.strerror}', "Choose another folder with --runs."
        ) from error


def mend(path: Path) -> None:
    """Cut off a last line that a crash left unfinished; everything before it is whole."""
    if not path.exists():
        return
    with path.open("rb+") as file:
        size = file.seek(0, os.SEEK_END)
        if size == 0:
            return
        back = min(size, 1 << 20)
        file.seek(size - back)
        tail = file.read(back)
        if not tail.endswith(b"\n"):
            file.truncate(size - back + tail.rfind(b"\n") + 1)


def read(path: Path) -> Iterator[Mapping[str, Any]]:
    """The events of a journal, oldest first."""
    if not path.exists():
        return
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.endswith("\n"):
                yield json.loads(line)


def results(runs: Path, own: Path) -> dict[str, Mapping[str, Any]]:
    """Every engine result in the journals of a folder of runs, by its key. Those of the run's own folder go
    before others, and later ones before earlier: what was made anew counts from then on."""
    found: dict[str, Mapping[str, Any]] = {}
    for path in sorted(runs.glob(f"*/{NAME}"), key=lambda path: (path.parent == own, path)):
        for event in read(path):
            if event["event"] == "result":
                found[event["key"]] = event["result"]
    return found


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is there whole or not at all: write aside, flush to disk, rename."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    with disk_errors(path):
        try:
            with aside.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
