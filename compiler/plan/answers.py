"""Programmatic checks of answers: JSON data that a held-out item carries, and what it means.

A check is a mapping with a `kind` and that kind's fields; `KINDS` lists them all. No check fails an
answer for being short ("4") or for going on after the right answer: only the part that answers is
read. Every check rejects an empty answer, a copy of the instruction, "yes", a refusal and a heap of
the item's own keywords; `weak_spots` shows for one item whether that holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

from compiler.plan import answer_text as t

Check = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Item:
    """What a check sees: the instruction, the response's own part, and all words of the item."""

    instruction: str
    answer: str
    own: frozenset[str]

    @property
    def paragraph(self) -> str:
        return t.paragraph(self.answer)

    @property
    def head(self) -> str:
        return t.head(self.answer)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of check: its fields (name to type), which of them are optional, and its meaning.

    `names_all_is_right` says that the check's words, one after the other, are themselves a right
    answer ("2, 5, 9"), so that they cannot be held against it.
    """

    name: str
    fields: Mapping[str, str]
    optional: frozenset[str]
    holds: Callable[[Check, Item], bool]
    names_all_is_right: bool = False


def passes(check: Check, instruction: str, response: str) -> bool:
    """Whether the response answers the instruction as the check wants it.

    Raises ValueError for a check that `validate` would not let through.
    """
    wrong = validate(check)
    if wrong:
        raise ValueError(wrong)
    answer = t.own_part(instruction, response)
    if t.says_nothing(instruction, answer):
        return False
    own = frozenset(t.words(instruction)) | {word for text in check_words(check) for word in t.words(text)}
    return _holds(check, Item(instruction, answer, own))


def validate(check: Check) -> str | None:
    """One sentence on what is wrong with a check, or None."""
    kind = _BY_NAME.get(str(check.get("kind")))
    if kind is None:
        return f"There is no check of kind {check.get('kind')!r}; the kinds are {', '.join(_BY_NAME)}."
    for name in check:
        if name != "kind" and name not in kind.fields:
            return f"The check {kind.name} has no field {name!r}; it has {', '.join(kind.fields)}."
    for name, wanted in kind.fields.items():
        if name not in check:
            if name not in kind.optional:
                return f"The check {kind.name} needs the field {name!r}."
        elif not _TYPES[wanted](check[name]):
            return f"The field {name!r} of the check {kind.name} must be {wanted}."
    return _consistent(kind, check)


def check_words(check: Check) -> list[str]:
    """The texts that a check looks for, in order: its forms, words, items and numbers."""
    found: list[str] = []
    for name, value in check.items():
        if name in {"kind", "pattern", "min_words", "n", "or_more", "min", "max", "tolerance", "series"}:
            continue
        if name == "checks":
            found += [text for inner in cast(Sequence[Check], value) for text in check_words(inner)]
        elif isinstance(value, str):
            found.append(value)
        elif isinstance(value, (int, float)):
            found.append(f"{value:g}")
        else:
            for entry in cast(Sequence[object], value):
                found += [entry] if isinstance(entry, str) else list(cast(Sequence[str], entry))
    return found


def ALWAYS_REJECT(check: Check, instruction: str) -> list[str]:
    """Answers that are wrong for this item whatever it asks: nothing, a copy, "yes", its keywords."""
    asked = t.content(instruction)
    looked_for = t.content(" ".join(check_words(check)))
    one_answer = any(set(looked_for) <= set(t.words(text)) for text in check_words(check))
    lists = [
        list(dict.fromkeys([*asked, *looked_for])),
        list(dict.fromkeys([*looked_for, *asked])),
        asked,
    ]
    if not one_answer and not _names_all_is_right(check):
        lists.append(looked_for)
    answers = [
        "",
        " \n\n",
        instruction,
        instruction.rstrip(" .?!"),
        f"Instruction: {instruction}\nResponse:",
        f"{instruction}\n{instruction}",
        "yes",
        "Yes.",
        "I'm sorry, but I can't help with that.",
    ]
    # A "list" of one or two words may well be the answer itself.
    return answers + [
        mark.join(entries) for entries in lists if len(entries) >= 3 for mark in (", ", " ", "\n")
    ]


def weak_spots(check: Check, instruction: str) -> list[str]:
    """The answers of `ALWAYS_REJECT` that the check wrongly accepts; none for a good item."""
    return [answer for answer in ALWAYS_REJECT(check, instruction) if passes(check, instruction, answer)]


# --- what the kinds mean -----------------------------------------------------------------------------


def _exact(check: Check, item: Item) -> bool:
    """The answer is `text`, whatever its case, final punctuation and articles."""
    return _names(item, [str(check["text"])], single=False)


def _one_of(check: Check, item: Item) -> bool:
    """The answer is one of `forms`, in the singular or plural, and not several of them."""
    forms = [variant for form in _strings(check, "forms") for variant in t.number_variants(form)]
    return _names(item, forms, single=True)


def _translation_table(check: Check, item: Item) -> bool:
    """The answer is any of `forms`, with or without accents; naming two of them is fine."""
    forms = [t.without_accents(form) for form in _strings(check, "forms")]
    own = frozenset(t.without_accents(word) for word in item.own)
    return _names(Item(item.instruction, t.without_accents(item.answer), own), forms, single=False)


def _number(check: Check, item: Item) -> bool:
    """The number given as the answer is `value`, give or take `tolerance`; digits or words.

    With `series` it is the first new number, and more may follow, as where a pattern goes on.
    """
    value, tolerance = _float(check, "value"), _float(check, "tolerance", 0.0)

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
    clause = _clause(sentence)
    return _leads_with(clause, right) or any(_only_new_number(x, asked, right) for x in (clause, sentence))


def _contains_all(check: Check, item: Item) -> bool:
    """A sentence or more with all `words` as whole words; an entry may be a list of alternatives."""
    text = item.paragraph
    return _is_prose(text, item, check) and all(_has_any(text, entry) for entry in _entries(check))


def _contains_any(check: Check, item: Item) -> bool:
    """A sentence or more with at least one of `words` as a whole word."""
    text = item.paragraph
    return _is_prose(text, item, check) and any(_has_any(text, entry) for entry in _entries(check))


def _excludes(check: Check, item: Item) -> bool:
    """A sentence or more without any of `words`."""
    text = item.paragraph
    return _is_prose(text, item, check) and not any(_has_any(text, entry) for entry in _entries(check))


def _list_of(check: Check, item: Item) -> bool:
    """`n` distinct things (`or_more` allows more), each of them in `among` where that is given."""
    entries = _listed(item.answer)
    count, more = cast(int, check["n"]), bool(check.get("or_more", False))
    if len(entries) < count or (len(entries) > count and not more):
        return False
    if "among" not in check:
        said = [" ".join(t.bare(entry)) for entry in entries]
        fresh = [entry for entry in entries if t.new_words(entry, item.instruction)]
        return all(said) and len(set(said)) == len(said) and len(fresh) == len(entries)
    named = [_named(entry, _strings(check, "among")) for entry in entries]
    flat = [name for names in named for name in names]
    return all(len(names) == 1 for names in named) and len(set(flat)) == len(flat)


def _order(check: Check, item: Item) -> bool:
    """The `items` occur once each, in this order, with nothing else listed among them."""
    wanted = [t.words(entry) for entry in _strings(check, "items")]
    text = item.head if sum(_occurs(item.head, form) for form in wanted) > 1 else item.paragraph
    text = text.rsplit(":", 1)[-1]
    given = t.words(text)
    places = sorted((at, index) for index, form in enumerate(wanted) for at in t.occurrences(form, given))
    used = sum(len(form) for form in wanted)
    rest_joins = used == len(given) or any(word in t.FUNCTION_WORDS for word in given)
    return [index for _, index in places] == list(range(len(wanted))) and rest_joins


def _sentence_count(check: Check, item: Item) -> bool:
    """Exactly `n` sentences in the first paragraph."""
    found = t.sentences(item.paragraph)
    return len(found) == check["n"] and all(_is_prose(sentence, item, check) for sentence in found)


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
    return t.words(item.answer)[: len(start)] == start and _is_prose(item.paragraph, item, check)


def _ends_with(check: Check, item: Item) -> bool:
    """The first sentence, line or paragraph ends with `text`, after something was said."""
    end = t.words(str(check["text"]))
    ends = (t.sentences(item.answer)[0], item.head, item.paragraph)
    return any(t.words(text)[-len(end) :] == end and _is_prose(text, item, check) for text in ends)


def _all_upper(check: Check, item: Item) -> bool:
    """All letters are capitals; with `text`, these words and no others."""
    return _in_case(check, item, str.isupper)


def _all_lower(check: Check, item: Item) -> bool:
    """No letter is a capital; with `text`, these words and no others."""
    return _in_case(check, item, str.islower)


def _matches(check: Check, item: Item) -> bool:
    """The regular expression `pattern` matches at the start of the answer."""
    heap = t.is_pile(item.paragraph, item.own)
    return not heap and re.match(str(check["pattern"]), item.answer) is not None


def _begins_letter(check: Check, item: Item) -> bool:
    """The first word begins with `letter`, is a word and not just the letter, and is not the item's own."""
    said = t.bare(item.head)
    if not said or t.is_bare_list(item.paragraph) or t.is_pile(item.paragraph, item.own):
        return False
    first = said[0]
    return len(first) > 1 and first[0] == str(check["letter"]).casefold() and first not in item.own


