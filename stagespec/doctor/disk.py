"""The disks that hold runs and models: room, speed, and what one may write; and the clock by its files."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from compiler.estimate.dimensions import dimensions
from runtime import journal
from runtime.models.presence import presence
from stagespec.doctor.finding import Case, Finding, existing

# What a run itself writes: journal, datasets, adapters, checkpoints. A rule of thumb: the mock's run of stage
# 1, half a hundredth of the full one, writes 4 MB, most of it journal.
RUN_BYTES = 1_000_000_000
BYTES_PER_WEIGHT = {"float32": 4, "bf16": 2}
TRIED_BYTES = 32_000_000
SLOW_MB_PER_S = 20.0
CLOCK_SLACK_S = 120.0
TOO_LITTLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
NO_SUCH_CALL = (errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS)


def check_room(case: Case) -> Iterator[Finding]:
    """Each disk has room for what will be written to it: the run, and models that are not here yet."""
    for name in _absent(case):
        if not _weights_bytes(name, case):
            todo = "See that there is room for its weights; `stagespec lock` measures a model."
            yield Finding("disk", "warning", f"how large model {name} is, is not known", todo)
    for folder, needed, told in _needs(case):
        free = shutil.disk_usage(existing(folder)).free
        detail = f"{free / 1e9:.1f} GB free for {told}, {needed / 1e9:.1f} GB wanted"
        if free < needed:
            todo = "Free some space, or name another place: --runs for runs, STAGESPEC_CACHE for models."
            yield Finding("disk", "error", detail, todo)
        else:
            yield Finding("disk", "ok", detail)


def check_quota(case: Case) -> Iterator[Finding]:
    """So much may be written: free space says nothing of a quota, so it is reserved for a moment."""
    for folder, needed, told in _needs(case):
        try:
            with tempfile.TemporaryFile(dir=existing(folder)) as file:
                os.posix_fallocate(file.fileno(), 0, needed)
        except OSError as error:
            if error.errno in TOO_LITTLE:
                detail = f"{needed / 1e9:.1f} GB for {told} are not granted: {error.strerror}"
                yield Finding(
                    "quota", "error", detail, "Raise the quota (or ulimit -f), or use another disk."
                )
            elif error.errno in NO_SUCH_CALL:
                yield Finding(
                    "quota",
                    "warning",
                    f"this disk cannot say whether {needed / 1e9:.1f} GB for {told} may be written",
                    "Ask whoever rents it out what its quota is.",
                )
            else:
                yield _unwritable(folder, error, "quota")
        else:
            yield Finding("quota", "ok", f"{needed / 1e9:.1f} GB for {told} would be granted")


def check_write_speed(case: Case) -> Iterator[Finding]:
    """Runs flush their journal to disk all the time: a slow one holds up everything."""
    block = os.urandom(1_000_000)
    try:
        with tempfile.TemporaryFile(dir=existing(case.runs)) as file:
            began = time.perf_counter()
            for _ in range(TRIED_BYTES // len(block)):
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
            took = time.perf_counter() - began
    except OSError as error:
        yield _unwritable(case.runs, error, "write speed")
        return
    speed = TRIED_BYTES / 1e6 / took
    detail = f"{speed:.0f} MB/s to where runs lie ({TRIED_BYTES / 1e6:.0f} MB, flushed)"
    if speed < SLOW_MB_PER_S:
        yield Finding("write speed", "warning", detail, "Use a local disk: --runs names another place.")
    else:
        yield Finding("write speed", "ok", detail)


def check_cache(case: Case) -> Iterator[Finding]:
    """The folder for models can be made and written."""
    try:
        case.cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=case.cache) as file:
            file.write(b"\0")
    except OSError as error:
        todo = "Set STAGESPEC_CACHE to a folder that you may write to."
        yield Finding("cache", "error", f"it cannot be written: {error.strerror}", todo)
    else:
        yield Finding("cache", "ok", f"{case.cache} can be written")


def check_clock(case: Case) -> Iterator[Finding]:
    """The clock is not behind what was written before: journals order openings of test sets by it."""
    times = {path: path.stat().st_mtime for path in case.runs.glob(f"*/{journal.NAME}")}
    here = Path(__file__)
    times[here] = here.stat().st_mtime
    newest = max(times, key=lambda path: times[path])
    ahead = times[newest] - time.time()
    if ahead > CLOCK_SLACK_S:
        yield Finding(
            "clock",
            "error",
            f'it is {ahead / 60:.0f} min behind: "{newest.parent.name}/{newest.name}" is from later than now',
            "Set the clock (timedatectl set-ntp true), or wait until it is right.",
        )
    else:
        yield Finding("clock", "ok", f"{time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime())} UTC")


def _needs(case: Case) -> Iterator[tuple[Path, int, str]]:
    """Folder, bytes, and what for."""
    yield case.runs, RUN_BYTES, "runs"
    missing = {name: _weights_bytes(name, case) for name in _absent(case)}
    if sum(missing.values()):
        yield case.cache, sum(missing.values()), "models"


def _absent(case: Case) -> list[str]:
    """Roles of a run whose model is to be fetched. A mock, and what is bound alike, is one model."""
    alike = {bound.source: name for name, bound in case.models.items()}
    return [name for name in alike.values() if not presence(name, case.models[name], case.cache).here]


def _weights_bytes(name: str, case: Case) -> int:
    """What a model's weights take on disk; 0 where nothing tells its size."""
    size = dimensions(case.models[name], case.facts.get(name, {}))
    return size.parameters * BYTES_PER_WEIGHT[case.models[name].precision] if size else 0


def _unwritable(folder: Path, error: OSError, what: str) -> Finding:
    todo = "Name a folder that you may write to: --runs for runs, STAGESPEC_CACHE for models."
    return Finding(what, "error", f'"{folder}" cannot be written: {error.strerror}', todo)
