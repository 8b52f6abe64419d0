"""Which tokens carry loss, what is left out, and how batches are made."""

from __future__ import annotations

import pytest
import torch

from runtime.failures import RunFailed
from runtime.training.batches import IGNORED, InOrder, LengthGrouped, Rounding, collate
from runtime.training.examples import LeftOut, TrainingExample, check_ends, check_masks, fitting
from runtime.training.graphs import rounding


def example(prompt: int, target: int, id: str = "x") -> TrainingExample:
    return TrainingExample(id, tuple(range(10, 10 + prompt)), tuple(range(50, 50 + target)))


def test_what_is_too_long_is_listed_and_nothing_is_cut() -> None:
    kept, left_out = fitting([example(2, 3, "a"), example(4, 2, "b"), example(1, 1, "c")], 5)
    assert [e.id for e in kept] == ["a", "c"]
    assert kept[0].length == 5
    assert left_out == (LeftOut("b", 6),)


def test_masked_share_is_the_prompts() -> None:
    assert example(3, 1).masked_share == 0.75


@pytest.mark.parametrize(("prompt", "target", "word"), [(0, 3, "prompt"), (3, 0, "target"), (0, 0, "prompt")])
def test_an_example_that_masks_nothing_or_everything_is_refused(prompt: int, target: int, word: str) -> None:
    with pytest.raises(RunFailed, match=f"example x has no {word} tokens"):
        check_masks([example(1, 1), example(prompt, target)])


def test_eos_may_only_stand_at_the_end() -> None:
    ended, cut = TrainingExample("a", (5,), (6, 2)), TrainingExample("b", (5, 2), (6,))
    assert check_ends([ended, cut], frozenset({2})) == 1
    with pytest.raises(RunFailed, match="inside its target"):
        check_ends([TrainingExample("c", (5,), (2, 6))], frozenset({2}))


def test_batches_are_padded_on_the_right_with_loss_on_targets_only() -> None:
    batch = collate([example(2, 1), example(1, 3)], padding_id=9)
    assert batch["input_ids"].tolist() == [[10, 11, 50, 9], [10, 50, 51, 52]]
    assert batch["labels"].tolist() == [[IGNORED, IGNORED, 50, IGNORED], [IGNORED, 50, 51, 52]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1, 0], [1, 1, 1, 1]]
    assert batch["predicts"].tolist() == [1, 4, 5, 6]
    assert batch["targets"].tolist() == [50, 50, 51, 52]


def test_shapes_can_be_rounded_up() -> None:
    batch = collate([example(2, 1), example(1, 3)], padding_id=9, rounding=Rounding(8, 8))
    assert batch["input_ids"].tolist() == [[10, 11, 50, 9, 9, 9, 9, 9], [10, 50, 51, 52, 9, 9, 9, 9]]
    assert batch["attention_mask"].sum(1).tolist() == [3, 4]
    assert batch["predicts"].tolist() == [1, 8, 9, 10, 0, 0, 0, 0]
    assert batch["targets"].tolist() == [50, 50, 51, 52, IGNORED, IGNORED, IGNORED, IGNORED]


def test_the_whole_text_may_carry_loss() -> None:
    batch = collate([example(2, 1), example(1, 3)], padding_id=9, whole=True)
    assert batch["labels"].tolist() == [[10, 11, 50, IGNORED], [10, 50, 51, 52]]


LENGTHS = [5 + (i * 37) % 50 for i in range(103)]


def test_each_epoch_sees_every_example_once_in_another_order() -> None:
    sampler = LengthGrouped(LENGTHS, 8, seed=3)
    orders = []
    for epoch in range(3):
        sampler.epoch = epoch
        orders.append(list(sampler))
        assert sorted(orders[-1]) == list(range(103))
    assert orders[0] != orders[1] != orders[2]
    sampler.epoch = 1
    torch.manual_seed(99)
    assert list(sampler) == orders[1]
    assert list(LengthGrouped(LENGTHS, 8, seed=4)) != orders[0]


def test_batches_hold_similar_lengths() -> None:
    def padding(batches: list[list[int]]) -> int:
        return sum(len(b) * max(LENGTHS[i] for i in b) for b in batches) - sum(LENGTHS)

    plain = [list(range(i, min(i + 8, 103))) for i in range(0, 103, 8)]
    batches = LengthGrouped(LENGTHS, 8, seed=3).batches(0)
    assert [len(b) for b in batches] == [8] * 12 + [7]
    assert padding(batches) < padding(plain) / 3


def test_a_curriculum_has_one_order_in_every_epoch() -> None:
    sampler = InOrder(LENGTHS, 8, seed=3)
    for epoch in range(2):
        sampler.epoch = epoch
        assert list(sampler) == list(range(103))
    assert [len(b) for b in sampler.batches(1)] == [8] * 12 + [7]


@pytest.mark.parametrize(("parameters", "longest"), [(268_000_000, 128), (8_000_000_000, 96)])
def test_a_large_model_is_given_less_padding(parameters: int, longest: int) -> None:
    batch = collate([example(2, 64), example(1, 3)], rounding=rounding(parameters))
    assert batch["input_ids"].shape == (2, longest)
    assert batch["targets"].shape == (128,)
