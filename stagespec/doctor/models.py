"""The models that a profile binds: here, or to be had."""

from __future__ import annotations

from collections.abc import Iterator

from runtime.failures import RunFailed
from runtime.models.presence import presence, prove_reachable
from stagespec.doctor.finding import Case, Finding

ANSWER_S = 10.0


def check_models(case: Case) -> Iterator[Finding]:
    """Each model's files are all here; one that is not is fetched when a run begins."""
    for name, bound in case.models.items():
        found = presence(name, bound, case.cache)
        what = f"model {name}"
        if found.here:
            yield Finding(what, "ok", found.said)
        elif found.damage is not None:
            todo = found.damage.help or "Copy the whole model there."
            if found.fetchable:
                todo = "Delete that folder: it is fetched and made again."
            yield Finding(what, "error", str(found.damage), todo)
        else:
            todo = "Nothing, if it may be fetched when the run begins; `stagespec lock` fetches it now."
            yield Finding(what, "warning", f"{found.said} is not here yet", todo)


def check_network(case: Case) -> Iterator[Finding]:
    """What is not here can be had: its source answers, and knows it. Asked only where it is needed."""
    for name, bound in case.models.items():
        found = presence(name, bound, case.cache)
        if found.here or not found.fetchable:
            continue
        what = f"network for {name}"
        try:
            prove_reachable(name, bound, ANSWER_S)
        except RunFailed as failed:
            yield Finding(what, "error", str(failed), failed.help)
        else:
            yield Finding(what, "ok", f"{found.said} can be had")
