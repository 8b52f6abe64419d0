"""Reading an answer as text: its words, its first sentence, and what it merely copies from the question.

Everything that the checks in `answers` share. Pure and small; no check decides anything here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache

from compiler.frozen import Frozen


def listing(text: str) -> frozenset[str]:
    """The words of a text as a set: word lists are easier to read without quotes and commas."""
    return frozenset(text.split())


ARTICLES = listing("a an the")

# Words that hold sentences together. A pile of keywords has none of them; a sentence has some.
FUNCTION_WORDS = ARTICLES | listing(
    """i you he she it we they me him her us them my your his its our their this that these those who
    which what when where why how there here is are was were be been being am do does did has have had
    can could will would shall should may might must not no of in on at to for with from by about into
    over under after before between through during without as than and or but so because if while since
    although though until then very too also it's i'm he's she's that's don't doesn't isn't aren't
    called named"""
)

HEAP = 5  # entries of a list

# Verbs after which a full-sentence answer names the thing: "The capital of France is Paris."
LINKS = listing("is are was were be equals equal means mean called named becomes become it's that's")

# Words that may stand between such a verb and the answer, or before a bare answer.
FILLERS = listing("word number letter called named simply just also usually always about")
PREPOSITIONS = listing("in on at to by with from of into for")
OPENERS = listing("answer correct right so well sure ok okay i think it this that they would")

NEGATIONS = listing("not never no isn't aren't wasn't weren't")

_WORD = re.compile(r"\d+(?:,\d{3})+(?:\.\d+)?|\d+\.\d+|[^\W_]+(?:'[^\W_]+)*")
_LABEL = re.compile(r"(?:instruction|question|response|answer|output|q|a|r)\s*:\s*", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+|\n+")
_OFFERS_B = re.compile(r"(?<![\w'])B(?![\w'])")
_LISTS_B = re.compile(r"^\s*B\s*[:.)]", re.MULTILINE)


class Word(Frozen):
    """A word in lower case and where it stands in the text."""

    text: str
    start: int
    end: int


def plain(text: str) -> str:
    """Straight quotes, no markdown emphasis, one unicode form; lines are kept."""
    text = unicodedata.normalize("NFKC", text)
    text = text.replace("’", "'").replace("‘", "'").replace("“", '"').replace("”", '"')
    return re.sub(r"[*`]+|_(?=\w)|(?<=\w)_", "", text)


def without_accents(text: str) -> str:
    """The text in letters without accents: many keyboards, and small models, leave them out."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def located(text: str) -> list[Word]:
    """The words of a (plain) text with their places. "1,000" and "3.5" are one word each."""
    return [Word(_folded(m.group()), m.start(), m.end()) for m in _WORD.finditer(text)]


def words(text: str) -> list[str]:
    """The words of a text: lower case, no punctuation, quotes straightened."""
    return list(_words(text))


@lru_cache(maxsize=4096)  # one answer's checks ask for the same words many times
def _words(text: str) -> tuple[str, ...]:
    return tuple(map(_folded, _WORD.findall(plain(text))))


def _folded(word: str) -> str:
    return word.casefold().replace(",", "")


def bare(text: str) -> list[str]:
    """The words without articles: what two answers are compared by."""
    return [word for word in words(text) if word not in ARTICLES]


def content(text: str) -> list[str]:
    """The words that carry meaning, each once, in order."""
    return list(dict.fromkeys(word for word in words(text) if word not in FUNCTION_WORDS))


def sentences(text: str) -> list[str]:
    """The sentences of a text; a new line ends a sentence too."""
    return [part.strip() for part in _SENTENCE_END.split(text) if words(part)]


def paragraph(text: str) -> str:
    """Everything before the first blank line: a base model's answer, before it runs away."""
    return re.split(r"\n[ \t]*\n", text.strip(), maxsplit=1)[0].strip()


def head(text: str) -> str:
    """The first line; the second as well where the first only announces it ("The answer is:")."""
    lines = [line.strip() for line in text.splitlines() if words(line)]
    if len(lines) > 1 and lines[0].endswith(":"):
        return f"{lines[0]} {lines[1]}"
    return lines[0] if lines else ""


