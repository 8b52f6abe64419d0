"""Reading an answer: what a check sees of it, and the prose, lists and numbers that kinds look for."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import cast

from compiler.frozen import Frozen
from compiler.plan import answer_text as t
from compiler.plan.answer_fields import Check


class Item(Frozen):
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


def names_form(item: Item, forms: Sequence[str], single: bool) -> bool:
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


def clause_of(sentence: str) -> str:
    """The sentence up to where it begins to explain; all of it where a comma only adds a number."""
    parts = re.split(r",(?!\d)|[;(–—]|\b(?:because|since|which|so|as)\b", sentence, maxsplit=1)
    rest = parts[1] if len(parts) > 1 else ""
    offers_another = any(not rest[: number.start].strip() for number in t.numbers(rest)[:1])
    return sentence if offers_another and sentence[len(parts[0])] in ",;" else parts[0]


def leads_with(clause: str, right: Callable[[t.Number], bool]) -> bool:
    """The clause begins with the right number and has no other."""
    found = t.numbers(clause)
    if not found or t.NEGATIONS.intersection(t.words(clause)):
        return False
    before = t.words(clause[: found[0].start])
    return all(word in t.OPENERS | t.LINKS | t.ARTICLES for word in before) and all(map(right, found))


def only_new_number(text: str, asked: set[float], right: Callable[[t.Number], bool]) -> bool:
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


def is_prose(text: str, item: Item, check: Check) -> bool:
    """At least one sentence with enough words, words that bind it, and two of its own; no heap of words."""
    least = cast(int, check.get("min_words", 3))
    return not t.is_heap(text) and any(
        len(t.words(sentence)) >= least
        and t.new_words(sentence, item.instruction) >= 2
        and bool(t.FUNCTION_WORDS.intersection(t.words(sentence)))
        for sentence in [*t.sentences(text), text]
    )


def has_any(text: str, entry: Sequence[str] | str) -> bool:
    return any(t.contains_form(text, form) for form in ([entry] if isinstance(entry, str) else entry))


def listed(answer: str) -> list[str]:
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


def named_in(entry: str, among: Sequence[str]) -> list[str]:
    """Which things an entry names; of names inside one another only the longest counts."""
    found = [
        form for form in among if any(t.contains_form(entry, variant) for variant in t.number_variants(form))
    ]
    return [
        form for form in found if not any(form != other and t.contains_form(other, form) for other in found)
    ]


def occurs(text: str, form: Sequence[str]) -> bool:
    return any(True for _ in t.occurrences(form, t.words(text)))


def in_case(check: Check, item: Item, has_case: Callable[[str], bool]) -> bool:
    """The first line in the wanted case, with exactly the words of `text` where that is given."""
    line = item.head
    if t.is_bare_list(item.paragraph) or t.is_pile(item.paragraph, item.own):
        return False
    if "text" not in check:
        return has_case(line) and is_prose(item.paragraph, item, check)
    wanted = t.words(str(check["text"]))
    said = t.located(line)
    place = next(iter(t.occurrences(wanted, [word.text for word in said])), None)
    if place is None or not (place == 0 or re.search(r"(?:\bis|:)\s*\"?$", line[: said[place].start])):
        return False
    end = said[place + len(wanted) - 1].end
    closes = not t.words(line[end:]) or line[end : end + 1] in {".", "!", "?", ",", ";", '"'}
    return closes and has_case(line[said[place].start : end])
