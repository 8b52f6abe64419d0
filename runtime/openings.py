"""How often a sealed test set was opened. Each plan that looks at it is one more chance for luck to look
like a finding, so the next one has less of alpha to spend."""

from __future__ import annotations

from pathlib import Path

from compiler.plan.model import Evaluate
from runtime import journal
from runtime.work import Work


def open_sets(step: Evaluate, work: Work) -> int:
    """Journal that a step opens its test sets; returns how many other plans of this runs folder had opened
    one of them before this plan did: of the one that most had.

    What came after does not count, so a plan that is run again says the same. Of a mock's answers nothing can
    be learnt: it opens nothing. Dev sets are there to be looked at.
    """
    datasets = [work.method.datasets[name] for name in step.items]
    sealed = [dataset.sha256 for dataset in datasets if dataset.split == "test"]
    if not sealed or work.binding.engine == "mock":
        return 0
    for sha256 in sealed:
        work.journal.append("opened", sha256=sha256, plan=work.plan.hashes.plan, step=step.id)
    work.journal.sync()  # before looking, so that of two plans at work at once one sees the other
    runs = work.folder.parent
    return max(opened_before(runs, sha256, work.plan.hashes.plan) for sha256 in sealed)


def opened_before(runs: Path, sha256: str, plan: str) -> int:
    """How many other plans opened a set before `plan` did first; all of them, where it has not."""
    first: dict[str, str] = {}
    for path in sorted(runs.glob(f"*/{journal.NAME}")):
        for event in journal.read(path):
            if event["event"] == "opened" and event["sha256"] == sha256:
                by, at = str(event["plan"]), str(event["at"])
                first[by] = min(at, first.get(by, at))
    own = first.get(plan)
    return sum(by != plan and (own is None or (at, by) < (own, plan)) for by, at in first.items())
