"""From logits to tokens: repetition penalty, temperature, top-k, top-p, and one draw per row.

Pure tensor functions in the order and with the meaning that transformers gives them. A row's token
depends on its own logits, settings and uniform number alone, so it is the same in any batch (up to
the rounding of the logits themselves).

Shapes: B rows, V tokens in the vocabulary, K candidates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy
import torch
from torch import Tensor

from runtime.engines.protocol import Draw

# Candidates looked at first, and then ever more, until they hold the share that top-p asks for.
_FIRST_CANDIDATES = 64
_MORE_CANDIDATES = 4
_BLOCK = 64


class Uniforms:
    """A row's random numbers in [0, 1): counter-based, so draw t depends on the seed and t only."""

    def __init__(self, seed: int) -> None:
        self._generator = numpy.random.Generator(numpy.random.Philox(key=seed % 2**128))

    def next(self) -> float:
        return float(self._generator.random())


@dataclass(frozen=True, slots=True)
class Settings:
    """The sampling settings of B rows, one tensor each."""

    temperature: Tensor
    top_p: Tensor
    top_k: Tensor
    penalty: Tensor

    @classmethod
    def of(cls, draws: Sequence[Draw]) -> Settings:
        return cls(
            torch.tensor([draw.temperature for draw in draws], dtype=torch.float32),
            torch.tensor([draw.top_p for draw in draws], dtype=torch.float64),
            torch.tensor([draw.top_k for draw in draws], dtype=torch.long),
            torch.tensor([draw.repetition_penalty for draw in draws], dtype=torch.float32),
        )

    def rows(self, index: Tensor) -> Settings:
        return Settings(self.temperature[index], self.top_p[index], self.top_k[index], self.penalty[index])


def penalise(logits: Tensor, seen: Tensor, penalty: Tensor) -> None:
    """Make tokens that occurred less likely, in place: divide positive logits, multiply negative ones.

    `seen` [B, any]: ids of the row's prompt and completion, repeated ones counting once.
    """
    there = logits.gather(1, seen)
    factor = penalty[:, None]
    logits.scatter_(1, seen, torch.where(there > 0, there / factor, there * factor))


def choose(logits: Tensor, settings: Settings, uniforms: Sequence[float]) -> Tensor:
    """One token id per row [B]; the most likely one where the temperature is 0. Logits are penalised."""
    chosen = top(logits, 1)[1][:, 0]
    drawn = settings.temperature > 0
    if bool(drawn.any()):
        index = drawn.nonzero()[:, 0]
        uniform = torch.tensor(uniforms, dtype=torch.float64)[index]
        chosen[index] = draw(logits[index], settings.rows(index), uniform)
    return chosen


def draw(logits: Tensor, settings: Settings, uniform: Tensor) -> Tensor:
    """Draw a token id per row [B] from its nucleus, by inverting the distribution at `uniform` [B]."""
    scaled = logits / settings.temperature[:, None]
    chosen = torch.empty(len(scaled), dtype=torch.long)
    unlimited = (settings.top_k == 0) & (settings.top_p >= 1)
    whole = unlimited.nonzero()[:, 0]
    chosen[whole] = _inverted(scaled[whole].double().softmax(1), uniform[whole])
    left = (~unlimited).nonzero()[:, 0]
    size = _FIRST_CANDIDATES
    while len(left):
        ids, probabilities, complete = nucleus(scaled[left], settings.rows(left), size)
        done = complete.nonzero()[:, 0]
        # Cumulated in the order of the ids and not of the probabilities: two almost equally likely
        # tokens would otherwise change places when another batch rounds the logits differently.
        in_order, order = ids[done].sort(1)
        at = _inverted(probabilities[done].gather(1, order), uniform[left[done]])
        chosen[left[done]] = in_order.gather(1, at[:, None])[:, 0]
        left = left[~complete]
        size *= _MORE_CANDIDATES
    return chosen


def nucleus(scaled: Tensor, settings: Settings, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """The tokens that top-k and top-p leave, looked for among the `size` most likely.

    `scaled` [B, V] logits divided by the temperature -> ids [B, K], probabilities [B, K] (float64,
    0 for tokens left out, not renormalised), and per row [B] whether `size` candidates were enough.
    """
    size = min(size, scaled.shape[1])
    values, ids = top(scaled, size)
    within = (settings.top_k[:, None] == 0) | (torch.arange(size)[None, :] < settings.top_k[:, None])
    values = values.double().masked_fill(~within, -torch.inf)
    limited = (settings.top_k > 0) & (settings.top_k <= size)
    total = torch.where(limited, values.logsumexp(1), scaled.logsumexp(1).double())
    probabilities = (values - total[:, None]).exp()
    mass = probabilities.cumsum(1)
    # A token stays when the tokens more likely than it do not already hold the share asked for.
    stays = ((mass - probabilities < settings.top_p[:, None]) | (settings.top_p >= 1)[:, None]) & within
    stays[:, 0] = True
    reached = (settings.top_k == 0) & (mass[:, -1] >= settings.top_p)
    complete = limited | reached | (size == scaled.shape[1])
    return ids, probabilities.masked_fill(~stays, 0.0), complete


def top(values: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """The `size` greatest of each row, in descending order: values and indices, both [B, size].

    The greatest `size` lie in the `size` blocks with the greatest maxima; finding these first is
    several times faster than `topk` over a whole vocabulary.
    """
    rows, width = values.shape
    blocks = width // _BLOCK
    if blocks <= 2 * size:
        greatest, index = values.topk(size, dim=1)
        return greatest, index
    cut = blocks * _BLOCK
    blocked = values[:, :cut].view(rows, blocks, _BLOCK)
    best = blocked.amax(2).topk(size, dim=1).indices
    found = blocked.gather(1, best[:, :, None].expand(-1, -1, _BLOCK)).reshape(rows, -1)
    where = (best[:, :, None] * _BLOCK + torch.arange(_BLOCK)).reshape(rows, -1)
    if cut < width:
        found = torch.cat([found, values[:, cut:]], 1)
        where = torch.cat([where, torch.arange(cut, width).expand(rows, -1)], 1)
    greatest, index = found.topk(size, dim=1)
    return greatest, where.gather(1, index)


def _inverted(probabilities: Tensor, uniform: Tensor) -> Tensor:
    """Where the cumulated probability [B, K] passes `uniform` [B] of its total."""
    cumulated = probabilities.cumsum(1)
    # Just below 1 the product could be rounded up to the total, and so pass the last token.
    target = uniform.clamp(max=1 - 2**-50) * cumulated[:, -1]
    return torch.searchsorted(cumulated, target[:, None], right=True)[:, 0]
