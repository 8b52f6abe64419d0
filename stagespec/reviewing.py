"""`stagespec review RUN STEP`: show what waits to be looked at, or store a person's answer."""

from __future__ import annotations

import json
from pathlib import Path

import click

from runtime.steps.review import answer


def answer_or_show(run_folder: Path, step: str, opens: bool | None, why: str) -> str:
    """The question and its records, or a sentence that the answer is stored. Wrong use is a UsageError."""
    place = run_folder / "reviews" / step
    if not (place / "question.json").exists():
        waiting = sorted(path.name for path in (run_folder / "reviews").glob("*"))
        hint = f"; {', '.join(waiting)} is" if waiting else ""
        raise click.UsageError(f'no review "{step}" waits in {run_folder}{hint}')
    if opens is None:
        return _shown(place)
    try:
        answer(run_folder, step, opens, why)
    except ValueError as reason:
        raise click.UsageError(f"{reason}: --why TEXT") from None
    return f"stored: {step} is {'open' if opens else 'closed'}. Run the same plan again to go on."


def _shown(place: Path) -> str:
    question = json.loads((place / "question.json").read_text(encoding="utf-8"))["question"]
    lines = [question, ""]
    for line in (place / "records.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        lines.append(record.pop("id"))
        lines += [f"  {name}: {value}" for name, value in record.items()]
    return "\n".join(lines)
