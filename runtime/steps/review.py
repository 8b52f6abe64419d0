"""Review: a gate that a person or a command opens. Silence, an empty answer and an error keep it closed."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from compiler.plan.model import Review
from runtime.failures import RunStopped
from runtime.identity import sample
from runtime.journal import write_whole
from runtime.progress import Said
from runtime.results import GateOutcome, Ruled
from runtime.work import Work

OPEN, CLOSED = "open", "closed"
COMMAND_SECONDS = 3600


def review(step: Review, work: Work) -> None:
    """Write out the records, and take the answer for exactly these records: other records need another.

    A person answers with `stagespec review`; until then the run stops here. A rehearsal goes on, closed.
    """
    folder = work.folder / "reviews" / step.id
    shown = _shown(step, work)
    write_whole(_made(folder) / "records.jsonl", shown)
    asked = {"question": step.question, "items": step.items, "step": step.id}
    write_whole(folder / "question.json", json.dumps(asked, indent=1, ensure_ascii=False))
    ruled = _by_command(step, folder) if step.by == "command" else _by_person(folder, shown)
    if ruled is None and not work.binding.rehearsal:
        raise RunStopped(
            f"{step.id} waits for a person: {step.question}",
            f'Look at "{folder / "records.jsonl"}", then answer: stagespec review "{work.folder}" '
            f"{step.id} --open (or --closed) --why TEXT",
        )
    ruled = ruled or Ruled(step.question, False, "nobody has answered")
    work.decide(step.id, GateOutcome((ruled,)), open=ruled.holds, ruled=[{"text": ruled.text}])
    if step.by == "person" and ruled.measured != "nobody has answered":
        work.interventions.append(f"{step.id}: {ruled.measured}")
    state = "open" if ruled.holds else "CLOSED"
    work.listener(Said(f"review {step.id} {state}: {ruled.measured}", "note" if ruled.holds else "warning"))


def answer(folder: Path, step_id: str, is_open: bool, why: str) -> None:
    """Store a person's answer to the records that the run has written out.

    Raises FileNotFoundError where nothing waits under this name, ValueError where the answer is empty.
    """
    if not why.strip():
        raise ValueError("an empty review is no approval: say why")
    place = folder / "reviews" / step_id
    shown = (place / "records.jsonl").read_text(encoding="utf-8")
    content = {"answer": OPEN if is_open else CLOSED, "why": why.strip(), "records": shown}
    write_whole(place / "answer.json", json.dumps(content, ensure_ascii=False))


def _by_person(folder: Path, shown: str) -> Ruled | None:
    """The answer, if there is one and it is to these records."""
    try:
        given: Any = json.loads((folder / "answer.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(given, dict) or given.get("records") != shown or not str(given.get("why", "")).strip():
        return None
    return Ruled("a person's review", given.get("answer") == OPEN, str(given["why"]))


def _by_command(step: Review, folder: Path) -> Ruled:
    """The command is given the file's path and must say why it opens: an exit status of 0 and no word is no
    approval."""
    text = " ".join(step.command)
    try:
        done = subprocess.run(
            [*step.command, str(folder / "records.jsonl")],
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Ruled(text, False, f"could not be run: {error}")
    said = done.stdout.strip()
    if done.returncode != 0:
        return Ruled(text, False, f"ended with status {done.returncode}")
    return Ruled(text, bool(said), said.splitlines()[0] if said else "said nothing")


def _shown(step: Review, work: Work) -> str:
    """Records as lines of JSON, drawn by a hash."""
    records = {record.id: record for record in work.records[step.source].kept}
    chosen = sample(list(records), step.items, work.binding.seed, "review", step.id)
    rows = [{"id": id, **records[id].columns} for id in chosen]
    return "".join(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n" for row in rows)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
