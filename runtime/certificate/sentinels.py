"""Texts that any base model of English goes on with correctly, and instructions that it need not follow."""

from __future__ import annotations

import re
from dataclasses import dataclass

from runtime.models.reference_text import PASSAGE


@dataclass(frozen=True)
class Sentinel:
    """A prompt, and a regular expression for the words that must come soon after it."""

    prompt: str
    expected: str

    def answered_by(self, completion: str) -> bool:
        """Whether one of the first eight words of the completion is an expected one."""
        start = " ".join(completion.split()[:8])
        return re.search(rf"\b(?:{self.expected})\b", start, re.IGNORECASE) is not None


COMPLETIONS = (
    Sentinel("The capital of France is", "Paris"),
    Sentinel("The sun rises in the east and sets in the", "west"),
    Sentinel("The opposite of hot is", "cold"),
    Sentinel("One, two, three, four,", "five"),
    Sentinel("The largest ocean on Earth is the", "Pacific"),
    Sentinel("Cats and dogs are popular household", "pets?|animals?"),
    Sentinel("A triangle has three", "sides|angles|corners|vertices"),
    Sentinel("Once upon a", "time"),
    Sentinel("Apples, bananas and oranges are kinds of", "fruits?"),
    Sentinel("The President of the United States lives in the White", "House"),
    Sentinel("In winter it is cold, and in summer it is", "hot|warm"),
    Sentinel("The cow jumped over the", "moon|fence"),
)

INSTRUCTIONS = (
    Sentinel("What is the capital of Italy?", "Rome"),
    Sentinel("Name three colors.", "red|blue|green|yellow"),
    Sentinel("Translate the word 'hello' into Spanish.", "hola"),
    Sentinel("Write the number that comes after nine.", "ten|10"),
)

_HALF = PASSAGE.index("Today people")

SCORED = (
    ("The capital of France is", " Paris, and the capital of Italy is Rome."),
    ("Instruction: Name a color.\nResponse:", " Blue\n"),
    # The same prompt twice: an engine that shares the work on a prefix must not show it.
    (PASSAGE[: _HALF - 1], PASSAGE[_HALF - 1 :]),
    (PASSAGE[: _HALF - 1], " After the war the bridge was built again, and the market came back."),
)
"""Prompts and continuations on which an engine must agree with a plain forward pass."""
