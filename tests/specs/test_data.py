"""What the data files promise: schemas, counts, uniqueness, balance, and that what is shown stands apart."""

from __future__ import annotations

import hashlib
import json
from collections import Counter

import pytest
from likeness import frame, masked, open_frames, too_alike, trigrams
from stage_files import DATA, FILES, HELD_OUT_FILES, SHOWN_FILES, STAGES, DataFile, Stage

from compiler.plan.answer_text import words

by_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.path)
by_stage = pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
by_held_out = pytest.mark.parametrize("file", HELD_OUT_FILES, ids=lambda file: file.path)
by_critic = pytest.mark.parametrize(
    "file", [file for file in FILES if file.role == "critic"], ids=lambda file: file.path
)


def texts(*files: DataFile) -> list[str]:
    return [file.text_of(row) for file in files for row in file.rows()]


def test_every_data_file_stands_in_the_table() -> None:
    there = {path.relative_to(DATA).as_posix() for path in DATA.rglob("*.jsonl")}
    assert there == {file.path for file in FILES}


def test_every_file_has_the_hash_that_is_written_down() -> None:
    lines = (DATA / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    written = {name: sha256 for sha256, name in (line.split("  ") for line in lines)}
    found = {path.relative_to(DATA).as_posix(): path for path in DATA.rglob("*.jsonl")}
    assert written == {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in found.items()}


@by_file
def test_rows_have_these_columns_and_sorted_keys(file: DataFile) -> None:
    for line, row in zip(file.lines(), file.rows(), strict=True):
        assert set(row) == file.columns
        assert line == json.dumps(row, ensure_ascii=False, sort_keys=True)
        lists = [text for principle in row.get("principles", []) for text in principle.values()]
        texts = [row[column] for column in row if column not in ("check", "principles")]
        assert all(text.strip() == text for text in [*texts, *lists])
        assert all(row.values())


@by_file
def test_counts(file: DataFile) -> None:
    assert len(file.lines()) == file.count


@by_file
def test_no_row_stands_twice(file: DataFile) -> None:
    """Sums differ by their signs alone, so those of a program are compared letter by letter."""
    keys = [
        tuple(
            str(row[column]) if file.role == "made" else tuple(words(str(row[column]))) for column in file.key
        )
        for row in file.rows()
    ]
    assert [key for key, count in Counter(keys).items() if count > 1] == []


@by_critic
def test_labels_are_balanced(file: DataFile) -> None:
    labels = Counter(row["label"] for row in file.rows())
    assert set(labels) == {"good", "bad"}
    assert labels["good"] == labels["bad"] >= 30


@by_stage
def test_no_two_seeds_share_a_skeleton(stage: Stage) -> None:
    frames = Counter(masked(text) for text in texts(*stage.of("seeds")))
    assert [pair for pair in frames.items() if pair[1] > 1] == []


@by_stage
def test_seeds_and_exemplars_are_apart(stage: Stage) -> None:
    assert too_alike(texts(*stage.of("seeds")), texts(*stage.of("exemplars")), 0.6) == []


@by_stage
def test_exemplars_end_before_a_delimiter_would_be_needed(stage: Stage) -> None:
    rows = [row for file in stage.of("exemplars") for row in file.rows()]
    assert all("\n" not in str(row["response"]) and "###" not in str(row["response"]) for row in rows)


def test_topics_come_from_many_fields_alike() -> None:
    fields = Counter(row["field"] for stage in STAGES for file in stage.of("topics") for row in file.rows())
    assert len(fields) >= 8
    assert max(fields.values()) <= 2 * min(fields.values())


@by_stage
def test_types_are_balanced(stage: Stage) -> None:
    for file in stage.of("dev", "test"):
        shares = Counter(str(row["type"]) for row in file.rows())
        assert set(shares) == stage.types
        assert min(shares.values()) >= 0.22 * file.count


def test_ids_are_unique() -> None:
    ids = Counter(row["id"] for file in HELD_OUT_FILES for row in file.rows())
    assert [pair for pair in ids.items() if pair[1] > 1] == []


@by_stage
@pytest.mark.parametrize("skeleton", [masked, frame])
def test_at_most_five_held_out_items_share_a_skeleton(stage: Stage, skeleton: object) -> None:
    assert callable(skeleton)
    counts = Counter(skeleton(text) for text in texts(*stage.of("dev", "test")))
    assert [pair for pair in counts.most_common() if pair[1] > 5] == []


@by_stage
def test_at_most_five_held_out_items_share_a_frame_whose_topic_is_open(stage: Stage) -> None:
    """A fact about owls and one about clouds are asked for in one frame; no name or number differs."""
    counts = Counter(key for text in texts(*stage.of("dev", "test")) for key in open_frames(text))
    assert [pair for pair in counts.most_common() if pair[1] > 5] == []


@by_held_out
def test_held_out_items_share_no_skeleton_with_what_a_model_is_shown(file: DataFile) -> None:
    """Shown in whichever stage: the model of a later stage has been trained on what an earlier one made."""
    shown = {masked(text) for text in texts(*SHOWN_FILES)}
    assert [text for text in texts(file) if masked(text) in shown] == []


@by_held_out
def test_held_out_items_are_apart_from_what_a_model_is_shown(file: DataFile) -> None:
    assert too_alike(texts(file), texts(*SHOWN_FILES), 0.6) == []


@by_held_out
def test_held_out_files_are_apart(file: DataFile) -> None:
    others = HELD_OUT_FILES[HELD_OUT_FILES.index(file) + 1 :]
    assert too_alike(texts(file), texts(*others), 0.8) == []


def test_the_index_finds_what_comparing_all_pairs_finds() -> None:
    ones, others = texts(*STAGES[0].of("dev"))[:50], texts(*STAGES[0].of("test"))[:50]
    pairs = {
        (one, other)
        for one in ones
        for other in others
        if len(trigrams(one) & trigrams(other)) >= 0.2 * len(trigrams(one) | trigrams(other))
    }
    assert set(too_alike(ones, others, 0.2)) == pairs != set()