def _all_of(check: Check, item: Item) -> bool:
    """Every one of `checks` holds."""
    return all(_holds(inner, item) for inner in cast(Sequence[Check], check["checks"]))


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
    Kind("all_of", {"checks": "a list of checks"}, frozenset(), _all_of),
)
_BY_NAME = {kind.name: kind for kind in KINDS}


# --- shared by several kinds -------------------------------------------------------------------------


def _holds(check: Check, item: Item) -> bool:
    return _BY_NAME[str(check["kind"])].holds(check, item)


def _names(item: Item, forms: Sequence[str], single: bool) -> bool:
    """Whether the answer names one of the forms: alone, first, or where a full sentence names it."""
    wanted = [form for form in map(t.bare, forms) if form]
    if t.bare(item.paragraph) in wanted:
        return True
    if t.is_bare_list(item.paragraph) or t.is_pile(item.paragraph, item.own):
        return False
    text = item.head
    said = [word for word in t.located(text) if word.text not in t.ARTICLES]
    given = [word.text for word in said]
    asked = [word for word in t.words(item.instruction) if word not in t.ARTICLES]
    for form in wanted:
        for at in t.occurrences(form, given):
            before, after = text[: said[at].start], text[said[at + len(form) - 1].end :]
            leads = not t.sentences(before) or not re.search(r"[.!?]\s", before)
            named = leads and _introduces(given[:at], asked) and _closes(after, asked, wanted, single)
            # "A friend is someone who" only defines the word; "Paris is the capital" answers.
            if named and not _defines(after, asked):
                return True
    return False


