"""One request on its way through vLLM: what it is asked for, and the result from its outputs.

Checked against the sources of vLLM 0.25, 0.32 and 0.33. `SamplingParams` are made so that every
choice is the request's own: no default of the checkpoint, no end token but ours, no detokenizing.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Any

from tokenizers import Tokenizer
from vllm import SamplingParams
from vllm.sampling_params import RequestOutputKind

from runtime.engines.protocol import Choose, Completion, Draw, LabelLogprobs, Request, Score, TokenLogprobs
from runtime.engines.stopping import Writing
from runtime.failures import RunFailed

MOST_LABELS = 128  # of `logprob_token_ids`
# vLLM draws below the first as if it were the first, and refuses more than the second.
_TEMPERATURES = (0.01, 2.0)


class Drawing:
    """A completion. Tokens are looked at as they come where stop strings may end it early."""

    def __init__(self, request: Request, draw: Draw, tokenizer: Tokenizer, eos: Collection[int]) -> None:
        low, high = _TEMPERATURES
        if draw.temperature != 0 and not low <= draw.temperature <= high:
            raise RunFailed(
                f"Request {request.id} has the temperature {draw.temperature}; vLLM draws at 0, or from "
                f"{low} to {high}."
            )
        self._id = request.id
        self._writing = Writing(request.id, draw, tokenizer, eos)
        self.prompt_ids = request.prompt_ids
        self.params = SamplingParams(
            max_tokens=draw.max_tokens,
            temperature=draw.temperature,
            top_p=draw.top_p,
            top_k=draw.top_k,
            repetition_penalty=draw.repetition_penalty,
            seed=draw.seed % 2**63 if draw.temperature > 0 else None,
            # Not the end tokens that vLLM would find in the checkpoint's files, but these.
            ignore_eos=True,
            stop_token_ids=sorted(eos),
            detokenize=False,
            output_kind=RequestOutputKind.DELTA if draw.stop else RequestOutputKind.FINAL_ONLY,
        )

    def take(self, output: Any) -> Completion | None:
        """The completion, once an output holds its last token."""
        for token in output.outputs[0].token_ids:
            completion = self._writing.add(token)
            if completion is not None:
                return completion
        if output.finished:
            reason = output.outputs[0].finish_reason
            raise RunFailed(f"vLLM ended request {self._id} before it was complete ({reason}).")
        return None


class Choosing:
    """Labels: one greedy token is drawn, and of its distribution only the labels are sent back.

    They are the log-softmax of the raw logits (`logprobs_mode`), whatever is drawn.
    """

    def __init__(self, request: Request, choose: Choose) -> None:
        wanted = sorted(set(choose.label_ids))
        if len(wanted) > MOST_LABELS:
            raise RunFailed(f"Request {request.id} has {len(wanted)} labels; vLLM looks at {MOST_LABELS}.")
        self._id = request.id
        self._labels = choose.label_ids
        self.prompt_ids = request.prompt_ids
        self.params = _labels(tuple(wanted))

    def take(self, output: Any) -> LabelLogprobs:
        """The labels' log-probabilities."""
        first = output.outputs[0].logprobs[0]
        return LabelLogprobs(self._id, tuple(first[id].logprob for id in self._labels))


class Scoring:
    """A continuation: its last token is looked at as a label, the others as tokens of the prompt.

    Log-probabilities exist only for prompt tokens that are computed, not for those that the prefix
    cache holds, and vLLM by itself therefore leaves the cache alone. Here the cache may hold the
    prompt, which is often hundreds of tokens that others share. It is the exception that it holds a
    part of the continuation too; then the request is sent once more and nothing is taken from it.
    """

    def __init__(self, request: Request, score: Score) -> None:
        self._id = request.id
        self._given = len(request.prompt_ids)
        self._continuation = score.continuation_ids
        self._again = False
        self.prompt_ids = request.prompt_ids + score.continuation_ids[:-1]

    @property
    def params(self) -> SamplingParams:
        if len(self._continuation) == 1:
            return _one_token(logprob_token_ids=[self._continuation[0]])
        return _one_token(
            logprob_token_ids=[self._continuation[-1]],
            prompt_logprobs=0,  # of the tokens that are there, and of no others
            skip_reading_prefix_cache=self._again,
        )

    def take(self, output: Any) -> TokenLogprobs | None:
        """The continuation's log-probabilities, or None if the request must be sent again."""
        *before, last = self._continuation
        if before and not self._again and not self._computed(output):
            self._again = True
            return None
        # Counted from the end: what the cache held is missing in front, or unset.
        there = output.prompt_logprobs[len(output.prompt_logprobs) - len(before) :] if before else []
        found = [entry[id].logprob for entry, id in zip(there, before, strict=True)]
        found.append(output.outputs[0].logprobs[0][last].logprob)
        return TokenLogprobs(self._id, tuple(found))

    def _computed(self, output: Any) -> bool:
        """Whether the position before the continuation, and so all after it, were computed."""
        cached: int | None = output.num_cached_tokens
        return cached is not None and cached < self._given


@lru_cache(maxsize=64)
def _labels(ids: tuple[int, ...]) -> SamplingParams:
    """vLLM copies what it is given; a step asks thousands of times for the same labels."""
    return _one_token(logprob_token_ids=list(ids))


Asked = Drawing | Choosing | Scoring


def asked(request: Request, tokenizer: Tokenizer, eos: Collection[int]) -> Asked:
    """The request as vLLM is asked it. RunFailed where vLLM can't be."""
    match request.task:
        case Draw() as draw:
            return Drawing(request, draw, tokenizer, eos)
        case Choose() as choose:
            return Choosing(request, choose)
        case Score() as score:
            return Scoring(request, score)


def _one_token(**more: Any) -> SamplingParams:
    return SamplingParams(
        max_tokens=1,
        temperature=0.0,
        ignore_eos=True,
        detokenize=False,
        output_kind=RequestOutputKind.FINAL_ONLY,
        **more,
    )
