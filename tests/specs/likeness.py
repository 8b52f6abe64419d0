"""When two texts are too alike to stand on both sides of a split: their skeletons and their word trigrams."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable

from compiler.plan.answer_text import listing, words

NUMBERS = listing(
    """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred"""
)


def masked(text: str) -> str:
    """The skeleton: quoted texts, numbers and names (capitals after the first word) blanked out."""
    blanked = re.sub(r"\"[^\"]*\"|(?<!\w)'[^']*'(?!\w)", "<quote>", text)
    blanked = re.sub(r"-?\d[\d,.:/]*", "<number>", blanked)
    blanked = re.sub(r"(?<=[\w,;:>] )[A-Z]\w*(?: [A-Z]\w*)*", "<name>", blanked)
    return " ".join("<number>" if word.casefold() in NUMBERS else word.casefold() for word in blanked.split())


def frame(text: str) -> str:
    """Stricter: what an instruction works on, after its colon, is blanked out as well."""
    return re.sub(r":.*", ": <payload>", masked(text), flags=re.DOTALL)


def open_frames(text: str, longest: int = 3) -> frozenset[str]:
    """The frame with any one to `longest` neighboring words blanked out, where the topic may stand.

    Only those are given that keep three words or more with the blank, two of them written out.
    """
    said = [word.strip(",.?!") for word in frame(text).split()]
    blanked = (
        [*said[:at], "*", *said[at + length :]]
        for length in range(1, longest + 1)
        for at in range(len(said) - length + 1)
    )
    masks = ("*", "<number>", "<payload>")
    return frozenset(
        " ".join(kept)
        for kept in blanked
        if len(kept) >= 3 and kept[0] != "<quote>" and sum(word not in masks for word in kept) >= 2
    )


def trigrams(text: str) -> frozenset[tuple[str, ...]]:
    said = words(text)
    return frozenset(tuple(said[at : at + 3]) for at in range(max(1, len(said) - 2)))


class Trigrams:
    """Texts by their trigrams, so that a text is compared only with those that share one with it."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = list(texts)
        self._sizes = [len(trigrams(text)) for text in self._texts]
        self._places: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for place, text in enumerate(self._texts):
            for gram in trigrams(text):
                self._places[gram].append(place)

    def alike(self, text: str, limit: float) -> list[str]:
        """The texts whose likeness (shared trigrams over all trigrams of both) reaches the limit."""
        grams = trigrams(text)
        shared = Counter(place for gram in grams for place in self._places.get(gram, ()))
        return [
            self._texts[place]
            for place, count in shared.items()
            if count >= limit * (len(grams) + self._sizes[place] - count)
        ]


def too_alike(ones: Iterable[str], others: Iterable[str], limit: float) -> list[tuple[str, str]]:
    index = Trigrams(others)
    return [(one, other) for one in ones for other in index.alike(one, limit)]
