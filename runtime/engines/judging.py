"""Log-probabilities without drawing: of labels after a prompt, and of a continuation's tokens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from runtime.engines.at_once import AtOnce
from runtime.engines.packed import PackedModel, Prefixes
from runtime.engines.prefix import shared_prefixes
from runtime.engines.protocol import Choose, LabelLogprobs, Request, Score, TokenLogprobs
from runtime.out_of_memory import half, is_out_of_memory

# Tokens computed at once: enough for matrix products to run at full speed.
_TOKENS = 1024
# Logits held at once, as numbers (256 MiB in float32); bounds the tokens of continuations.
_LOGITS = 2**26


@dataclass(frozen=True, slots=True)
class _Item:
    """`ids` go through the model; the logits of the last `wanted` of them are needed."""

    request: Request
    ids: tuple[int, ...]
    wanted: int


def judge_all(
    model: PackedModel, requests: Sequence[Request], at_once: AtOnce
) -> Iterator[LabelLogprobs | TokenLogprobs]:
    """Results of `requests` (`Choose` or `Score`, one adapter) as they are computed. A pass that memory does
    not hold is computed again in parts."""
    items = sorted((_item(request) for request in requests), key=lambda item: item.ids)
    sequences = [item.ids for item in items]
    groups = shared_prefixes(sequences, [len(item.ids) - item.wanted for item in items])
    prefixes = Prefixes(model, sequences, groups)
    start = 0
    while start < len(items):
        end, tokens, wanted = start, 0, 0
        while end < len(items):
            more = len(items[end].ids) - prefixes.length(end)
            logits = (wanted + items[end].wanted) * model.vocabulary_size
            if end > start and (tokens + more > min(_TOKENS, at_once.tokens) or logits > _LOGITS):
                break
            tokens, wanted, end = tokens + more, wanted + items[end].wanted, end + 1
        try:
            results = _judge(model, items[start:end], prefixes, start)
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            results = None
        if results is None:
            who = "The transformers engine"
            at_once.tokens = half(who, tokens, "tokens", at_once.tell, least=end - start == 1)
        else:
            yield from results
            start = end


def _item(request: Request) -> _Item:
    if isinstance(request.task, Score):
        continuation = request.task.continuation_ids
        return _Item(request, request.prompt_ids + continuation[:-1], len(continuation))
    return _Item(request, request.prompt_ids, 1)


def _judge(
    model: PackedModel, items: Sequence[_Item], prefixes: Prefixes, start: int
) -> list[LabelLogprobs | TokenLogprobs]:
    """One pass over neighbouring items, the first of which is number `start`."""
    own = [item.ids[prefixes.length(number) :] for number, item in enumerate(items, start)]
    wanted: list[int] = []
    end = 0
    for item, ids in zip(items, own, strict=True):
        end += len(ids)
        wanted += range(end - item.wanted, end)
    made = [prefixes.of(number) for number in range(start, start + len(items))]
    logits = model.prefill(own, made, wanted)
    total = logits.logsumexp(1)
    results: list[LabelLogprobs | TokenLogprobs] = []
    at = 0
    for item in items:
        here = slice(at, at + item.wanted)
        results.append(_result(item.request, logits[here], total[here]))
        at += item.wanted
    return results


def _result(request: Request, logits: Tensor, total: Tensor) -> LabelLogprobs | TokenLogprobs:
    """`logits` [wanted, vocabulary] and their log-sum-exp [wanted] -> log-probabilities in nats."""
    if isinstance(request.task, Choose):
        labels = logits[0, list(request.task.label_ids)] - total[0]
        return LabelLogprobs(request.id, tuple(labels.tolist()))
    assert isinstance(request.task, Score)
    tokens = torch.tensor(request.task.continuation_ids)
    there = logits.gather(1, tokens[:, None])[:, 0] - total
    return TokenLogprobs(request.id, tuple(there.tolist()))
