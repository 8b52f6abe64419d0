"""Converse: two models talk, turn by turn, each shown what was said so far."""

from __future__ import annotations

from typing import Any

from compiler.plan.model import Converse, Speaker
from runtime.engines.protocol import Completion
from runtime.identity import seed
from runtime.records import Record, Rejected
from runtime.steps.completing import completions
from runtime.work import Work

EMPTY = "empty"
Turn = dict[str, str]


def converse(step: Converse, work: Work, records: list[Record]) -> None:
    """All conversations go on together, so that each turn is one batch.

    While the assistant answers, the last of the turns holds the user's words and an empty reply; while the
    user speaks, all turns are whole. A conversation in which somebody says nothing goes to the sink empty.
    """
    turns: dict[str, list[Turn]] = {
        record.id: [{"user": str(record.columns[step.opening]), "assistant": ""}] for record in records
    }
    lengths = {record.id: _length(step, work, record) for record in records}
    going, silent = list(records), list[Record]()
    ended: set[str] = set()
    last: dict[str, Completion] = {}
    for number in range(step.turns):
        if number:
            said = _said(step, work, step.user, f"user, turn {number + 1}", going, turns)
            going, more = _speaking(going, said)
            silent += more
            for record in going:
                turns[record.id].append({"user": _line(said[record.id]), "assistant": ""})
        last |= _said(step, work, step.assistant, f"assistant, turn {number + 1}", going, turns)
        going, more = _speaking(going, last)
        silent += more
        ended |= {record.id for record in going if lengths[record.id] == number + 1}
        going = [record for record in going if record.id not in ended]
        for record in going:
            turns[record.id][-1]["assistant"] = _line(last[record.id])
    kept = [_record(step, record, turns, last[record.id]) for record in records if record.id in ended]
    gone = [
        Rejected(record.with_columns(turns=turns[record.id], **{step.into: "", step.finish: "eos"}), EMPTY)
        for record in silent
    ]
    work.keep(step.id, kept, gone)


def _length(step: Converse, work: Work, record: Record) -> int:
    """How many turns a record's conversation has, drawn by a hash of the record."""
    least = step.turns if step.least_turns is None else step.least_turns
    return least + seed(work.binding.seed, "turns", step.id, record.id) % (step.turns - least + 1)


def _record(step: Converse, record: Record, turns: dict[str, list[Turn]], last: Completion) -> Record:
    said: dict[str, Any] = {"turns": turns[record.id], step.into: last.text, step.finish: last.finish}
    return record.with_columns(**said)


def _said(
    step: Converse,
    work: Work,
    speaker: Speaker,
    title: str,
    records: list[Record],
    turns: dict[str, list[Turn]],
) -> dict[str, Completion]:
    rows = [(record.id, {**record.columns, "turns": turns[record.id]}) for record in records]
    answers = completions(work, step.id, speaker.model, speaker.prompt, step.sampling, rows, title)
    return {record.id: answer for record, answer in zip(records, answers, strict=True)}


def _speaking(records: list[Record], said: dict[str, Completion]) -> tuple[list[Record], list[Record]]:
    speaking = [record for record in records if _line(said[record.id])]
    return speaking, [record for record in records if not _line(said[record.id])]


def _line(completion: Completion) -> str:
    return completion.text.strip()