def _introduces(before: Sequence[str], asked: Sequence[str]) -> bool:
    """Whether these words may come before the answer: none, "the answer is", or the question restated."""
    foreign = [word for word in before if word not in asked and word not in t.FUNCTION_WORDS | t.OPENERS]
    if t.NEGATIONS.intersection(before[-3:]) or len(foreign) > 2:
        return False  # another sentence, in which the answer's words happen to stand
    stem = list(before)
    while stem and stem[-1] in t.FILLERS | t.PREPOSITIONS:
        stem.pop()
    if all(word in t.OPENERS for word in stem) or stem[-1] in t.LINKS:
        return True
    if len(stem) == 1 or len(stem) < len(before):
        return stem[-1] in asked
    return any(True for _ in t.occurrences(before[-2:], asked))


def _defines(after: str, asked: Sequence[str]) -> bool:
    """Whether a sentence goes on with "is" and has nothing more to do with the question."""
    rest = t.words(t.sentences(after)[0]) if t.sentences(after) else []
    goes_on = bool(rest) and rest[0] in t.LINKS and after[:1].isspace()
    return goes_on and not any(word in asked for word in rest if word not in t.FUNCTION_WORDS)


def _closes(after: str, asked: Sequence[str], forms: Sequence[Sequence[str]], single: bool) -> bool:
    """Whether the answer ends here: at punctuation, or where the sentence goes on about the question."""
    rest = after.lstrip("\"')]")
    following = t.bare(t.sentences(rest)[0]) if t.sentences(rest) else []
    joined = re.match(r"\s*(?:,|/|;|&|\bor\b|\band\b)\s*(?:or\b|and\b)?", rest)
    if joined and joined.group().strip():
        tail = t.bare(rest[joined.end() :])
        if any(tail[: len(form)] == list(form) for form in forms):
            return not single
        word = joined.group().strip(" ,")
        if word in {"or", "/", "and", "&"}:
            return word in {"and", "&"} and bool(tail) and tail[0] in t.FUNCTION_WORDS
        return True
    if not rest.strip() or re.match(r"\s*[^\w\s'\"(-]|\s+[-–—(]|\s*\n", rest):
        return True
    return (
        rest[0].isspace() and bool(following) and (following[0] in t.FUNCTION_WORDS or following[0] in asked)
    )


