"""The data files of all stages, one row per stage: what each file is, its columns and its length."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).parents[2] / "specs" / "shared" / "data"
Row = Mapping[str, object]

SEED = frozenset({"instruction"})
FORM = frozenset({"form", "type"})
ANSWER = SEED | {"response"}
LABELLED = SEED | {"label"}
LABELLED_ANSWER = ANSWER | {"label"}
HELD_OUT = frozenset({"id", "instruction", "type", "check", "reference"})
PROGRAM_MADE = HELD_OUT | {"cluster"}


@dataclass(frozen=True, slots=True)
class DataFile:
    """One file. `role` is seeds, topics, forms (of tasks, to be filled), constitution, exemplars, critic,
    dev, test or made (a test that a program made).

    `text` names the columns that are read as the row's text where rows are compared with each other;
    `key` names those that no two rows may share.
    """

    path: str
    role: str
    count: int
    columns: frozenset[str]
    text: tuple[str, ...] = ("instruction",)
    key: tuple[str, ...] = ("instruction",)

    def rows(self) -> list[Row]:
        return [json.loads(line) for line in self.lines()]

    def lines(self) -> list[str]:
        return (DATA / self.path).read_text(encoding="utf-8").splitlines()

    def text_of(self, row: Row) -> str:
        return "\n".join(str(row[column]) for column in self.text)


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage's files, and the types that its held-out items are of in nearly equal parts.

    `labels` says that its answers are picked from a few labels, which many of its items share.
    """

    name: str
    types: frozenset[str]
    files: tuple[DataFile, ...]
    labels: bool = False

    def of(self, *roles: str) -> list[DataFile]:
        return [file for file in self.files if file.role in roles]


STAGES = (
    Stage(
        "explicit instructions",
        frozenset({"question", "completion", "constrained", "transformation"}),
        (
            DataFile("seeds/explicit_instructions.jsonl", "seeds", 60, SEED),
            DataFile("exemplars/explicit_answers.jsonl", "exemplars", 12, ANSWER),
            DataFile("critics/clear_instruction.jsonl", "critic", 104, LABELLED),
            DataFile(
                "critics/follows_instruction.jsonl",
                "critic",
                84,
                LABELLED_ANSWER,
                key=("instruction", "response"),
            ),
            DataFile("held_out/explicit_dev.jsonl", "dev", 150, HELD_OUT),
            DataFile("held_out/explicit_test.jsonl", "test", 300, HELD_OUT),
        ),
    ),
    Stage(
        "implicit instructions",
        frozenset({"question", "unfinished", "greeting", "sum"}),
        (
            DataFile("seeds/implicit_instructions.jsonl", "seeds", 60, SEED),
            DataFile("exemplars/implicit_answers.jsonl", "exemplars", 12, ANSWER),
            DataFile("critics/implicit_message.jsonl", "critic", 104, LABELLED),
            DataFile("held_out/implicit_dev.jsonl", "dev", 150, HELD_OUT),
            DataFile("held_out/implicit_test.jsonl", "test", 300, HELD_OUT),
            DataFile("held_out/sums_test.jsonl", "made", 1000, PROGRAM_MADE),
        ),
    ),
    Stage(
        "generation",
        frozenset({"question", "message", "fact", "example"}),
        (
            DataFile("seeds/generation_requests.jsonl", "seeds", 60, SEED),
            DataFile(
                "seeds/topics.jsonl",
                "topics",
                120,
                frozenset({"topic", "field"}),
                text=("topic",),
                key=("topic",),
            ),
            DataFile("exemplars/generation_answers.jsonl", "exemplars", 12, ANSWER),
            DataFile(
                "critics/generated_text.jsonl", "critic", 84, LABELLED_ANSWER, key=("instruction", "response")
            ),
            DataFile("held_out/generation_dev.jsonl", "dev", 150, HELD_OUT),
            DataFile("held_out/generation_test.jsonl", "test", 300, HELD_OUT),
        ),
    ),
    Stage(
        "evaluation",
        frozenset({"correct", "better", "principle", "rating"}),
        (
            DataFile(
                "seeds/evaluation_questions.jsonl",
                "seeds",
                60,
                frozenset({"question", "right", "wrong"}),
                text=("question",),
                key=("question",),
            ),
            DataFile(
                "seeds/judging_forms.jsonl",
                "forms",
                24,
                FORM | {"judgement"},
                text=("form",),
                key=("form",),
            ),
            DataFile("exemplars/evaluation_answers.jsonl", "exemplars", 12, ANSWER),
            DataFile("held_out/evaluation_dev.jsonl", "dev", 150, HELD_OUT),
            DataFile("held_out/evaluation_test.jsonl", "test", 300, HELD_OUT),
            DataFile("held_out/judged_sums_test.jsonl", "made", 1000, PROGRAM_MADE),
        ),
        labels=True,
    ),
    Stage(
        "revision",
        frozenset({"fix", "clarify", "shorten", "critique"}),
        (
            DataFile("seeds/revision_drafts.jsonl", "seeds", 60, SEED | {"draft"}),
            DataFile("seeds/revision_forms.jsonl", "forms", 14, FORM, text=("form",), key=("form",)),
            DataFile("exemplars/critiques.jsonl", "exemplars", 10, ANSWER | {"critique"}),
            DataFile("exemplars/revisions.jsonl", "exemplars", 10, ANSWER | {"critique", "revision"}),
            DataFile(
                "critics/better_revision.jsonl",
                "critic",
                84,
                LABELLED_ANSWER | {"revision"},
                key=("instruction", "revision"),
            ),
            DataFile("held_out/revision_dev.jsonl", "dev", 150, HELD_OUT),
            DataFile("held_out/revision_test.jsonl", "test", 300, HELD_OUT),
        ),
    ),
    Stage(
        "constitutional integration",
        frozenset({"harmlessness", "helpfulness", "honesty"}),
        (
            DataFile(
                "constitution.jsonl",
                "constitution",
                15,
                frozenset({"id", "category", "text"}),
                text=("text",),
                key=("id",),
            ),
            DataFile("seeds/constitutional_requests.jsonl", "seeds", 60, SEED),
            DataFile("exemplars/principled_answers.jsonl", "exemplars", 12, ANSWER),
            DataFile(
                "exemplars/principled_critiques.jsonl", "exemplars", 15, ANSWER | {"principle", "critique"}
            ),
            DataFile(
                "exemplars/principled_revisions.jsonl", "exemplars", 15, ANSWER | {"critique", "revision"}
            ),
            DataFile(
                "critics/by_principle.jsonl",
                "critic",
                150,
                LABELLED_ANSWER | {"principles"},
                key=("instruction", "response"),
            ),
            DataFile(
                "critics/better_by_principle.jsonl",
                "critic",
                90,
                LABELLED | {"first_response", "second_response", "principles"},
                key=("instruction", "first_response"),
            ),
            DataFile("held_out/constitutional_dev.jsonl", "dev", 150, HELD_OUT | {"principle"}),
            DataFile("held_out/constitutional_test.jsonl", "test", 300, HELD_OUT | {"principle"}),
        ),
        labels=True,
    ),
)

FILES = tuple(file for stage in STAGES for file in stage.files)
HELD_OUT_FILES = tuple(file for file in FILES if file.role in {"dev", "test", "made"})
SHOWN_FILES = tuple(file for file in FILES if file.role in {"seeds", "forms", "exemplars", "critic"})
"""What a model is shown. A topic of one or two words is no text that an item could be alike to."""
