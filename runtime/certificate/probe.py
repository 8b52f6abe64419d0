"""What an engine answers to the sentinels, asked in one batch as a run would ask."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.certificate.sentinels import COMPLETIONS, INSTRUCTIONS, SCORED
from runtime.engines.protocol import Completion, Draw, Engine, Request, Result, Score, TokenLogprobs
from runtime.failures import RunFailed
from runtime.models.tokens import Tokens

DRAWN = 12  # tokens: enough for the words that are looked for, and for a repetition to show
OTHERS = 4  # sentinels drawn with the BOS policy reversed


@dataclass(frozen=True)
class Answers:
    """Greedy completions in the order of the sentinels, and scores in the order of `SCORED`.

    `reversed_bos` holds completions of the first `OTHERS` sentinels with the other BOS policy; it is
    empty where the model has no BOS at all.
    """

    completions: tuple[Completion, ...]
    reversed_bos: tuple[Completion, ...]
    instructions: tuple[Completion, ...]
    scores: tuple[tuple[float, ...], ...]


def ask(engine: Engine, tokens: Tokens) -> Answers:
    """Ask everything at once. RunFailed when the engine leaves a question unanswered."""
    draw = Draw(max_tokens=DRAWN)
    requests = [
        Request(f"completion {n}", tokens.prompt_ids(sentinel.prompt), draw)
        for n, sentinel in enumerate(COMPLETIONS)
    ]
    requests += [
        Request(f"instruction {n}", tokens.prompt_ids(sentinel.prompt), draw)
        for n, sentinel in enumerate(INSTRUCTIONS)
    ]
    if tokens.named_bos_id is not None:
        requests += [
            Request(f"reversed {n}", reversed_prompt_ids(tokens, sentinel.prompt), draw)
            for n, sentinel in enumerate(COMPLETIONS[:OTHERS])
        ]
    requests += score_requests(tokens, adapter=None)
    results = answer_all(engine, requests)
    return Answers(
        completions=_drawn(results, "completion"),
        reversed_bos=_drawn(results, "reversed"),
        instructions=_drawn(results, "instruction"),
        scores=scores_of(results),
    )


def reversed_prompt_ids(tokens: Tokens, text: str) -> tuple[int, ...]:
    """The prompt with BOS where the model's policy has none, and without where it has one."""
    if tokens.bos_id is not None or tokens.named_bos_id is None:
        return tokens.continuation_ids(text)
    return (tokens.named_bos_id, *tokens.continuation_ids(text))


def score_requests(tokens: Tokens, adapter: str | None) -> list[Request]:
    """Requests to score the pairs of `SCORED`."""
    return [
        Request(f"score {n}", tokens.prompt_ids(prompt), Score(tokens.continuation_ids(text)), adapter)
        for n, (prompt, text) in enumerate(SCORED)
    ]


def answer_all(engine: Engine, requests: list[Request]) -> dict[str, Result]:
    """All results by request id, in the order of the requests. RunFailed when one is missing."""
    found = {result.id: result for result in engine.submit(requests)}
    missing = [request.id for request in requests if request.id not in found]
    if missing:
        raise RunFailed(f"The {engine.facts.name} engine left {len(missing)} of {len(requests)} unanswered.")
    return {request.id: found[request.id] for request in requests}


def scores_of(results: dict[str, Result]) -> tuple[tuple[float, ...], ...]:
    """The log-probabilities of all scored continuations, in order."""
    return tuple(result.logprobs for result in results.values() if isinstance(result, TokenLogprobs))


def _drawn(results: dict[str, Result], kind: str) -> tuple[Completion, ...]:
    return tuple(
        result
        for id, result in results.items()
        if id.startswith(f"{kind} ") and isinstance(result, Completion)
    )
