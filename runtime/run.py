"""Run a plan: bind, execute, write datasets, and last of all the manifest. Its existence means done."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from compiler.plan.hashing import hashes
from compiler.plan.model import PlanFile
from runtime import datasets, journal
from runtime.bind import bind, prove
from runtime.failures import RunFailed, RunStopped
from runtime.folders import MANIFEST, PLAN, run_folder
from runtime.item_scores import write_scores
from runtime.journal import Journal, disk_errors, write_whole
from runtime.manifest import closing_lines, manifest_json
from runtime.progress import Listener
from runtime.scheduler import execute
from runtime.work import Work


@dataclass(frozen=True, slots=True)
class RunSummary:
    """`lines` are for the terminal; `stopped` says why a gate or the certificate ended the run early."""

    folder: Path
    lines: tuple[str, ...]
    stopped: str | None = None


def run(plan: PlanFile, runs: Path, listener: Listener) -> RunSummary:
    """Run the plan in its folder below `runs`, going on where an earlier run of it was stopped.

    Raises RunStopped and RunFailed, both after what is known so far has been written.
    """
    if hashes(plan.method, plan.binding) != plan.hashes:
        raise RunFailed(
            "the plan does not have the hash that it names", "Compile it anew: plans are not edited."
        )
    folder = run_folder(plan, runs)
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        write_whole(folder / PLAN, plan.model_dump_json(indent=1))
        (folder / MANIFEST).unlink(missing_ok=True)
        known = journal.results(runs)
        with Journal(folder) as log:
            log.append("run", plan=plan.hashes.plan, method=plan.hashes.method, seed=plan.binding.seed)
            work = bind(plan, folder, log, known, listener)
            work.interventions += _restarts(log)
            try:
                prove(work)
                execute(work)
            except RunStopped as stopped:
                _finish(work, str(stopped))
                raise
            finally:
                work.engine.close()
            _finish(work, None)
    return RunSummary(folder, closing_lines(work))


def _finish(work: Work, stopped: str | None) -> None:
    files = {
        id: datasets.write(work.folder / "datasets", id, records)
        for id, records in sorted(work.records.items())
    }
    write_scores(work)
    write_whole(work.folder / MANIFEST, manifest_json(work, files, stopped))
    work.journal.append("done" if stopped is None else "stopped", reason=stopped)


def _restarts(log: Journal) -> list[str]:
    """Every time that a person started this run again after it had begun."""
    log.sync()
    return [str(event["at"]) for event in journal.read(log.path) if event["event"] == "run"][1:]


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two runs of one plan at once would write one journal; the second is refused."""
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunFailed(
                f'this plan is already running in "{folder}"', "Wait for it, or stop it."
            ) from None
        yield
