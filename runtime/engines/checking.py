"""What every engine that runs a model refuses, each in one sentence, before it computes anything."""

from __future__ import annotations

import math

from runtime.engines.protocol import Choose, Draw, Request, Score
from runtime.failures import RunFailed


def check_request(request: Request, vocabulary_size: int, positions: int, to_choose: int = 0) -> None:
    """RunFailed for a request that a model with this vocabulary and so many positions can't be given.

    `to_choose` is how many positions an engine needs after the prompt to look at labels.
    """
    if not request.prompt_ids:
        raise RunFailed(f"Request {request.id} has an empty prompt.")
    given, more = request.prompt_ids, 0
    match request.task:
        case Draw() as draw:
            _check_draw(request.id, draw)
            more = draw.max_tokens
        case Choose(label_ids):
            given += label_ids
            more = to_choose
        case Score(continuation_ids):
            given += continuation_ids
            more = len(continuation_ids)
    if min(given) < 0 or max(given) >= vocabulary_size:
        outside = [id for id in given if not 0 <= id < vocabulary_size]
        raise RunFailed(
            f"Request {request.id} holds the token id {outside[0]}, outside the vocabulary of "
            f"{vocabulary_size}."
        )
    length = len(request.prompt_ids) + more
    if length > positions:
        raise RunFailed(
            f"Request {request.id} needs {length} positions ({len(request.prompt_ids)} of the prompt); "
            f"the model has {positions}."
        )


def _check_draw(id: str, draw: Draw) -> None:
    if draw.max_tokens < 1:
        raise RunFailed(f"Request {id} asks for {draw.max_tokens} tokens.")
    if not (draw.temperature >= 0 and math.isfinite(draw.temperature)):
        raise RunFailed(f"Request {id} has the temperature {draw.temperature}.")
    if not (0 < draw.top_p <= 1 and draw.top_k >= 0 and draw.repetition_penalty > 0):
        raise RunFailed(
            f"Request {id} has top_p {draw.top_p}, top_k {draw.top_k} and repetition penalty "
            f"{draw.repetition_penalty}, of which one is out of range."
        )
    if "" in draw.stop:
        raise RunFailed(f"Request {id} has an empty stop string.")
