"""Writes held_out/judged_sums_test.jsonl: 1,000 claims about sums and formats, each to be judged.

Forty skeletons, twenty-five claims of each, as many right as wrong; a wrong claim is a near miss. Run it
as `python specs/shared/data/make_judged_sums.py`; the same seed gives the same bytes on every Python,
for only `Random.random` is used, whose sequence is fixed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from random import Random

SEED = 20_250_401
CLAIMS_PER_SKELETON = 25
OUTPUT = Path(__file__).parent / "held_out" / "judged_sums_test.jsonl"

# The words that answer a claim: those for "it holds", then those for "it does not".
Pair = tuple[tuple[str, ...], tuple[str, ...]]
RIGHT: Pair = (("right", "correct"), ("wrong", "incorrect", "not right", "not correct"))
CORRECT: Pair = (("correct", "right"), ("incorrect", "wrong", "not correct", "not right"))
ACCURATE: Pair = (("accurate", "right", "correct"), ("mistaken", "wrong", "incorrect", "inaccurate"))
PASS: Pair = (("pass", "passes"), ("fail", "fails"))
KEPT: Pair = (("kept", "keeps", "keep"), ("broken", "breaks", "break"))

WORDS: list[str] = re.findall(
    r"\w+",
    """apple river candle window garden yellow winter pencil basket mirror carpet island silver monkey orange
    ticket button forest hammer ladder copper dinner velvet anchor kitten pepper tunnel market saddle rabbit
    bread chair cloud dream earth field glass house knife lemon music night ocean paper queen stone table
    uncle voice water youth zebra""",
)
NAMES: list[str] = re.findall(
    r"\w+", "Ada Ben Cleo Dario Elif Finn Greta Hugo Irma Jonas Kira Luis Mona Nils Olga Pavel"
)

Fields = dict[str, object]
Maker = Callable[["Draw", bool], Fields]


class Draw:
    """Random choices from one seed, all made of `Random.random`."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def number(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int(self._random.random() * (high - low + 1))

    def words(self, count: int) -> list[str]:
        """Different words."""
        left = list(WORDS)
        return [left.pop(self.number(0, len(left) - 1)) for _ in range(count)]

    def name(self) -> str:
        return NAMES[self.number(0, len(NAMES) - 1)]

    def near(self, value: int) -> int:
        """A number close to `value`, as a slip of the pen gives it."""
        slips = [value + step for step in (-10, -2, -1, 1, 2, 10) if value + step >= 0]
        return slips[self.number(0, len(slips) - 1)]


def add(draw: Draw, right: bool) -> Fields:
    a, b = draw.number(3, 89), draw.number(3, 89)
    return {"a": a, "b": b, "c": a + b if right else draw.near(a + b), "who": draw.name()}


def add_three(draw: Draw, right: bool) -> Fields:
    a, b, d = (draw.number(2, 30) for _ in range(3))
    return {"a": a, "b": b, "d": d, "c": a + b + d if right else draw.near(a + b + d), "who": draw.name()}


def take(draw: Draw, right: bool) -> Fields:
    b, rest = draw.number(3, 60), draw.number(2, 60)
    return {"a": b + rest, "b": b, "c": rest if right else draw.near(rest), "who": draw.name()}


def times(draw: Draw, right: bool) -> Fields:
    a, b = draw.number(2, 15), draw.number(3, 12)
    return {"a": a, "b": b, "c": a * b if right else draw.near(a * b), "who": draw.name()}


def share(draw: Draw, right: bool) -> Fields:
    b, each = draw.number(2, 9), draw.number(3, 25)
    return {"a": b * each, "b": b, "c": each if right else draw.near(each), "who": draw.name()}


def double(draw: Draw, right: bool) -> Fields:
    a = draw.number(11, 480)
    return {"a": a, "c": 2 * a if right else draw.near(2 * a), "who": draw.name()}


def compare(draw: Draw, right: bool) -> Fields:
    small = draw.number(11, 960)
    large = small + draw.number(1, 30)
    return {"a": large if right else small, "b": small if right else large, "who": draw.name()}


def parity(draw: Draw, right: bool) -> Fields:
    a = draw.number(10, 499)
    return {"a": 2 * a if right else 2 * a + 1, "who": draw.name()}


def series(draw: Draw, right: bool) -> Fields:
    a, step = draw.number(1, 40), draw.number(2, 9)
    end = a + 4 * step
    run = f"{a}, {a + step}, {a + 2 * step}, {a + 3 * step}"
    return {"run": run, "c": end if right else draw.near(end), "who": draw.name()}


