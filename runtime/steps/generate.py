"""Generate: a source that writes in rounds, or one completion (or several drafts) for each record."""

from __future__ import annotations

from math import ceil
from typing import Any

from compiler.plan.model import ITEMS_PER_LIST, LATER_ROUND, Generate, Quality
from runtime.identity import sample
from runtime.records import Record, Rejected
from runtime.steps.completing import drawing
from runtime.steps.parsing import UNPARSED, columns_of
from runtime.work import Work


def prompts_in_round(step: Generate, work: Work, round: int) -> int:
    """How many prompts a source is given in a round: the pilot in round 0, and again while a gate on it may
    be asked again; then as many as what was kept so far says are needed, within a tenth and ten times the
    pilot. Follows from results, not from time."""
    assert step.pilot_items is not None
    pilot = max(1, ceil(step.pilot_items / (ITEMS_PER_LIST if step.parse == "numbered_list" else 1)))
    if round == 0 or _asked_again(step, work, round):
        return pilot
    counts = work.binding.counts[step.id]
    target = work.records.get(str(step.until_step))
    kept = len(target.kept) if target else 0
    asked: int = sum(work.outcomes.get(f"{step.id}/prompts", [pilot]))
    per_prompt = max(kept, 1) / asked
    wanted = ceil(1.15 * (counts.until_kept - kept) / per_prompt)
    return min(max(wanted, ceil(pilot / 10)), LATER_ROUND * pilot)


def _asked_again(step: Generate, work: Work, round: int) -> bool:
    """Whether a gate on the pilot is closed and may be asked again of this round."""
    stage = next(stage for stage in work.method.stages if step in stage.steps)
    gates = [gate for gate in stage.steps if isinstance(gate, Quality) and gate.retries]
    return any(
        gate.round < round <= gate.round + gate.retries and not work.outcomes[gate.id].open
        for gate in gates
        if gate.id in work.outcomes
    )


def write(step: Generate, work: Work, round: int) -> None:
    """One round of a source: prompts, completions, items."""
    count = prompts_in_round(step, work, round)
    asked = work.outcomes.setdefault(f"{step.id}/prompts", [])
    subjects = _subjects(step, work, sum(asked), count)
    asked.append(count)
    requests = [
        drawing(
            work,
            f"r{round}/{i}",
            step.model,
            step.prompt,
            work.render(step.prompt, about, round, i),
            step.sampling,
            f"{round}/{i}",
        )
        for i, about in enumerate(subjects)
    ]
    answers = work.complete(f"{step.id.rpartition('.')[2]}, round {round}", f"{step.id}/{round}", requests)
    kept: list[Record] = []
    rejected: list[Rejected] = []
    for request, about in zip(requests, subjects, strict=True):
        answer = answers[request.id]
        end = {step.finish: answer.finish} if step.finish else {}
        items = columns_of(step, answer)
        if items is None:
            raw = {**about, step.into: answer.text, **end}
            rejected.append(Rejected(Record(request.id, round, len(kept) + len(rejected), raw), UNPARSED))
            continue
        for position, item in enumerate(items):
            text = {step.into: answer.text.strip()} if step.parse == "text" else item
            columns = {**about, **text, **end}
            id = f"{request.id}/{position}"
            kept.append(Record(id, round, len(kept) + len(rejected), columns))
    work.keep(step.id, kept, rejected)


def _subjects(step: Generate, work: Work, asked: int, count: int) -> list[dict[str, Any]]:
    """What each prompt of a round is about: the data's records in an order by hash, one after the other,
    from the beginning again when all were used."""
    if step.about is None:
        return [{}] * count
    rows = work.data[step.about]
    order = sample(list(rows), len(rows), work.binding.seed, "about", step.about)
    columns = work.method.datasets[step.about].columns
    chosen = [order[(asked + i) % len(order)] for i in range(count)]
    return [{column: row[column] for column in columns} for row in chosen]


def complete(step: Generate, work: Work, records: list[Record]) -> None:
    """One completion, or several drafts, for each record. The text is as the model wrote it; rules clean it
    later. Drafts of a record have its id and a number."""
    pairs = [(record, draft) for record in records for draft in range(step.drafts)]
    requests = [
        drawing(
            work,
            _draft_id(step, record, draft),
            step.model,
            step.prompt,
            work.render(step.prompt, record.columns, record.id),
            step.sampling,
            str(draft),
        )
        for record, draft in pairs
    ]
    answers = work.complete(step.id.rpartition(".")[2], step.id, requests)
    kept: list[Record] = []
    rejected: list[Rejected] = []
    for (record, draft), request in zip(pairs, requests, strict=True):
        answer = answers[request.id]
        items = columns_of(step, answer)
        made = items[0] if items else {step.into: answer.text}
        index = record.index * step.drafts + draft
        columns = {**record.columns, **made, step.finish: answer.finish}
        one = Record(request.id, record.round, index, columns)
        if items:
            kept.append(one)
        else:
            rejected.append(Rejected(one, UNPARSED))
    work.keep(step.id, kept, rejected)


def _draft_id(step: Generate, record: Record, draft: int) -> str:
    return f"{record.id}/{draft}" if step.drafts > 1 else record.id
