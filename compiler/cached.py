"""The user's own folder for what can be made again, and writing into it so that nobody reads half a file."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from functools import cache
from pathlib import Path


def cache_folder() -> Path | None:
    with suppress(RuntimeError):  # no home folder
        return _below(os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache"))
    return None


@cache
def _below(folder: str) -> Path:
    return Path(folder) / "stagespec"


MOST = 1_000  # entries of a folder


def keep(content: bytes, path: Path | None) -> None:
    """Written beside and moved into place, so that another process never reads half of it. Of a folder that
    has become large, the older half is thrown away."""
    if path is None:
        return
    written = path.with_suffix(f".{os.getpid()}")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        written.write_bytes(content)
        written.replace(path)
        if len(os.listdir(path.parent)) > MOST:
            _thin_out(path.parent)


def _thin_out(folder: Path) -> None:
    times = []
    with os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):  # another process took it away
                if entry.is_file():
                    times.append((entry.stat().st_mtime_ns, entry.path))
    for _, path in sorted(times)[: -MOST // 2]:
        with suppress(OSError):
            os.unlink(path)


@cache
def code(patterns: tuple[str, ...]) -> str:
    """A hash of those of the compiler's files on which something that is kept depends."""
    here = Path(__file__).parent
    paths = sorted({path for pattern in patterns for path in here.glob(pattern)})
    return hashlib.sha256(b"".join(os.fsencode(path.name) + path.read_bytes() for path in paths)).hexdigest()


def code_stamp() -> str:
    """A mark that changes with any of the compiler's files: their sizes and times, by which Python too knows
    whether what it has compiled is still good."""
    here = os.path.dirname(__file__)
    stamps = []
    for folder, folders, names in os.walk(here):
        folders[:] = sorted(set(folders) - {"__pycache__"})
        for name in sorted(names):
            stat = os.stat(os.path.join(folder, name))
            stamps.append(f"{folder}/{name} {stat.st_size} {stat.st_mtime_ns}")
    return hashlib.sha256(os.fsencode("\n".join(stamps))).hexdigest()