def count_words(draw: Draw, right: bool) -> Fields:
    n = draw.number(3, 7)
    said = n if right else n + (1 if draw.number(0, 1) else -1)
    return {"text": " ".join(draw.words(n)), "n": said, "who": draw.name()}


def count_letters(draw: Draw, right: bool) -> Fields:
    (word,) = draw.words(1)
    off = (-1, 1, 2)[draw.number(0, 2)]
    return {"text": word, "n": len(word) + (0 if right else off), "who": draw.name()}


def first_letter(draw: Draw, right: bool) -> Fields:
    word, other = draw.words(2)
    while other[0] == word[0]:
        (other,) = draw.words(1)
    return {"text": word, "letter": (word if right else other)[0].upper(), "who": draw.name()}


def last_letter(draw: Draw, right: bool) -> Fields:
    word, other = draw.words(2)
    while other[-1] == word[-1]:
        (other,) = draw.words(1)
    return {"text": word, "letter": (word if right else other)[-1], "who": draw.name()}


def alphabet(draw: Draw, right: bool) -> Fields:
    said = sorted(draw.words(4))
    if not right:
        at = draw.number(0, 2)
        said[at], said[at + 1] = said[at + 1], said[at]
    return {"text": ", ".join(said), "who": draw.name()}


def ascending(draw: Draw, right: bool) -> Fields:
    run = [draw.number(1, 20)]
    for _ in range(4):
        run.append(run[-1] + draw.number(1, 19))
    if not right:
        at = draw.number(0, 3)
        run[at], run[at + 1] = run[at + 1], run[at]
    return {"text": ", ".join(map(str, run)), "who": draw.name()}


def capitals(draw: Draw, right: bool) -> Fields:
    said = [word.upper() for word in draw.words(3)]
    if not right:
        at = draw.number(0, 2)
        said[at] = said[at].capitalize()
    return {"text": " ".join(said), "who": draw.name()}


def contains(draw: Draw, right: bool) -> Fields:
    said = draw.words(6)
    return {"text": " ".join(said[:5]), "word": said[draw.number(0, 4)] if right else said[5]}


def repeats(draw: Draw, right: bool) -> Fields:
    said = draw.words(5)
    if not right:
        at = draw.number(0, 3)
        said[4] = said[at]
    return {"text": ", ".join(said), "who": draw.name()}


def reversed_word(draw: Draw, right: bool) -> Fields:
    (word,) = draw.words(1)
    back = list(word[::-1])
    if not right:
        at = next(i for i in range(len(back) - 1) if back[i] != back[i + 1])
        back[at], back[at + 1] = back[at + 1], back[at]
    return {"text": word, "back": "".join(back), "who": draw.name()}


