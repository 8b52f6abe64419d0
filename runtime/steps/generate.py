"""Generate: a source that writes lists in rounds, or one completion for each record."""

from __future__ import annotations

import re
from math import ceil

from compiler.plan.model import ITEMS_PER_LIST, Generate
from runtime.engines.protocol import Completion, Draw, Request
from runtime.identity import seed
from runtime.records import Record
from runtime.work import Work

NUMBERED = re.compile(r"^\s*(\d{1,3})[.)]\s+(.*\S)\s*$")


def prompts_in_round(step: Generate, work: Work, round: int) -> int:
    """How many prompts a source is given in a round: the pilot in round 0, then as many as what was kept
    so far says are needed, within a tenth and ten times the pilot. Follows from results, not from time."""
    assert step.pilot_items is not None
    pilot = max(1, ceil(step.pilot_items / (ITEMS_PER_LIST if step.parse == "numbered_list" else 1)))
    if round == 0:
        return pilot
    counts = work.binding.counts[step.id]
    target = work.records.get(str(step.until_step))
    kept = len(target.kept) if target else 0
    asked: int = sum(work.outcomes.get(f"{step.id}/prompts", [pilot]))
    per_prompt = max(kept, 1) / asked
    wanted = ceil(1.15 * (counts.until_kept - kept) / per_prompt)
    return min(max(wanted, ceil(pilot / 10)), 10 * pilot)


def write(step: Generate, work: Work, round: int) -> None:
    """One round of a source: prompts, completions, items."""
    count = prompts_in_round(step, work, round)
    work.outcomes.setdefault(f"{step.id}/prompts", []).append(count)
    requests = [
        _request(step, work, f"r{round}/{i}", work.render(step.prompt, {}, round, i), f"{round}/{i}")
        for i in range(count)
    ]
    answers = work.complete(f"{step.id.rpartition('.')[2]}, round {round}", f"{step.id}/{round}", requests)
    kept: list[Record] = []
    for request in requests:
        answer = answers[request.id]
        items = numbered_items(answer) if step.parse == "numbered_list" else [answer.text.strip()]
        for position, item in enumerate(items):
            columns = (
                {step.into: item} if step.parse != "text" else {step.into: item, "finish": answer.finish}
            )
            kept.append(Record(f"{request.id}/{position}", round, len(kept), columns))
    work.keep(step.id, kept, ())


def complete(step: Generate, work: Work, records: list[Record]) -> None:
    """One completion for each record. The text is as the model wrote it; rules clean it later."""
    requests = [_request(step, work, r.id, work.render(step.prompt, r.columns, r.id), "0") for r in records]
    answers = work.complete(step.id.rpartition(".")[2], step.id, requests)
    kept = [
        record.with_columns(**{step.into: answers[record.id].text, "finish": answers[record.id].finish})
        for record in records
    ]
    work.keep(step.id, kept, ())


def _request(step: Generate, work: Work, id: str, prompt: str, draw: str) -> Request:
    ids = work.tokens.prompt_ids(prompt)
    sampling = step.sampling
    adapter = work.adapter(step.model)
    return Request(
        id=id,
        prompt_ids=ids,
        task=Draw(
            max_tokens=sampling.max_tokens,
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            top_k=sampling.top_k,
            repetition_penalty=sampling.repetition_penalty,
            stop=work.method.prompts[step.prompt.prompt].stop,
            seed=seed(work.binding.seed, list(ids), sampling.model_dump(), draw),
        ),
        adapter=str(adapter.folder) if adapter else None,
    )


def numbered_items(completion: Completion) -> list[str]:
    """The items of a list that the prompt began: the first line continues the prompt's last number.

    Ends where the numbering ends. The last item is dropped when the completion ran into its limit, since
    it may be cut off.
    """
    items: list[str] = []
    last: int | None = None
    for position, line in enumerate(completion.text.split("\n")):
        if not line.strip():
            if items:
                break
            continue
        match = NUMBERED.match(line)
        if match is None:
            if position > 0 or items:
                break
            items.append(line.strip())
        else:
            number = int(match.group(1))
            if last is not None and number != last + 1:
                break
            last = number
            items.append(match.group(2).strip())
    return items[:-1] if completion.finish == "length" else items