def _clause(sentence: str) -> str:
    """The sentence up to where it begins to explain; all of it where a comma only adds a number."""
    parts = re.split(r",(?!\d)|[;(–—]|\b(?:because|since|which|so|as)\b", sentence, maxsplit=1)
    rest = parts[1] if len(parts) > 1 else ""
    offers_another = any(not rest[: number.start].strip() for number in t.numbers(rest)[:1])
    return sentence if offers_another and sentence[len(parts[0])] in ",;" else parts[0]


def _leads_with(clause: str, right: Callable[[t.Number], bool]) -> bool:
    """The clause begins with the right number and has no other."""
    found = t.numbers(clause)
    if not found or t.NEGATIONS.intersection(t.words(clause)):
        return False
    before = t.words(clause[: found[0].start])
    return all(word in t.OPENERS | t.LINKS | t.ARTICLES for word in before) and all(map(right, found))


def _only_new_number(text: str, asked: set[float], right: Callable[[t.Number], bool]) -> bool:
    """Of the numbers that the instruction does not give, the text has the right one alone."""
    found = t.numbers(text)
    if t.NEGATIONS.intersection(t.words(text)):
        return False
    if any(not text[a.end : b.start].strip(" ,") for a, b in pairwise(found)):
        return False  # "12, 13" offers two
    new = [number for number in found if number.value not in asked]
    if any(not number.spelled for number in new):
        new = [number for number in new if not number.spelled]  # "the two numbers make 12"
    return bool(new) and all(map(right, new))


def _is_prose(text: str, item: Item, check: Check) -> bool:
    """At least one sentence with enough words, words that bind it, and two words of its own."""
    least = cast(int, check.get("min_words", 3))
    return any(
        len(t.words(sentence)) >= least
        and t.new_words(sentence, item.instruction) >= 2
        and bool(t.FUNCTION_WORDS.intersection(t.words(sentence)))
        for sentence in [*t.sentences(text), text]
    )


def _has_any(text: str, entry: Sequence[str] | str) -> bool:
    return any(t.contains_form(text, form) for form in ([entry] if isinstance(entry, str) else entry))


def _listed(answer: str) -> list[str]:
    """The entries of a list: numbered or bulleted lines, short lines, or parts between commas and "and"."""
    marked: list[str] = []
    for line in answer.splitlines():
        mark = re.match(r"\s*(?:(\d+)[.)]|[-•+])\s*(.*)", line)
        if mark and mark.group(1) == "1" and marked:
            break  # a second list
        if mark and t.words(mark.group(2)):
            marked.append(mark.group(2))
        elif marked and line.strip():
            break
    if len(marked) > 1:
        return marked
    text = t.paragraph(answer)
    lines = [line for line in text.splitlines() if t.words(line)]
    if len(lines) > 1 and lines[0].rstrip().endswith(":"):
        lines = lines[1:]
    if len(lines) > 1 and not any("," in line for line in lines):
        return lines
    line = lines[0] if lines else ""
    line = re.sub(r"^[^,]*:\s+(?=\S)", "", line)
    inline = [part for part in re.split(r"(?:^|\s)\d+[.)]\s", line) if t.words(part)]
    if len(inline) > 1:
        return inline
    first = re.split(r"(?<=[.!?])\s", line, maxsplit=1)[0]
    return [part for part in re.split(r"[,;/&]|\band\b", first) if t.words(part)]


