"""Two kinds of checks whose answers are made of the item's own words: a choice, and a revised text.

The other kinds hold such words against an answer, for elsewhere they are an echo.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from compiler.plan import answer_text as t
from compiler.plan.answer_fields import Check, float_of, strings, word_entries
from compiler.plan.answer_reading import Item, has_any

# What may stand before a judgement, besides words of the item: "I would give it a 4", "Option B".
_ANNOUNCES = t.listing(
    """choose pick take prefer give rate say would i'd answer reply response option choice number letter
    verdict rating score mark grade label better best final one statement it's that's"""
)
_GOES_ON = t.listing("out point points star stars mark marks fits answers")
_CONDITIONS = t.listing("if whether unless")


def choice(check: Check, item: Item) -> bool:
    """The first sentence settles on one of `forms` before any of `others`; "A" is no article."""
    if t.is_bare_list(item.paragraph) or t.is_pile(item.paragraph, item.own):
        return False
    sentence = t.sentences(item.head)[0]
    named = sorted(
        [
            *((place, True) for place in _places(sentence, strings(check, "forms"))),
            *((place, False) for place in _places(sentence, strings(check, "others"))),
        ],
        key=lambda entry: (entry[0][0], -entry[0][1]),
    )
    if not named or not named[0][1] or sentence.rstrip("\"')]").endswith("?"):
        return False
    (start, end), _ = named[0]
    before = t.words(sentence[:start])
    known = t.FUNCTION_WORDS | t.OPENERS | _ANNOUNCES | frozenset(t.words(item.instruction))
    if _CONDITIONS.intersection(before) or t.NEGATIONS.intersection(before[-3:]) or set(before) - known:
        return False
    rest = sentence[end:]
    for (at, until), right in named[1:]:
        # Between it and the label before: "incorrect, wrong, correct" leaves both open too.
        last = max(stop for (_, stop), _ in named if stop <= at or stop == end)
        if not right and _offers_both(sentence[last:at], sentence[at:until]):
            return False
    following = t.words(rest)[:1]
    if not following or not re.match(r"\s+[\w']", rest):
        return True
    # A letter or a number may belong to what follows it: "A dog" and "four dogs" choose nothing.
    is_label = end - start == 1 or bool(t.numbers(sentence[start:end]))
    goes_on = t.FUNCTION_WORDS | _GOES_ON if is_label else known
    return following[0] in goes_on - _CONDITIONS


def revises(check: Check, item: Item) -> bool:
    """The first line has all `words`, none of `without` and at most `max` words; no word need be new."""
    line = item.head
    written = re.match(r"\W*[A-Z\d].*[.!?]\W*$", line)  # "Rex ran ten miles." is all keywords, and yet right
    wanted = {word for entry in word_entries(check) for form in _forms(entry) for word in t.words(form)}
    only_keywords = t.is_pile(line, item.own) or set(t.words(line)) - {"and", "or"} <= wanted
    if t.is_bare_list(item.paragraph) or (only_keywords and not written):
        return False
    banned = strings(check, "without") if "without" in check else []
    return (
        len(t.words(line)) <= float_of(check, "max", float("inf"))
        and all(has_any(line, entry) for entry in word_entries(check))
        and not has_any(line, banned)
    )


def _forms(entry: Sequence[str] | str) -> Sequence[str]:
    return [entry] if isinstance(entry, str) else entry


def _places(text: str, forms: list[str]) -> list[tuple[int, int]]:
    """Where the forms stand; a single letter only as a capital, for "a dog" chooses nothing."""
    said = t.located(text)
    spoken = [word.text for word in said]
    places = [
        (said[at].start, said[at + len(words) - 1].end)
        for words in map(t.words, forms)
        for at in t.occurrences(words, spoken)
    ]
    return [(start, end) for start, end in places if end - start > 1 or not text[start].islower()]


def _offers_both(between: str, other: str) -> bool:
    """Whether what stands between two labels leaves both open: "A or B", "right/wrong", "1 (bad) to 5"."""
    said = t.words(between)
    if other.isdigit():
        return between.strip() in {"", ",", "-", "–", "and"} or bool({"or", "nor", "to"} & set(said))
    if between.strip() == ":":
        return False  # "B: A kind of cheese" names an option, and its text begins with an article
    return not said or said in (["and"], ["and", "the"]) or bool({"or", "nor"} & set(said))
