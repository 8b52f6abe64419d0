"""What every number about models rests on, item by item: answers as they were written, and critics' scores.

One file for each evaluation, one line for each of its items; and one for each use of a critic, one line for
each labelled example. Whoever has the plan beside them can work out every rate, interval and p value anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from compiler.plan.model import Evaluate
from runtime.journal import disk_errors, write_whole
from runtime.measured import Measured
from runtime.steps.evaluate import Answer, Evaluation, held_out_items, judged_items
from runtime.work import Work

FOLDER = "scores"
_OF_ANSWER = ("raw", "text", "sink", "finish", "passed", "passed_raw")


def evaluation_file(step_id: str) -> str:
    return f"{FOLDER}/{step_id}.jsonl"


def labels_file(use: str) -> str:
    """Of one use of a critic, by its key (see `rulings.critics_of`)."""
    return f"{FOLDER}/{use}.labelled.jsonl"


def write_scores(work: Work) -> None:
    """Write all that a run has so far into its folder."""
    with disk_errors(work.folder / FOLDER):
        (work.folder / FOLDER).mkdir(exist_ok=True)
    for id, outcome in work.outcomes.items():
        if isinstance(outcome, Evaluation):
            write_whole(work.folder / evaluation_file(id), _lines(_rows(outcome)))
    for use, by_method in work.label_scores.items():
        rows = [{"scores": list(scores)} for scores in zip(*by_method, strict=True)]
        write_whole(work.folder / labels_file(use), _lines(rows))


def _rows(outcome: Evaluation) -> list[dict[str, Any]]:
    """An item's row: each arm's answer, with what critics gave it under `scores`."""
    rows: dict[str, dict[str, Any]] = {}
    for arm, answers in outcome.arms.items():
        for answer in answers:
            told = {name: getattr(answer, name) for name in _OF_ANSWER}
            scores = {
                name: by_arm[arm][answer.item]
                for name, by_arm in outcome.values.items()
                if answer.item in by_arm[arm]
            }
            row = rows.setdefault(answer.item, {"item": answer.item, "arms": {}})
            row["arms"][arm] = {**told, "scores": scores}
    return list(rows.values())


def _lines(rows: Iterable[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n" for row in rows)


def read_evaluation(step: Evaluate, path: Path, work: Measured) -> Evaluation:
    """The answers and critics' scores of a file, without what follows from them: what critics accept, and the
    verdict. Raises KeyError for an item that is none of the step's, and for a row that lacks something."""
    items = {str(item["id"]): item for item in held_out_items(step, work)}
    rows = _read(path)
    arms = {
        name: [_answer(items[row["item"]], row["arms"][name]) for row in rows if name in row["arms"]]
        for name in step.arms
    }
    run = {name: answers for name, answers in arms.items() if answers}
    told = {row["item"]: row["arms"] for row in rows}
    judged = {name: judged_items(step, name, list(items.values()), work) for name in step.critics}
    values = {
        critic: {
            name: {a.item: told[a.item][name]["scores"][critic] for a in many if a.item in judged[critic]}
            for name, many in run.items()
        }
        for critic in step.critics
    }
    return Evaluation(run, None, {}, step.score, values)


def _answer(item: Mapping[str, Any], told: Mapping[str, Any]) -> Answer:
    return Answer(
        item=str(item["id"]),
        items=str(item["drawn by"][0]),
        type=str(item.get("type", "all")),
        **{name: told[name] for name in _OF_ANSWER},
    )


def read_labels(path: Path) -> tuple[Sequence[float], ...]:
    """One sequence for each method, over the labelled examples in their order."""
    return tuple(zip(*(row["scores"] for row in _read(path)), strict=True))


def _read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
