"""What an adapter is trained on: token ids, and which of them carry the loss. No torch in here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from runtime.failures import RunFailed


class Example(Protocol):
    """Whatever is trained on: `rows` are its sequences, `length` the tokens of the longest of them."""

    @property
    def id(self) -> str: ...
    @property
    def length(self) -> int: ...
    @property
    def rows(self) -> tuple[TrainingExample, ...]: ...


E = TypeVar("E", bound=Example)


@dataclass(frozen=True, slots=True)
class TrainingExample:
    """One record as ids. Only `target_ids` carry loss; they hold the eos where the text ended by itself."""

    id: str
    prompt_ids: tuple[int, ...]
    target_ids: tuple[int, ...]

    @property
    def length(self) -> int:
        """Tokens of prompt and target together."""
        return len(self.prompt_ids) + len(self.target_ids)

    @property
    def masked_share(self) -> float:
        """Share of the tokens without loss: above 0 and below 1 in anything that can be trained on."""
        return len(self.prompt_ids) / self.length if self.length else 0.0

    @property
    def rows(self) -> tuple[TrainingExample, ...]:
        return (self,)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two completions of one prompt, of which the first is to become the more likely one."""

    id: str
    chosen: TrainingExample
    rejected: TrainingExample

    @property
    def length(self) -> int:
        """Tokens of the longer side."""
        return max(self.chosen.length, self.rejected.length)

    @property
    def rows(self) -> tuple[TrainingExample, ...]:
        return self.chosen, self.rejected


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An example that was not trained on: it is longer than the plan's `max_length`, in tokens."""

    id: str
    length: int


def fitting(examples: Iterable[E], max_length: int) -> tuple[tuple[E, ...], tuple[LeftOut, ...]]:
    """Split examples into those of at most `max_length` tokens and a list of the others, both in order.

    Nothing is cut: a cut target teaches to stop in the middle, a cut prompt asks something else.
    """
    kept: list[E] = []
    left_out: list[LeftOut] = []
    for example in examples:
        if example.length <= max_length:
            kept.append(example)
        else:
            left_out.append(LeftOut(example.id, example.length))
    return tuple(kept), tuple(left_out)


def check_masks(examples: Iterable[TrainingExample]) -> None:
    """RunFailed for the first example that has nothing masked or nothing to learn."""
    for example in examples:
        if not 0.0 < example.masked_share < 1.0:
            missing = "target" if example.prompt_ids else "prompt"
            raise RunFailed(
                f"The training example {example.id} has no {missing} tokens, so its loss mask is wrong.",
                "Each example needs a prompt that carries no loss and a target that does.",
            )


def check_ends(examples: Iterable[TrainingExample], eos_ids: frozenset[int]) -> int:
    """The number of examples whose target ends in one of the model's eos ids.

    RunFailed where one stands inside a target: the model would learn to go on after its end.
    """
    ended = 0
    for example in examples:
        if eos_ids.intersection(example.target_ids[:-1]):
            raise RunFailed(
                f"The training example {example.id} has an end-of-sequence token inside its target."
            )
        ended += example.target_ids[-1] in eos_ids
    return ended