def own_part(instruction: str, response: str) -> str:
    """What the response adds: without labels such as "Response:" and without a copy of the instruction.

    "A:" is no label where there is a B too: then it names one of the options. Where the instruction ends in
    an open list ("..: apple, pear,"), the list alone may be copied too.
    """
    text = plain(response).strip()
    copied = [words(instruction)]
    names_options = bool(_OFFERS_B.search(plain(instruction)) or _LISTS_B.search(text))
    if instruction.rstrip().endswith(","):
        copied.append(words(instruction.rsplit(":", 1)[-1]))
    while text:
        label = _LABEL.match(text)
        given = located(text)
        copy = next((c for c in copied if c and [word.text for word in given[: len(c)]] == c), None)
        if label and not (names_options and re.match(r"A\s*:", text)):
            text = text[label.end() :].lstrip()
        elif copy:
            text = text[given[len(copy) - 1].end :].lstrip(" \t\n.,?!:\"'…_")
        else:
            break
    return text


def is_bare_list(text: str) -> bool:
    """Three or more entries of one or two content words each, set apart by commas or lines. Where
    five or more differ, function words may stand alone: "penguins, it, they, fly, swim"."""
    entries = _entries(text)
    alone = len(set(map(tuple, entries))) >= HEAP
    return len(entries) >= 3 and all(
        len(entry) <= 2 and (FUNCTION_WORDS.isdisjoint(entry) or (alone and FUNCTION_WORDS.issuperset(entry)))
        for entry in entries
    )


def is_heap(text: str) -> bool:
    """A bare list of so many different entries that one of them is bound to be looked for."""
    return is_bare_list(text) and len(set(map(tuple, _entries(text)))) >= HEAP


def _entries(text: str) -> list[list[str]]:
    return [words(entry) for entry in re.split(r"[,;\n]|(?:^|\s)[-•]\s", text) if words(entry)]


def is_pile(text: str, item_words: Collection[str]) -> bool:
    """Three different words or more, all from the item itself, and none that makes a sentence of them."""
    given = set(words(text))
    return len(given) >= 3 and given <= set(item_words) and not given & FUNCTION_WORDS


def new_words(text: str, instruction: str) -> int:
    """How many different words the text has that the instruction has not."""
    return len(set(words(text)) - set(words(instruction)))


def occurrences(form: Sequence[str], given: Sequence[str]) -> Iterator[int]:
    """Where a sequence of words begins inside another."""
    return (at for at in range(len(given) - len(form) + 1) if list(given[at : at + len(form)]) == list(form))


def contains_form(text: str, form: str) -> bool:
    """Whether the form occurs as whole words."""
    wanted = words(form)
    return bool(wanted) and any(True for _ in occurrences(wanted, words(text)))


def number_variants(form: str) -> tuple[str, ...]:
    """A noun as written and in its regular plural, for lists where either is right."""
    plural = form[:-1] + "ies" if re.search(r"[^aeiou]y$", form) else form + "s"
    return form, plural, form + "es"


_UNITS = re.findall(
    r"\w+",
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen",
)
_DECADES = re.findall(r"\w+", "twenty thirty forty fifty sixty seventy eighty ninety")
_TENS = dict(zip(_DECADES, range(20, 100, 10), strict=True))
_SMALL = {word: value for value, word in enumerate(_UNITS)} | _TENS
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000}


class Number(Frozen):
    """A number in a text, written in digits or in words."""

    value: float
    start: int
    end: int
    spelled: bool


def numbers(text: str) -> list[Number]:
    """All numbers of a plain text in order: 12, -3, 1,000, 2.5, "forty-two", "a dozen" as 12."""
    found = [
        Number(float(m.group().replace(",", "").replace("−", "-")), m.start(), m.end(), False)
        for m in re.finditer(r"(?<![\w.])[-−]?(?:\d+(?:,\d{3})+|\d+)(?:\.\d+)?", text)
    ]
    return sorted([*found, *_spelled(text)], key=lambda number: number.start)


def _spelled(text: str) -> list[Number]:
    """Numbers in words: runs such as "one hundred and five", read from left to right."""
    result: list[Number] = []
    run: list[Word] = []
    for word in [*located(text), Word("", len(text), len(text))]:
        near = not run or not re.search(r"[^\s-]", text[run[-1].end : word.start])
        if near and (word.text in _SMALL or word.text in _SCALES or (run and word.text == "and")):
            run.append(word)
            continue
        while run and run[-1].text == "and":
            run.pop()
        if run:
            result.append(Number(_read(run), run[0].start, run[-1].end, True))
        run = [word] if word.text in _SMALL or word.text in _SCALES else []
        if word.text == "dozen":
            result.append(Number(12, word.start, word.end, True))
    return result


def _read(run: Sequence[Word]) -> float:
    total = current = 0
    for word in run:
        if word.text in _SMALL:
            current += _SMALL[word.text]
        elif word.text == "hundred":
            current = max(current, 1) * 100
        elif word.text in _SCALES:
            total, current = total + max(current, 1) * _SCALES[word.text], 0
    return float(total + current)
