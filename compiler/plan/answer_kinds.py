"""The kinds of answer checks: one function for what each means, and the `KINDS` that list them all."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from compiler.frozen import Frozen
from compiler.plan import answer_text as t
from compiler.plan.answer_fields import Check, float_of, strings, word_entries
from compiler.plan.answer_judgements import choice, revises
from compiler.plan.answer_reading import (
    Item,
    clause_of,
    has_any,
    in_case,
    is_prose,
    leads_with,
    listed,
    named_in,
    names_form,
    occurs,
    only_new_number,
)

# Of a regular expression: what must not stand before or behind.
_MUST_NOT = re.compile(r"\(\?<?!(?:[^()]|\([^()]*\))*\)")


class Kind(Frozen):
    """One kind of check: its fields (name to type), which of them are optional, and its meaning.

    `names_all_is_right` says that the check's words, one after the other, are themselves a right
    answer ("2, 5, 9"), so that they cannot be held against it.
    """

    name: str
    fields: Mapping[str, str]
    optional: frozenset[str]
    holds: Callable[[Check, Item], bool]
    names_all_is_right: bool = False


def _exact(check: Check, item: Item) -> bool:
    """The answer is `text`, whatever its case, final punctuation and articles."""
    return names_form(item, [str(check["text"])], single=False)


def _one_of(check: Check, item: Item) -> bool:
    """The answer is one of `forms`, in the singular or plural, and not several of them."""
    forms = [variant for form in strings(check, "forms") for variant in t.number_variants(form)]
    return names_form(item, forms, single=True)


def _translation_table(check: Check, item: Item) -> bool:
    """The answer is any of `forms`, with or without accents; naming two of them is fine."""
    forms = [t.without_accents(form) for form in strings(check, "forms")]
    own = frozenset(t.without_accents(word) for word in item.own)
    return names_form(Item(item.instruction, t.without_accents(item.answer), own), forms, single=False)


def _number(check: Check, item: Item) -> bool:
    """The number given as the answer is `value`, give or take `tolerance`; digits or words.

    With `series` it is the first new number, and more may follow, as where a pattern goes on.
    """
    value, tolerance = float_of(check, "value"), float_of(check, "tolerance", 0.0)

    def right(number: t.Number) -> bool:
        return abs(number.value - value) <= tolerance + 1e-9

    line = item.head
    asked = {number.value for number in t.numbers(t.plain(item.instruction))}
    if check.get("series"):
        new = [number for number in t.numbers(line) if number.value not in asked]
        heap = any(word not in t.FUNCTION_WORDS and not word.isdigit() for word in t.words(item.paragraph))
        return bool(new) and right(new[0]) and not (heap and t.is_pile(item.paragraph, item.own))
    result = re.search(r"=\s*\$?([-−]?[\d.,]*\d)(?!\s*[-+*/×÷=])", line)
    if result:
        return any(right(number) for number in t.numbers(result.group(1)))
    if t.is_pile(item.paragraph, item.own) or (t.is_bare_list(item.paragraph) and len(t.numbers(line)) != 1):
        return False
    sentence = t.sentences(line)[0]
    clause = clause_of(sentence)
    return leads_with(clause, right) or any(only_new_number(x, asked, right) for x in (clause, sentence))


def _contains_all(check: Check, item: Item) -> bool:
    """A sentence or more with all `words` as whole words; an entry may be a list of alternatives."""
    text = item.paragraph
    return is_prose(text, item, check) and all(has_any(text, entry) for entry in word_entries(check))


def _contains_any(check: Check, item: Item) -> bool:
    """A sentence or more with at least one of `words` as a whole word."""
    text = item.paragraph
    return is_prose(text, item, check) and any(has_any(text, entry) for entry in word_entries(check))


def _excludes(check: Check, item: Item) -> bool:
    """A sentence or more without any of `words`."""
    text = item.paragraph
    return is_prose(text, item, check) and not any(has_any(text, entry) for entry in word_entries(check))


def _list_of(check: Check, item: Item) -> bool:
    """`n` distinct things (`or_more` allows more), each of them in `among` where that is given."""
    entries = listed(item.answer)
    count, more = cast(int, check["n"]), bool(check.get("or_more", False))
    if len(entries) < count or (len(entries) > count and not more):
        return False
    if "among" not in check:
        said = [" ".join(t.bare(entry)) for entry in entries]
        fresh = [entry for entry in entries if t.new_words(entry, item.instruction)]
        return all(said) and len(set(said)) == len(said) and len(fresh) == len(entries)
    named = [named_in(entry, strings(check, "among")) for entry in entries]
    flat = [name for names in named for name in names]
    return all(len(names) == 1 for names in named) and len(set(flat)) == len(flat)


def _order(check: Check, item: Item) -> bool:
    """The `items` occur once each, in this order, with nothing else listed among them."""
    wanted = [t.words(entry) for entry in strings(check, "items")]
    text = item.head if sum(occurs(item.head, form) for form in wanted) > 1 else item.paragraph
    text = text.rsplit(":", 1)[-1]
    given = t.words(text)
    places = sorted((at, index) for index, form in enumerate(wanted) for at in t.occurrences(form, given))
    used = sum(len(form) for form in wanted)
    rest_joins = used == len(given) or any(word in t.FUNCTION_WORDS for word in given)
    return [index for _, index in places] == list(range(len(wanted))) and rest_joins


def _sentence_count(check: Check, item: Item) -> bool:
    """Exactly `n` sentences in the first paragraph."""
    found = t.sentences(item.paragraph)
    return len(found) == check["n"] and all(is_prose(sentence, item, check) for sentence in found)


def _word_count(check: Check, item: Item) -> bool:
    """From `min` to `max` words in the first paragraph, half of them new or more."""
    said = t.words(item.paragraph)
    low, high = cast(int, check.get("min", 1)), cast(int | None, check.get("max"))
    asked = t.words(item.instruction)
    new = sum(word not in asked for word in said)
    if t.is_pile(item.paragraph, item.own):
        return False
    return low <= len(said) and (high is None or len(said) <= high) and 2 * new >= len(said)


def _starts_with(check: Check, item: Item) -> bool:
    """Begins with `text` and goes on to say something."""
    start = t.words(str(check["text"]))
    return t.words(item.answer)[: len(start)] == start and is_prose(item.paragraph, item, check)


def _ends_with(check: Check, item: Item) -> bool:
    """The first sentence, line or paragraph ends with `text`, after something was said."""
    end = t.words(str(check["text"]))
    ends = (t.sentences(item.answer)[0], item.head, item.paragraph)
    return any(t.words(text)[-len(end) :] == end and is_prose(text, item, check) for text in ends)


def _all_upper(check: Check, item: Item) -> bool:
    """All letters are capitals; with `text`, these words and no others."""
    return in_case(check, item, str.isupper)


def _all_lower(check: Check, item: Item) -> bool:
    """No letter is a capital; with `text`, these words and no others."""
    return in_case(check, item, str.islower)


def _matches(check: Check, item: Item) -> bool:
    """The regular expression `pattern` matches at the start of the answer, which is no heap of its words."""
    # "Nine, eight, seven" goes on with a series; "red, white, circle, sun" names what may be looked for.
    keywords = t.FUNCTION_WORDS.union(t.words(" ".join(pattern_words(check))))
    heap = t.is_heap(item.paragraph) and keywords.issuperset(t.words(item.paragraph))
    return (
        not heap
        and not t.is_pile(item.paragraph, item.own)
        and re.match(str(check["pattern"]), item.answer) is not None
    )


def pattern_words(check: Check) -> list[str]:
    """The words of three letters or more that stand in a pattern, but for those that must not follow."""
    wanted = _MUST_NOT.sub(" ", str(check.get("pattern", "")))
    return re.findall(r"(?<!\\)\b[A-Za-z']{3,}", wanted)


def _begins_letter(check: Check, item: Item) -> bool:
    """The first word begins with `letter`, is a word and not just the letter, and is not the item's own."""
    said = t.bare(item.head)
    if not said or t.is_bare_list(item.paragraph) or t.is_pile(item.paragraph, item.own):
        return False
    first = said[0]
    return len(first) > 1 and first[0] == str(check["letter"]).casefold() and first not in item.own