def _named(entry: str, among: Sequence[str]) -> list[str]:
    """Which things an entry names; of names inside one another only the longest counts."""
    found = [
        form for form in among if any(t.contains_form(entry, variant) for variant in t.number_variants(form))
    ]
    return [
        form for form in found if not any(form != other and t.contains_form(other, form) for other in found)
    ]


def _occurs(text: str, form: Sequence[str]) -> bool:
    return any(True for _ in t.occurrences(form, t.words(text)))


def _in_case(check: Check, item: Item, has_case: Callable[[str], bool]) -> bool:
    """The first line in the wanted case, with exactly the words of `text` where that is given."""
    line = item.head
    if t.is_bare_list(item.paragraph) or t.is_pile(item.paragraph, item.own):
        return False
    if "text" not in check:
        return has_case(line) and _is_prose(item.paragraph, item, check)
    wanted = t.words(str(check["text"]))
    said = t.located(line)
    place = next(iter(t.occurrences(wanted, [word.text for word in said])), None)
    if place is None or not (place == 0 or re.search(r"(?:\bis|:)\s*\"?$", line[: said[place].start])):
        return False
    end = said[place + len(wanted) - 1].end
    closes = not t.words(line[end:]) or line[end : end + 1] in {".", "!", "?", ",", ";", '"'}
    return closes and has_case(line[said[place].start : end])


# --- fields ------------------------------------------------------------------------------------------


def _names_all_is_right(check: Check) -> bool:
    if check["kind"] == "all_of":
        return all(_names_all_is_right(inner) for inner in cast(Sequence[Check], check["checks"]))
    if check["kind"] == "list_of":
        return len(cast(Sequence[str], check.get("among", ()))) <= cast(int, check["n"]) or bool(
            check.get("or_more")
        )
    return _BY_NAME[str(check["kind"])].names_all_is_right


def _strings(check: Check, field: str) -> list[str]:
    return list(cast(Sequence[str], check[field]))


def _entries(check: Check) -> list[Sequence[str] | str]:
    return list(cast(Sequence[Sequence[str] | str], check["words"]))


def _float(check: Check, field: str, default: float = 0.0) -> float:
    return float(cast(float, check.get(field, default)))


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(t.words(value))


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(_is_text(entry) for entry in value)


def _is_pattern(value: object) -> bool:
    try:
        re.compile(value if isinstance(value, str) else "(")
    except re.error:
        return False
    return bool(value)


_TYPES: dict[str, Callable[[object], bool]] = {
    "a text with words": _is_text,
    "a list of texts": _is_texts,
    "a list of words": lambda value: (
        isinstance(value, list)
        and bool(value)
        and all(_is_text(entry) or _is_texts(entry) for entry in value)
    ),
    "a number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "a whole number above 0": lambda value: (
        isinstance(value, int) and not isinstance(value, bool) and value > 0
    ),
    "true or false": lambda value: isinstance(value, bool),
    "a regular expression": _is_pattern,
    "one letter": lambda value: isinstance(value, str) and len(value) == 1 and value.isalpha(),
    "a list of checks": lambda value: (
        isinstance(value, list) and len(value) > 1 and all(isinstance(entry, Mapping) for entry in value)
    ),
}


def _consistent(kind: Kind, check: Check) -> str | None:
    """What the types of the fields cannot say."""
    if kind.name == "all_of":
        return next(
            (wrong for inner in cast(Sequence[Check], check["checks"]) if (wrong := validate(inner))), None
        )
    if kind.name == "number" and _float(check, "tolerance") < 0:
        return "The field 'tolerance' of the check number must not be below 0."
    if kind.name == "word_count":
        if "min" not in check and "max" not in check:
            return "The check word_count needs 'min' or 'max'."
        if _float(check, "min", 1) > _float(check, "max", float("inf")):
            return "The field 'min' of the check word_count is above 'max', so that nothing can pass."
    if kind.name == "list_of" and "among" in check and len(_strings(check, "among")) < cast(int, check["n"]):
        return "The check list_of asks for more things than 'among' has, so that nothing can pass."
    if kind.name == "order" and len(set(_strings(check, "items"))) < max(2, len(_strings(check, "items"))):
        return "The check order needs two items or more, all different."
    return None
