"""Run a plan: bind, execute, write datasets, and last of all the manifest. Its existence means done."""

from __future__ import annotations

import fcntl
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from compiler.plan.hashing import hashes
from compiler.plan.model import PlanFile
from compiler.plan.reading import text_of
from compiler.plan.selection import Selection, everything
from runtime import datasets, forking, journal
from runtime.bind import bind, prove
from runtime.closing import closing_lines
from runtime.failures import RunFailed, RunStopped
from runtime.folders import MANIFEST, PLAN, run_folder
from runtime.item_scores import write_scores
from runtime.journal import Journal, disk_errors, write_whole
from runtime.manifest import manifest_json
from runtime.progress import Listener
from runtime.recall import refuse_missing
from runtime.scheduler import execute
from runtime.work import TALLIED, Work


@dataclass(frozen=True, slots=True)
class RunSummary:
    """`lines` are for the terminal; the last of an incomplete run's says what was left out."""

    folder: Path
    lines: tuple[str, ...]


def run(
    plan: PlanFile,
    runs: Path,
    listener: Listener,
    selection: Selection | None = None,
    tensorboard: bool = False,
) -> RunSummary:
    """Run the plan, or the part of it that is selected, in its folder below `runs`, going on where an earlier
    run of it was stopped. With `tensorboard` what a training measures at each step also goes to that folder
    of the run's.

    Raises RunStopped and RunFailed, both after what is known so far has been written; ResultsMissing, before
    anything is made, where a part is selected and what it rests on is not there.
    """
    if hashes(plan.method, plan.binding) != plan.hashes:
        raise RunFailed(
            "the plan does not have the hash that it names", "Compile it anew: plans are not edited."
        )
    if tensorboard and find_spec("tensorboard") is None:
        raise RunFailed(
            "TensorBoard is not installed here.", "Install it: pip install stagespec[tensorboard]."
        )
    if any(step.kind == "train" for stage in plan.method.stages for step in stage.steps):
        forking.prepare()
    folder = run_folder(plan, runs)
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        write_whole(folder / PLAN, text_of(plan))
        known = journal.results(runs, folder)
        with Journal(folder) as log:
            began = time.monotonic()
            work = bind(plan, folder, log, known, listener, selection or everything(plan.method))
            work.tensorboard = tensorboard
            work.around_seconds["start"] = time.monotonic() - began
            try:
                refuse_missing(work)
                _begin(work)
                began = time.monotonic()
                prove(work)
                work.around_seconds["proof"] = time.monotonic() - began
                execute(work)
            except RunStopped as stopped:
                _finish(work, str(stopped))
                raise
            finally:
                work.engine.close()
            left_out = _left_out(work)
            _finish(work, left_out, by_choice=left_out is not None)
    return RunSummary(folder, (*closing_lines(work), *([f"incomplete: {left_out}"] if left_out else ())))


def _begin(work: Work) -> None:
    """From here on the folder holds a run that has not ended."""
    (work.folder / MANIFEST).unlink(missing_ok=True)
    hashed = work.plan.hashes
    asked = {"asked": work.selection.asked} if work.selection.asked else {}
    work.journal.append(
        "run",
        plan=hashed.plan,
        method=hashed.method,
        seed=work.binding.seed,
        start_seconds=round(work.around_seconds["start"], 3),
        **asked,
    )
    _recall(work)


def _left_out(work: Work) -> str | None:
    """How much a run that was asked for a part of the plan has left out; None where that is nothing."""
    left, steps = len(work.not_run), sum(len(stage.steps) for stage in work.method.stages)
    if not left:
        return None
    return f"{left} of {steps} steps were not run, since only a part was asked for ({work.selection.asked})"


def _finish(work: Work, stopped: str | None, by_choice: bool = False) -> None:
    began = time.monotonic()
    files = {
        id: datasets.write(work.folder / "datasets", id, records)
        for id, records in sorted(work.records.items())
    }
    write_scores(work)
    work.around_seconds["end"] = time.monotonic() - began
    write_whole(work.folder / MANIFEST, manifest_json(work, files, stopped, by_choice))
    work.journal.append("done" if stopped is None else "stopped", reason=stopped)


def _recall(work: Work) -> None:
    """Every time that a person started this run again after it had begun, what it went on from by itself, how
    long its steps took, and what they asked."""
    work.journal.sync()
    starts: list[str] = []
    for event in journal.read(work.journal.path):
        if event["event"] == "run":
            starts.append(event["at"])
        elif event["event"] == "survived":
            work.survived.append({name: event[name] for name in ("step", "kind", "told")})
        elif event["event"] == "step":
            took = work.seconds_before.get(event["step"], 0.0) + event["seconds"]
            work.seconds_before[event["step"]] = took
            tally = {name: event[name] for name in TALLIED if name in event}
            work.tallies_before.setdefault(event["step"], Counter()).update(tally)
    work.interventions += [f"restarted {at}" for at in starts[1:]]


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
