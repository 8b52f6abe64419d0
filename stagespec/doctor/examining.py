"""All checks, one after the other, each within its time."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread

from stagespec.doctor.disk import check_cache, check_clock, check_quota, check_room, check_write_speed
from stagespec.doctor.finding import Case, Check, Finding
from stagespec.doctor.gpu import TORCH_S, check_gpu, check_torch_sees_it
from stagespec.doctor.libraries import check_libraries
from stagespec.doctor.models import check_models, check_network

# A check, what it is called when it says nothing, and how long it may take, in seconds.
CHECKS: tuple[tuple[Check, str, float], ...] = (
    (check_libraries, "libraries", 20),
    (check_gpu, "GPU", 20),
    (check_torch_sees_it, "torch", TORCH_S + 10),
    (check_cache, "cache", 20),
    (check_room, "disk", 20),
    (check_quota, "quota", 30),
    (check_write_speed, "write speed", 30),
    (check_models, "models", 60),
    (check_network, "network", 120),
    (check_clock, "clock", 10),
)


def examine(case: Case) -> Iterator[Finding]:
    """What each check finds, in their order. One that takes too long or fails itself is an error."""
    for check, what, limit_s in CHECKS:
        yield from _in_time(check, what, limit_s, case)


def _in_time(check: Check, what: str, limit_s: float, case: Case) -> list[Finding]:
    """In a thread of its own, which is left behind where a disk or a driver hangs: nothing else ends it."""
    found: list[Finding] = []

    def run() -> None:
        try:
            found.extend(check(case))
        except Exception as error:
            reason = f"it could not be looked at: {type(error).__name__}: {error}"
            found.append(Finding(what, "error", reason, "Mend this first: it may hide something else."))

    thread = Thread(target=run, name=what, daemon=True)
    thread.start()
    thread.join(limit_s)
    if thread.is_alive():
        return [
            Finding(what, "error", f"no answer within {limit_s:g} s", "Something hangs: look at it by hand.")
        ]
    return found
