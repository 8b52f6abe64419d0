"""What all steps in which a model writes share: one request for one prompt of one record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from compiler.plan.hashing import plain
from compiler.plan.model import Critique, PromptUse, Revise, Sampling
from runtime.engines.protocol import Completion, Draw, Request
from runtime.identity import seed
from runtime.records import Record
from runtime.work import Work


def drawing(
    work: Work, id: str, model: str, use: PromptUse, text: str, sampling: Sampling, draw: str = "0"
) -> Request:
    """A request for one completion. `draw` tells apart draws from the same prompt; the seed hashes the run's
    seed, the prompt's ids, the sampling and the draw."""
    ids = work.prompt_ids(work.method.prompts[use.prompt].kind, text)
    adapter = work.adapter(model)
    return Request(
        id=id,
        prompt_ids=ids,
        task=Draw(
            max_tokens=sampling.max_tokens,
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            top_k=sampling.top_k,
            repetition_penalty=sampling.repetition_penalty,
            stop=work.method.prompts[use.prompt].stop,
            seed=seed(work.binding.seed, list(ids), plain(sampling), draw),
        ),
        adapter=str(adapter.folder) if adapter else None,
    )


def completions(
    work: Work,
    step_id: str,
    model: str,
    use: PromptUse,
    sampling: Sampling,
    rows: Sequence[tuple[str, Mapping[str, Any]]],
    title: str = "",
) -> list[Completion]:
    """One completion for each row (an id and the columns that the prompt is shown), in their order."""
    requests = [
        drawing(work, id, model, use, work.render(use, columns, id), sampling) for id, columns in rows
    ]
    name = title or step_id.rpartition(".")[2]
    answers = work.complete(name, f"{step_id}{f'/{title}' if title else ''}", requests)
    return [answers[id] for id, _ in rows]


def completed(step: Critique | Revise, work: Work, records: list[Record]) -> list[Record]:
    """Each record with one completion of its prompt, in the step's column."""
    rows = [(record.id, record.columns) for record in records]
    answers = completions(work, step.id, step.model, step.prompt, step.sampling, rows)
    return [
        record.with_columns(**{step.into: answer.text, step.finish: answer.finish})
        for record, answer in zip(records, answers, strict=True)
    ]
