"""Draw completions for many requests: a batch that is refilled as its rows finish."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import torch
from tokenizers import Tokenizer
from torch import Tensor

from runtime.engines.at_once import AtOnce
from runtime.engines.attention import Rows
from runtime.engines.packed import PackedModel, Prefixes
from runtime.engines.prefix import shared_prefixes
from runtime.engines.protocol import Completion, Draw, Request
from runtime.engines.sampling import Settings, Uniforms, choose, penalise
from runtime.engines.stopping import Writing
from runtime.out_of_memory import half, is_out_of_memory

# Measured on two cores: matrix products gain up to about 64 rows, then attention costs more.
ROWS = 64
# Rows are admitted together, since prefill too is faster for more tokens at once...
_ADMIT_SHARE = 8
# ... but not more tokens than this, to bound the activations.
_ADMIT_TOKENS = 1024
# Keys and values of all rows; with longer requests there are fewer rows at a time.
_CACHE_BYTES = 2 * 2**30


@dataclass(slots=True)
class _Row:
    request: Request
    draw: Draw
    writing: Writing
    uniforms: Uniforms
    latest: int = -1


def draw_all(
    model: PackedModel,
    tokenizer: Tokenizer,
    eos: Collection[int],
    requests: Sequence[Request],
    at_once: AtOnce,
) -> Iterator[Completion]:
    """Completions of `requests` (all `Draw`, one adapter) as they finish. Those that are being drawn when
    memory runs out are begun again, fewer side by side; what is drawn does not depend on its neighbours."""
    left = sorted(requests, key=lambda request: request.prompt_ids)
    while left:
        batch = _Batch(model, tokenizer, eos, left, at_once.rows)
        finished: set[str] = set()
        try:
            while batch.alive:
                for completion in chain(batch.admit(), batch.step()):
                    finished.add(completion.id)
                    yield completion
            return
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
        rows = batch.admitted - len(finished)
        del batch
        who = "The transformers engine"
        at_once.rows = half(who, rows, "completions", at_once.tell, least=rows == 1)
        left = [request for request in left if request.id not in finished]


class _Batch:
    def __init__(
        self,
        model: PackedModel,
        tokenizer: Tokenizer,
        eos: Collection[int],
        requests: list[Request],
        most: int,
    ) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._eos = eos
        self._requests = requests
        prompts = [request.prompt_ids for request in requests]
        groups = shared_prefixes(prompts, [len(prompt) - 1 for prompt in prompts])
        self._prefixes = Prefixes(model, prompts, groups)
        self._next = 0
        slots = max(self._own(index) + _draw(request).max_tokens for index, request in enumerate(requests))
        fitting = _CACHE_BYTES // (slots * model.bytes_per_slot)
        self._size = max(1, min(ROWS, most, len(requests), fitting))
        self._cache = Rows(self._size, slots)
        self._rows: list[_Row] = []
        self._settings = Settings.of([])
        # Ids that a row's prompt and completion hold, for the repetition penalty; unused places
        # repeat the row's first id.
        longest = max(len(request.prompt_ids) + _draw(request).max_tokens for request in requests)
        self._seen = torch.zeros(self._size, longest, dtype=torch.long)

    @property
    def alive(self) -> bool:
        return bool(self._rows) or self._next < len(self._requests)

    @property
    def admitted(self) -> int:
        """Requests that have been begun."""
        return self._next

    def admit(self) -> Iterator[Completion]:
        """Fill free rows with waiting requests and draw the first token of each."""
        while self._next < len(self._requests):
            free = self._size - len(self._rows)
            if free == 0 or (free < self._size // _ADMIT_SHARE and self._rows):
                return
            yield from self._admit_some(free)

    def step(self) -> Iterator[Completion]:
        """Draw one more token for each row."""
        if self._rows:
            latest = torch.tensor([row.latest for row in self._rows])
            yield from self._take(self._model.step(self._cache, latest))

    def _admit_some(self, most: int) -> Iterator[Completion]:
        chosen: list[int] = []
        tokens = 0
        while self._next < len(self._requests) and len(chosen) < most:
            tokens += self._own(self._next)
            if chosen and tokens > _ADMIT_TOKENS:
                break
            chosen.append(self._next)
            self._next += 1
        prefixes = [self._prefixes.of(index) for index in chosen]
        own = [self._requests[index].prompt_ids[self._prefixes.length(index) :] for index in chosen]
        lengths = [len(ids) for ids in own]
        last = torch.tensor(lengths).cumsum(0) - 1
        logits = self._model.prefill(own, prefixes, last.tolist(), self._cache.sink_for_new())
        self._cache.add(lengths, prefixes)
        first = len(self._rows)
        for index in chosen:
            self._rows.append(self._new_row(self._requests[index]))
        self._settings = Settings.of([row.draw for row in self._rows])
        yield from self._take(logits, first)

    def _new_row(self, request: Request) -> _Row:
        seen = self._seen[len(self._rows)]
        seen[: len(request.prompt_ids)] = torch.tensor(request.prompt_ids)
        seen[len(request.prompt_ids) :] = request.prompt_ids[0]
        draw = _draw(request)
        writing = Writing(request.id, draw, self._tokenizer, self._eos)
        return _Row(request, draw, writing, Uniforms(draw.seed))

    def _take(self, logits: Tensor, first: int = 0) -> Iterator[Completion]:
        """Choose a token for each row from `first` on; finished rows leave the batch."""
        rows = self._rows[first:]
        settings = self._settings.rows(torch.arange(first, len(self._rows)))
        if bool((settings.penalty != 1).any()):
            penalise(logits, self._seen[first : len(self._rows)], settings.penalty)
        tokens = choose(logits, settings, [row.uniforms.next() for row in rows]).tolist()
        finished: list[tuple[int, Completion]] = []
        for number, (row, token) in enumerate(zip(rows, tokens, strict=True), first):
            row.latest = token
            completion = row.writing.add(token)
            if completion is not None:
                finished.append((number, completion))
            else:
                self._seen[number, len(row.request.prompt_ids) + len(row.writing.ids) - 1] = token
        for number, _ in reversed(finished):
            self._remove(number)
        if finished:
            self._settings = Settings.of([row.draw for row in self._rows])
        for _, completion in finished:
            yield completion

    def _remove(self, number: int) -> None:
        """The last row takes the place of the one that leaves, here as in the cache."""
        last = len(self._rows) - 1
        self._cache.remove(number)
        self._rows[number] = self._rows[last]
        self._seen[number] = self._seen[last]
        self._rows.pop()

    def _own(self, index: int) -> int:
        """Prompt tokens of a request that no shared prefix holds."""
        return len(self._requests[index].prompt_ids) - self._prefixes.length(index)


def _draw(request: Request) -> Draw:
    assert isinstance(request.task, Draw)
    return request.task