def _all_of(check: Check, item: Item) -> bool:
    """Every one of `checks` holds."""
    return all(holds(inner, item) for inner in cast(Sequence[Check], check["checks"]))


_PROSE = {"min_words": "a whole number above 0"}
_PROSE_OPTIONAL = frozenset(_PROSE)

KINDS: tuple[Kind, ...] = (
    Kind("exact", {"text": "a text with words"}, frozenset(), _exact, names_all_is_right=True),
    Kind("one_of", {"forms": "a list of texts"}, frozenset(), _one_of),
    Kind("translation_table", {"forms": "a list of texts"}, frozenset(), _translation_table),
    Kind(
        "number",
        {"value": "a number", "tolerance": "a number", "series": "true or false"},
        frozenset({"tolerance", "series"}),
        _number,
        names_all_is_right=True,
    ),
    Kind("contains_all", {"words": "a list of words", **_PROSE}, _PROSE_OPTIONAL, _contains_all),
    Kind("contains_any", {"words": "a list of words", **_PROSE}, _PROSE_OPTIONAL, _contains_any),
    Kind("excludes", {"words": "a list of words", **_PROSE}, _PROSE_OPTIONAL, _excludes),
    Kind(
        "list_of",
        {"n": "a whole number above 0", "among": "a list of texts", "or_more": "true or false"},
        frozenset({"among", "or_more"}),
        _list_of,
    ),
    Kind("order", {"items": "a list of texts"}, frozenset(), _order, names_all_is_right=True),
    Kind("sentence_count", {"n": "a whole number above 0", **_PROSE}, _PROSE_OPTIONAL, _sentence_count),
    Kind(
        "word_count",
        {"min": "a whole number above 0", "max": "a whole number above 0"},
        frozenset({"min", "max"}),
        _word_count,
    ),
    Kind("starts_with", {"text": "a text with words", **_PROSE}, _PROSE_OPTIONAL, _starts_with),
    Kind("ends_with", {"text": "a text with words", **_PROSE}, _PROSE_OPTIONAL, _ends_with),
    Kind(
        "all_upper", {"text": "a text with words"}, frozenset({"text"}), _all_upper, names_all_is_right=True
    ),
    Kind(
        "all_lower", {"text": "a text with words"}, frozenset({"text"}), _all_lower, names_all_is_right=True
    ),
    Kind("matches", {"pattern": "a regular expression"}, frozenset(), _matches, names_all_is_right=True),
    Kind("begins_letter", {"letter": "one letter"}, frozenset(), _begins_letter),
    Kind("choice", {"forms": "a list of texts", "others": "a list of texts"}, frozenset(), choice),
    Kind(
        "revises",
        {"words": "a list of words", "without": "a list of texts", "max": "a whole number above 0"},
        frozenset({"without", "max"}),
        revises,
    ),
    Kind("all_of", {"checks": "a list of checks"}, frozenset(), _all_of),
)
BY_NAME = {kind.name: kind for kind in KINDS}


def holds(check: Check, item: Item) -> bool:
    return BY_NAME[str(check["kind"])].holds(check, item)
