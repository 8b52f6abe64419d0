"""Trees of files that have not changed since they were last read, from the user's cache.

One entry for each file, so that the cache does not grow with each edit. Only trees of files in which
nothing was wrong are kept, so no diagnostic is lost. Without a cache every file is parsed each time.
"""

from __future__ import annotations

import hashlib
import pickle
import sys
from contextlib import suppress
from pathlib import Path

from compiler.cached import cache_folder, code, keep
from compiler.diagnostics import Diagnostics
from compiler.source import Source
from compiler.syntax.parse import parse
from compiler.syntax.tree import File

READ_BY = ("syntax/*.py", "syntax/*.lark", "source.py", "units.py", "diagnostics.py")


def tree_of(source: Source, found: Diagnostics) -> File:
    """The file's tree, as `parse` gives it."""
    path = _path(source)
    key = hashlib.sha256("\0".join([code(READ_BY), sys.version, source.text]).encode()).digest()
    file = _kept(path, key)
    if file is not None:
        return file
    said = Diagnostics()  # apart, so that it shows whether this file is sound
    file = parse(source, said)
    if not said.items and not file.damaged:
        with suppress(RecursionError):  # nested too deeply to be written
            keep(key + pickle.dumps(file, pickle.HIGHEST_PROTOCOL), path)
    found.items += [item for item in said.items if item not in found.items]
    return file


def _path(source: Source) -> Path | None:
    """Places in a tree bear the name under which the file was asked for."""
    folder = cache_folder()
    name = hashlib.sha256(f"{source.path}\0{source.name}".encode(errors="surrogatepass")).hexdigest()[:32]
    return folder / "trees" / name if folder else None


def _kept(path: Path | None, key: bytes) -> File | None:
    if path is None:
        return None
    try:
        content = path.read_bytes()
        if content[: len(key)] != key:
            return None
        file = pickle.loads(content[len(key) :])
    except Exception:  # absent, cut short, of other hands: whatever it is, the file can be parsed
        return None
    return file if isinstance(file, File) else None
