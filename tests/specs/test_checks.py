"""What the held-out items promise: every check takes its reference and nothing that is always wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from stage_files import HELD_OUT_FILES, STAGES, DataFile, Row, Stage

from compiler.plan.answer_text import FUNCTION_WORDS
from compiler.plan.answers import Check, passes, validate, weak_spots

by_held_out = pytest.mark.parametrize("file", HELD_OUT_FILES, ids=lambda file: file.path)
by_stage = pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)

# What a weak model says whatever it is asked. Here and there one is right by chance, as a sentence where
# any sentence will do.
SAID_TO_ANYTHING = (
    "I like to eat pizza with my friends.",
    "The first thing is that you need to know what you want to do with your life.",
    "I have a question about the book.",
    "What do you mean by that?",
    "- A\n- B\n- C",
)


KNOWN_ANSWERS = [
    json.loads(line)
    for line in Path(__file__).with_name("known_answers.jsonl").read_text(encoding="utf-8").splitlines()
]
"""Answers whose worth is known: `right` ones in other words than the reference's, and `wrong` ones with the
right words in them, as an explanation turned round or a message that does the opposite."""


def check_of(row: Row) -> Check:
    return cast(Check, row["check"])


def wrong_with(row: Row, text: str) -> Iterator[str]:
    check, reference = check_of(row), str(row["reference"])
    invalid = validate(check)
    if invalid:
        yield invalid
        return
    if not passes(check, text, reference):
        yield "the reference does not pass"
    if not passes(check, text, f"Response: {reference}\n\nInstruction: Name a bird.\nResponse: robin"):
        yield "the reference does not pass where the model goes on"
    yield from (f"passes, but is always wrong: {answer!r}" for answer in weak_spots(check, text))


@by_held_out
def test_checks_accept_their_references_and_reject_what_is_always_wrong(file: DataFile) -> None:
    assert [(row["id"], why) for row in file.rows() for why in wrong_with(row, file.text_of(row))] == []


@pytest.mark.parametrize("known", KNOWN_ANSWERS, ids=lambda known: known["instruction"])
def test_checks_judge_known_answers(known: dict[str, str | list[str]]) -> None:
    (row,) = [
        row
        for file in HELD_OUT_FILES
        if file.role != "made"
        for row in file.rows()
        if row["instruction"] == known["instruction"]
    ]
    judged = {
        (side, answer): passes(check_of(row), str(row["instruction"]), answer)
        for side in ("right", "wrong")
        for answer in known[side]
    }
    assert judged
    assert judged == {(side, answer): side == "right" for side, answer in judged}


@pytest.mark.parametrize(
    "stage", [stage for stage in STAGES if not stage.labels], ids=lambda stage: stage.name
)
def test_another_items_reference_rarely_passes(stage: Stage) -> None:
    """A check that takes the next item's answer as well asks for too little."""
    items = [(file.text_of(row), row) for file in stage.of("dev", "test") for row in file.rows()]
    wrong = [
        (text, other["reference"])
        for (text, row), (_, other) in zip(items, items[1:] + items[:1], strict=True)
        if passes(check_of(row), text, str(other["reference"]))
    ]
    assert len(wrong) <= 0.02 * len(items), wrong


@by_stage
def test_what_is_said_to_anything_rarely_passes(stage: Stage) -> None:
    items = [(file.text_of(row), row) for file in stage.of("dev", "test") for row in file.rows()]
    wrong = [
        (text, said) for text, row in items for said in SAID_TO_ANYTHING if passes(check_of(row), text, said)
    ]
    assert len(wrong) <= 0.015 * len(items) * len(SAID_TO_ANYTHING), wrong


@by_stage
def test_function_words_are_no_answers_in_disguise(stage: Stage) -> None:
    """Items may ask for a small word ("is", "on"), but few: keyword lists leave such words out."""
    rows = [row for file in stage.of("dev", "test") for row in file.rows()]
    small = [row["id"] for row in rows if check_of(row).get("text") in FUNCTION_WORDS]
    assert len(small) <= 0.03 * len(rows), small
