"""Sampling against transformers' own logits processors as the oracle."""

from __future__ import annotations

import numpy
import pytest
import torch
from torch import Tensor
from transformers import (
    LogitsProcessorList,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from runtime.engines.protocol import Draw
from runtime.engines.sampling import Settings, Uniforms, choose, draw, nucleus, penalise, top

VOCABULARY = 5000


def some_logits(rows: int, seed: int = 0, spread: float = 3.0, width: int = VOCABULARY) -> Tensor:
    return torch.randn(rows, width, generator=torch.Generator().manual_seed(seed)) * spread


def oracle(logits: Tensor, ids: Tensor, settings: Draw) -> Tensor:
    """The probabilities [B, V] from which transformers' generate would draw."""
    processors = LogitsProcessorList()
    if settings.repetition_penalty != 1:
        processors.append(RepetitionPenaltyLogitsProcessor(settings.repetition_penalty))
    processors.append(TemperatureLogitsWarper(settings.temperature))
    if settings.top_k:
        processors.append(TopKLogitsWarper(settings.top_k))
    if settings.top_p < 1:
        processors.append(TopPLogitsWarper(settings.top_p))
    return processors(ids, logits.clone()).softmax(1)


CASES = [
    Draw(1, temperature=0.7, top_p=0.9, repetition_penalty=1.1),
    Draw(1, temperature=1.0, top_p=0.95),
    Draw(1, temperature=1.5, top_p=0.5, top_k=40),
    Draw(1, temperature=0.4, top_k=5),
    Draw(1, temperature=1.0),
    Draw(1, temperature=0.8, top_p=0.9, top_k=1000, repetition_penalty=1.3),
    Draw(1, temperature=2.0, top_p=0.999),
    Draw(1, temperature=1.0, top_p=0.01),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_candidates_are_those_of_transformers(case: Draw) -> None:
    logits, ids = some_logits(4), torch.randint(0, VOCABULARY, (4, 60))
    expected = oracle(logits, ids, case)
    settings = Settings.of([case] * 4)
    penalise(logits, ids, settings.penalty)
    found, probabilities, complete = nucleus(logits / case.temperature, settings, VOCABULARY)
    assert bool(complete.all())
    ours = torch.zeros(4, VOCABULARY, dtype=torch.float64).scatter_(1, found, probabilities)
    # At the edge of the nucleus rounding decides, for tokens that hardly ever come.
    assert float(expected[(ours > 0) != (expected > 0)].sum()) < 1e-4
    torch.testing.assert_close(ours / ours.sum(1, keepdim=True), expected.double(), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_draws_are_spread_like_the_probabilities(case: Draw) -> None:
    logits, count = some_logits(1, seed=3), 1000
    unpenalised = Draw(1, case.temperature, case.top_p, case.top_k)
    expected = oracle(logits, torch.zeros(1, 1, dtype=torch.long), unpenalised)
    uniform = (torch.arange(count, dtype=torch.float64) + 0.5) / count
    drawn = draw(logits.expand(count, -1), Settings.of([case] * count), uniform)
    shares = torch.bincount(drawn, minlength=VOCABULARY) / count
    # Evenly spaced numbers hit each interval in proportion, to within one of them at either end.
    assert float((shares - expected[0]).abs().max()) <= 2 / count


def test_fewer_candidates_than_needed_are_noticed_and_more_give_the_same() -> None:
    flat = some_logits(3, spread=0.1)
    settings = Settings.of([Draw(1, 1.0, top_p=0.9)] * 3)
    assert not nucleus(flat, settings, 64)[2].any()
    peaked = torch.cat([flat, some_logits(3, spread=10)])
    both = Settings.of([Draw(1, 1.0, top_p=0.9)] * 6)
    uniform = torch.full((6,), 0.3, dtype=torch.float64)
    together = draw(peaked, both, uniform)
    alone = [draw(peaked[row : row + 1], both.rows(torch.tensor([row])), uniform[:1])[0] for row in range(6)]
    assert together.tolist() == alone


def test_temperature_zero_is_the_most_likely_token_beside_rows_that_draw() -> None:
    logits = some_logits(3)
    settings = Settings.of([Draw(1), Draw(1, 1.0, seed=1), Draw(1)])
    chosen = choose(logits, settings, [0.999, 0.999, 0.999])
    assert chosen[0] == logits[0].argmax()
    assert chosen[2] == logits[2].argmax()
    assert chosen[1] != logits[1].argmax()


def test_almost_equal_tokens_may_change_places_without_changing_the_draw() -> None:
    logits = torch.full((1, 10), -20.0)
    logits[0, [2, 7, 5]] = 1.0
    other = logits.clone()
    other[0, 7] += 1e-6
    settings = Settings.of([Draw(1, 1.0, top_p=0.99)])
    for step in range(1, 100):
        uniform = torch.tensor([step / 100 + 0.001], dtype=torch.float64)
        assert draw(logits, settings, uniform).tolist() == draw(other, settings, uniform).tolist()


@pytest.mark.parametrize("width", [320, 5000, 4096, 49152])
def test_top_is_topk(width: int) -> None:
    values = some_logits(5, width=width)
    for size in (1, 7, 64):
        expected = values.topk(size, dim=1)
        greatest, index = top(values, size)
        assert torch.equal(greatest, expected.values)
        assert torch.equal(index, expected.indices)


def test_uniforms_depend_on_the_seed_and_the_step_alone() -> None:
    a, b = Uniforms(5), Uniforms(6)
    mixed = [(a.next(), b.next()) for _ in range(3)]
    again = Uniforms(5)
    assert [first for first, _ in mixed] == [again.next() for _ in range(3)]
    assert mixed[0][0] != mixed[0][1]
    numbers = numpy.array([Uniforms(seed).next() for seed in range(2000)])
    assert 0.48 < numbers.mean() < 0.52
    assert Uniforms(2**200 + 1).next() == Uniforms(2**200 + 1).next()
    assert 0 <= Uniforms(-1).next() < 1
