"""What the data files of stage 1 promise: schemas, uniqueness, apartness, and checks that hold."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from compiler.plan.answer_text import FUNCTION_WORDS, listing, words
from compiler.plan.answers import passes, validate, weak_spots

DATA = Path(__file__).parents[2] / "specs" / "shared" / "data"
Row = dict[str, object]

SEEDS = "seeds/explicit_instructions.jsonl"
EXEMPLARS = "exemplars/explicit_answers.jsonl"
CLEAR = "critics/clear_instruction.jsonl"
FOLLOWS = "critics/follows_instruction.jsonl"
DEV = "held_out/explicit_dev.jsonl"
TEST = "held_out/explicit_test.jsonl"

COLUMNS = {
    SEEDS: {"instruction"},
    EXEMPLARS: {"instruction", "response"},
    CLEAR: {"instruction", "label"},
    FOLLOWS: {"instruction", "response", "label"},
    DEV: {"id", "instruction", "type", "check", "reference"},
    TEST: {"id", "instruction", "type", "check", "reference"},
}
COUNTS = {SEEDS: 60, EXEMPLARS: 12, DEV: 150, TEST: 300}
TYPES = {"question", "completion", "constrained", "transformation"}
NUMBERS = listing(
    """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred"""
)


def read(name: str) -> list[Row]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def text(row: Row) -> str:
    return str(row["instruction"])


def masked(instruction: str) -> str:
    """The skeleton: quoted texts, numbers and names (capitals after the first word) blanked out."""
    blanked = re.sub(r"\"[^\"]*\"|(?<!\w)'[^']*'(?!\w)", "<quote>", instruction)
    blanked = re.sub(r"-?\d[\d,.:/]*", "<number>", blanked)
    blanked = re.sub(r"(?<=[\w,;:>] )[A-Z]\w*(?: [A-Z]\w*)*", "<name>", blanked)
    return " ".join("<number>" if word.casefold() in NUMBERS else word.casefold() for word in blanked.split())


def frame(instruction: str) -> str:
    """Stricter: what an instruction works on, after its colon, is blanked out as well."""
    return re.sub(r":.*", ": <payload>", masked(instruction), flags=re.DOTALL)


def trigrams(instruction: str) -> frozenset[tuple[str, ...]]:
    said = words(instruction)
    return frozenset(tuple(said[at : at + 3]) for at in range(max(1, len(said) - 2)))


def likeness(one: frozenset[tuple[str, ...]], other: frozenset[tuple[str, ...]]) -> float:
    return len(one & other) / len(one | other)


def too_alike(ones: list[str], others: list[str], limit: float) -> list[tuple[str, str]]:
    grams = [(other, trigrams(other)) for other in others]
    return [(a, b) for a in ones for b, gram in grams if likeness(trigrams(a), gram) >= limit]


HELD_OUT = [*read(DEV), *read(TEST)]
SHOWN = [text(row) for name in (SEEDS, EXEMPLARS, CLEAR, FOLLOWS) for row in read(name)]


@pytest.mark.parametrize("name", COLUMNS)
def test_rows_have_these_columns_and_sorted_keys(name: str) -> None:
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    for line in lines:
        row = json.loads(line)
        assert set(row) == COLUMNS[name]
        assert line == json.dumps(row, ensure_ascii=False, sort_keys=True)
        assert all(str(row[column]).strip() == row[column] for column in row if column != "check")
        assert all(row.values())


@pytest.mark.parametrize(("name", "count"), COUNTS.items())
def test_counts(name: str, count: int) -> None:
    assert len(read(name)) == count


@pytest.mark.parametrize("name", COLUMNS)
def test_no_row_stands_twice(name: str) -> None:
    rows = [
        (" ".join(words(text(row))), str(row.get("response")) if name == FOLLOWS else "")
        for row in read(name)
    ]
    assert [row for row, count in Counter(rows).items() if count > 1] == []


@pytest.mark.parametrize("name", [CLEAR, FOLLOWS])
def test_labels_are_balanced(name: str) -> None:
    labels = Counter(row["label"] for row in read(name))
    assert set(labels) == {"good", "bad"}
    assert labels["good"] == labels["bad"] >= 30


def test_no_two_seeds_share_a_skeleton() -> None:
    frames = Counter(masked(text(row)) for row in read(SEEDS))
    assert frames.most_common(1)[0][1] == 1


def test_seeds_and_exemplars_are_apart() -> None:
    seeds, exemplars = ([text(row) for row in read(name)] for name in (SEEDS, EXEMPLARS))
    assert too_alike(seeds, exemplars, 0.6) == []


def test_exemplars_end_before_a_delimiter_would_be_needed() -> None:
    assert all(
        "\n" not in str(row["response"]) and "###" not in str(row["response"]) for row in read(EXEMPLARS)
    )


@pytest.mark.parametrize("name", [DEV, TEST])
def test_types_are_balanced(name: str) -> None:
    rows = read(name)
    shares = Counter(str(row["type"]) for row in rows)
    assert set(shares) == TYPES
    assert min(shares.values()) >= 0.22 * len(rows)


def test_ids_are_unique() -> None:
    assert len({row["id"] for row in HELD_OUT}) == len(HELD_OUT)


@pytest.mark.parametrize("skeleton", [masked, frame])
def test_at_most_five_held_out_items_share_a_skeleton(skeleton: object) -> None:
    assert callable(skeleton)
    counts = Counter(skeleton(text(row)) for row in HELD_OUT)
    assert [pair for pair in counts.most_common() if pair[1] > 5] == []


def test_held_out_items_share_no_skeleton_with_what_a_model_is_shown() -> None:
    shown = {masked(instruction) for instruction in SHOWN}
    assert [text(row) for row in HELD_OUT if masked(text(row)) in shown] == []


def test_held_out_items_are_apart_from_what_a_model_is_shown() -> None:
    assert too_alike([text(row) for row in HELD_OUT], SHOWN, 0.6) == []


def test_dev_and_test_are_apart() -> None:
    dev, test = ([text(row) for row in read(name)] for name in (DEV, TEST))
    assert too_alike(dev, test, 0.8) == []


@pytest.mark.parametrize("row", HELD_OUT, ids=lambda row: str(row["id"]))
def test_a_check_accepts_its_reference_and_rejects_what_is_always_wrong(row: Row) -> None:
    check, reference = row["check"], str(row["reference"])
    assert isinstance(check, dict)
    assert validate(check) is None
    assert passes(check, text(row), reference)
    assert passes(check, text(row), f"Response: {reference}\n\nInstruction: Name a bird.\nResponse: robin")
    assert weak_spots(check, text(row)) == []


def test_another_items_reference_rarely_passes() -> None:
    """A check that takes the next item's answer as well asks for too little."""
    wrong = [
        (text(row), other["reference"])
        for row, other in zip(HELD_OUT, HELD_OUT[1:] + HELD_OUT[:1], strict=True)
        if isinstance(row["check"], dict) and passes(row["check"], text(row), str(other["reference"]))
    ]
    assert len(wrong) <= 0.02 * len(HELD_OUT), wrong


def test_function_words_are_no_answers_in_disguise() -> None:
    """Items may ask for a small word ("is", "on"), but few: keyword lists leave such words out."""
    small = [
        row
        for row in HELD_OUT
        if isinstance(row["check"], dict) and row["check"].get("text") in FUNCTION_WORDS
    ]
    assert len(small) <= 0.03 * len(HELD_OUT)
