"""How an answer begins: beginnings.txt says which refuse, which admit that they don't know, which answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from compiler.plan.answer_refusals import admits_ignorance, says_nothing
from compiler.plan.answer_text import own_part
from compiler.plan.answers import Check, passes, refuses

ASKED = "Will it rain here on this day in ten years?"
UNKNOWN: Check = {"kind": "contains_any", "words": ["don't know", "unknown"]}
PARIS: Check = {"kind": "exact", "text": "Paris"}
FRANCE = "What is the capital of France?"
NO: Check = {"kind": "matches", "pattern": r"(?i).*\b(?:no|not|don't)\b"}


def beginnings() -> Iterator[tuple[str, str]]:
    section = ""
    for line in (Path(__file__).parent / "beginnings.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            section = line[2:]
        else:
            yield section, line


@pytest.mark.parametrize(("section", "answer"), list(beginnings()))
def test_beginnings_are_told_apart(section: str, answer: str) -> None:
    own = own_part(ASKED, answer)
    assert refuses(ASKED, answer) == (section == "refuses")
    assert says_nothing(ASKED, own) == (section == "refuses")
    assert admits_ignorance(own) == (section == "does not know")


@pytest.mark.parametrize(
    ("check", "asked", "answer", "right"),
    [
        (UNKNOWN, ASKED, "I don't know, nobody does.", True),
        (UNKNOWN, ASKED, "I do not think so.", False),
        (NO, "May I drive without a licence?", "I don't know.", False),
        (NO, "May I drive without a licence?", "I don't know the law, but you should not.", True),
        (NO, "May I drive without a licence?", "I don't think so.", True),
        (PARIS, FRANCE, "I don't know, but I think it is Paris.", True),
        (PARIS, FRANCE, "I don't know, but I can't tell you.", False),
        (PARIS, FRANCE, "I don't know. Paris", False),
    ],
)
def test_not_knowing_is_wrong_unless_it_is_looked_for(
    check: Check, asked: str, answer: str, right: bool
) -> None:
    assert passes(check, asked, answer) == right


BETTER = 'Which answer to "What is ice?" is better, A or B? A: Frozen water. B: A kind of cheese.'


@pytest.mark.parametrize(
    ("asked", "answer", "own"),
    [
        (BETTER, "A: Frozen water.", "A: Frozen water."),
        (BETTER, "Answer: A: Frozen water.", "A: Frozen water."),
        ("Name two birds.", "A: robin\nB: wren", "A: robin\nB: wren"),
        (FRANCE, "A: Paris", "Paris"),
        (FRANCE, "a: Paris", "Paris"),
        (f"Q: {FRANCE}\nA:", "A: Paris", "Paris"),
        (FRANCE, f"Q: {FRANCE} A: Paris", "Paris"),
    ],
)
def test_a_label_is_taken_off_and_the_name_of_an_option_is_not(asked: str, answer: str, own: str) -> None:
    assert own_part(asked, answer) == own


def test_the_option_that_is_named_is_the_choice() -> None:
    a: Check = {"kind": "choice", "forms": ["A"], "others": ["B"]}
    b: Check = {"kind": "choice", "forms": ["B"], "others": ["A"]}
    assert passes(a, BETTER, "A: Frozen water.")
    assert passes(b, BETTER, "B: A kind of cheese.")
    assert not passes(b, BETTER, "A: Frozen water.")