# Who makes the claim, what answers it, and the skeleton; the place gives the cluster its number.
SUMS: tuple[tuple[Maker, Pair, str], ...] = (
    (add, RIGHT, "Is it right or wrong that {a} + {b} = {c}?"),
    (add, CORRECT, "{who} adds {a} and {b} and gets {c}. Correct or incorrect?"),
    (add, ACCURATE, "A till shows {c} for two goods at {a} and {b}. Accurate or mistaken?"),
    (add, PASS, 'Quiz: "What is the sum of {a} and {b}?" {who}: "{c}." Pass or fail?'),
    (add, RIGHT, "{who} had {a} stamps, got {b} more and counts {c} now. Right or wrong?"),
    (add_three, CORRECT, "Check whether {a} + {b} + {d} makes {c}: correct or incorrect?"),
    (add_three, RIGHT, "Bills of {a}, {b} and {d} dollars come to {c}. Right or wrong?"),
    (take, RIGHT, "If you take {b} from {a}, you are left with {c}. Is that right or wrong?"),
    (take, CORRECT, "Correct or incorrect: {a} - {b} = {c}"),
    (take, ACCURATE, "Of {a} seats {b} are taken, so {c} are free. Accurate or mistaken?"),
    (take, PASS, 'Asked for {a} minus {b}, a program printed "{c}". Does it pass or fail?'),
    (times, RIGHT, "The claim is {a} x {b} = {c}. Tell me right or wrong."),
    (times, CORRECT, "{who} says {b} boxes of {a} eggs hold {c} eggs. Correct or incorrect?"),
    (times, ACCURATE, "My table of products has {c} for {a} and {b}. Accurate or mistaken?"),
    (times, PASS, 'Grade the homework line "{a} times {b} is {c}" with pass or fail.'),
    (share, RIGHT, "{a} divided by {b} is {c}, or so {who} believes. Right or wrong?"),
    (share, CORRECT, "{b} children share {a} nuts fairly and get {c} each. Correct or incorrect?"),
    (double, RIGHT, "Twice {a} equals {c}. Right or wrong?"),
    (double, PASS, "The test expects the double of {a}; the code returns {c}. Pass or fail?"),
    (compare, CORRECT, "{who} writes {a} > {b}. Correct or incorrect?"),
    (compare, RIGHT, "Is a person who calls {b} smaller than {a} right or wrong?"),
    (parity, ACCURATE, "{who} calls {a} an even number. Accurate or mistaken?"),
    (series, RIGHT, "The row {run} goes on with {c}, {who} thinks. Right or wrong?"),
    (series, PASS, "Puzzle: {run}, and then? Entry: {c}. Mark pass or fail."),
)
FORMATS: tuple[tuple[Maker, Pair, str], ...] = (
    (count_words, RIGHT, 'The text "{text}" has {n} words. Right or wrong?'),
    (count_words, KEPT, 'Rule: use exactly {n} words. Text: "{text}" Is the rule kept or broken?'),
    (count_letters, CORRECT, 'The word "{text}" has {n} letters. Correct or incorrect?'),
    (count_letters, PASS, '{who} needs a word of {n} letters and offers "{text}". Pass or fail?'),
    (first_letter, RIGHT, 'Right or wrong? "{text}" begins with the letter {letter}.'),
    (first_letter, KEPT, 'Game rule: start with {letter}. {who} plays "{text}". Kept or broken?'),
    (last_letter, ACCURATE, 'Note: "{text}" ends in "{letter}". Is it accurate or mistaken?'),
    (alphabet, CORRECT, "This list is in alphabetical order: {text}. Correct or incorrect?"),
    (alphabet, PASS, "{who} was to sort words from A to Z and gave {text}. Pass or fail?"),
    (ascending, RIGHT, "These numbers rise from first to last: {text}. Right or wrong?"),
    (ascending, KEPT, "Smallest first is the rule for {text}. Has it been kept or broken?"),
    (capitals, KEPT, 'Only capitals are allowed, and {who} wrote "{text}". Rule kept or broken?'),
    (contains, ACCURATE, 'Search: "{word}" occurs in "{text}". Accurate or mistaken?'),
    (contains, PASS, 'A text must use "{word}". Submitted: "{text}" Does it pass or fail?'),
    (repeats, KEPT, "Name no word twice, said the rule. {who}: {text}. Kept or broken?"),
    (reversed_word, CORRECT, '"{text}" read backward is "{back}". Correct or incorrect?'),
)


def items() -> list[dict[str, object]]:
    """All items in an order that mixes the skeletons: by the hash of the instruction."""
    draw = Draw(SEED)
    made: dict[str, dict[str, object]] = {}
    for place, (maker, answers, skeleton) in enumerate((*SUMS, *FORMATS)):
        cluster = f"{place + 1:02d}-{maker.__name__.replace('_', '-')}"
        wanted = [(place + turn) % 2 == 0 for turn in range(CLAIMS_PER_SKELETON)]
        for right in wanted:
            instruction = skeleton.format(**maker(draw, right))
            while instruction in made:
                instruction = skeleton.format(**maker(draw, right))
            forms, others = answers if right else answers[::-1]
            made[instruction] = {
                "check": {"kind": "choice", "forms": list(forms), "others": list(others)},
                "cluster": cluster,
                "id": f"judged-sums-test-{_digest(instruction)[:8]}",
                "instruction": instruction,
                "reference": forms[0],
                "type": "sum" if place < len(SUMS) else "format",
            }
    return [made[instruction] for instruction in sorted(made, key=_digest)]


def text() -> str:
    """The file: one JSON object a line, keys sorted."""
    return "".join(f"{json.dumps(item, ensure_ascii=False, sort_keys=True)}\n" for item in items())


def _digest(instruction: str) -> str:
    return hashlib.sha256(instruction.encode("utf-8")).hexdigest()


if __name__ == "__main__":
    OUTPUT.write_text(text(), encoding="utf-8", newline="\n")
