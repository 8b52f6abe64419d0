"""The stock of phrases from which the mock engine makes text. No facts, only plausible English."""

from __future__ import annotations

import random
from collections.abc import Sequence


def _words(listed: str) -> tuple[str, ...]:
    return tuple(listed.split())


# Words that say nothing about an instruction's topic.
COMMON = frozenset(
    _words(
        "about answer complete describe does example explain following from give have instruction into label "
        "list make name only response rewrite sentence sentences short that their them then there these "
        "they this three translate using what when which with word words write your"
    )
)

_THINGS = _words(
    "umbrella candle bicycle ladder mirror blanket kettle lantern compass basket hammer pillow bucket "
    "whistle notebook carpet spoon curtain suitcase telescope teapot ribbon anchor guitar saddle helmet "
    "wallet hourglass magnet thermometer"
)
_PLACES = _words(
    "library harbour bakery museum forest desert village kitchen orchard station lighthouse market "
    "mountain stadium classroom garden hospital island theatre farm"
)
_CREATURES = _words("otter sparrow elephant beetle dolphin tortoise badger heron spider fox owl camel")
_QUALITIES = _words(
    "gentle curious noisy patient fragile ancient cheerful hollow rapid silent bitter careful distant "
    "honest narrow polite"
)
_LANGUAGES = _words("French German Spanish Italian Dutch Portuguese")
_COUNTS = _words("two three four five")
_SUBJECTS = _words(
    "rain sleep friendship gravity cooking music winter trade memory traffic bread sunlight exercise "
    "patience history rivers"
)

# Each field names a stock above; one instruction is one pattern with its fields filled.
_PATTERNS = (
    "List {count} uses of a {thing}.",
    "List {count} things you might find in a {place}.",
    "Translate the word {thing} into {language}.",
    "Translate the word {quality} into {language}.",
    "Write one sentence about a {creature} in a {place}.",
    "Write one sentence about {subject} that contains the word {quality}.",
    "Write a {quality} sentence about a {thing}.",
    "Name {count} animals that live near a {place}.",
    "Give {count} words that mean the same as {quality}.",
    "What is a {thing} used for?",
    "Why is {subject} important in a {place}?",
    "Explain {subject} to a child in {count} sentences.",
    "Rewrite this sentence in the past tense: The {creature} sees the {thing}.",
    "Rewrite this sentence as a question: The {thing} is in the {place}.",
    "Complete the sentence: The {quality} {creature} walked into the {place} and",
    "Describe a {quality} {place} using exactly {count} adjectives.",
    "Put these words in alphabetical order: {thing}, {place}, {creature}.",
    "Count the letters in the word {thing}.",
    "Write the word {thing} in capital letters.",
    "Spell the word {place} backwards.",
)
_POOR = (
    "Here are some more instructions:",
    "Do it.",
    "True or false: the {thing} is {quality}.",
    "List {count} uses of a {thing}. List {count} uses of a {thing}.",
    "{thing} {place} {creature}",
    "Ask your teacher about {subject}, then do what they say and also",
)
_SENTENCES = (
    "A {topic} is often found in a {place}, where it is {quality} and useful.",
    "The {topic} can be {quality}, but most people like it because of {subject}.",
    "In short, {topic} and {other} go together like a {creature} and a {place}.",
    "{Topic}, {other} and a {quality} {thing}.",
    "One way to think of {topic} is as a {quality} kind of {thing}.",
    "Many people use {topic} with {other} in the {place}.",
    "First comes {topic}, then {other}, and at last a {quality} {place}.",
    "The {quality} {creature} knows all about {topic}.",
)
_STOCKS = {
    "count": _COUNTS,
    "creature": _CREATURES,
    "language": _LANGUAGES,
    "place": _PLACES,
    "quality": _QUALITIES,
    "subject": _SUBJECTS,
    "thing": _THINGS,
}


def instruction(dice: random.Random) -> str:
    """A short instruction of one line; several thousand are possible."""
    return _filled(_PATTERNS, dice)


def poor_instruction(dice: random.Random) -> str:
    """A line that a filter or a critic should reject."""
    return _filled(_POOR, dice)


def sentence(topic: Sequence[str], dice: random.Random) -> str:
    """A sentence that uses the words of a topic (at least one)."""
    first, other = topic[0], topic[-1]
    return _filled(_SENTENCES, dice, topic=first, Topic=first.capitalize(), other=other)


def _filled(patterns: Sequence[str], dice: random.Random, **given: str) -> str:
    chosen = {name: _one_of(stock, dice) for name, stock in _STOCKS.items()}
    return _one_of(patterns, dice).format(**chosen, **given)


def _one_of(stock: Sequence[str], dice: random.Random) -> str:
    # Only `random()` keeps its sequence across versions of Python.
    return stock[int(dice.random() * len(stock))]
