"""The plan of a spec in which nothing has changed since it was last compiled, from the user's cache.

What a plan depends on is the compiler, the words with which it was asked for, and the texts that it was
made from, so it is kept with the hash of each of them. One entry for each way of asking, so that the cache
does not grow with each edit. Only what compiled without an error is kept. Without a cache every plan is made
each time.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import sys
from collections.abc import Mapping
from pathlib import Path

from compiler import VERSION
from compiler.cached import cache_folder, code_stamp, keep
from compiler.diagnostics import Diagnostics
from compiler.frozen import Frozen
from compiler.plan.model import PlanFile
from compiler.source import MAX_DATA_BYTES, read_text, sha256


class Asked(Frozen):
    """For what a plan is asked: the entry file as it is named, the profile unless it is left to choose, the
    seed, and a mark that changes with what earlier runs have measured."""

    spec: str
    profile: str | None
    seed: int | None
    measured: str


class Kept(Frozen):
    """`read` are hashes of the texts by path, None for a file that was looked for and not there; `profiles`
    are the names among which one was chosen."""

    read: Mapping[str, str | None]
    profiles: tuple[str, ...]
    plan: PlanFile


def kept_plan(asked: Asked) -> Kept | None:
    """What was kept, if it is what compiling would give."""
    path = _path(asked)
    if path is None:
        return None
    try:
        content = path.read_bytes()
        key = _key(asked)
        kept = pickle.loads(content[len(key) :]) if content[: len(key)] == key else None
    except Exception:  # absent, cut short, of other hands: whatever it is, the spec can be compiled
        return None
    return kept if isinstance(kept, Kept) and all(map(_unchanged, kept.read, kept.read.values())) else None


def keep_plan(asked: Asked, kept: Kept) -> None:
    keep(_key(asked) + pickle.dumps(kept, pickle.HIGHEST_PROTOCOL), _path(asked))


def _path(asked: Asked) -> Path | None:
    """Places in a plan bear the name under which the file was asked for, from where one stands."""
    folder = cache_folder()
    try:
        here = os.getcwd()
    except OSError:  # it was taken away
        return None
    words = f"{here}\0{asked.spec}\0{asked.profile}\0{asked.seed}"
    return folder / "plans" / hashlib.sha256(os.fsencode(words)).hexdigest()[:32] if folder else None


def _key(asked: Asked) -> bytes:
    return hashlib.sha256("\0".join([VERSION, code_stamp(), sys.version, asked.measured]).encode()).digest()


def _unchanged(path: str, hash: str | None) -> bool:
    if hash is None:
        return not os.path.lexists(path)
    text = read_text(Path(path), path, MAX_DATA_BYTES, Diagnostics())
    return text is not None and sha256(text) == hash
