"""What stages 4 and 5 promise beyond the other stages: judgements are no constants, and no draft passes."""

from __future__ import annotations

import re
import runpy
from collections import Counter, defaultdict
from typing import cast

import pytest
from stage_files import DATA, STAGES, DataFile, Row, Stage

from compiler.plan.answer_text import words
from compiler.plan.answers import Check, passes

EVALUATION, REVISION = (
    next(stage for stage in STAGES if stage.name == name) for name in ("evaluation", "revision")
)
JUDGED_SUMS = next(file for file in EVALUATION.files if file.role == "made")
SCRIPT = runpy.run_path(str(DATA / "make_judged_sums.py"), run_name="make_judged_sums")
WRITTEN = [(file, row) for file in EVALUATION.of("dev", "test") for row in file.rows()]
REVISIONS = [row for file in REVISION.of("dev", "test") for row in file.rows()]
MADE = [(JUDGED_SUMS, row) for row in JUDGED_SUMS.rows()]
SOME = 5  # every fifth of the made rows is enough where all have the same few checks


def check_of(row: Row) -> Check:
    return cast(Check, row["check"])


def by_answer(file: DataFile) -> dict[str, list[str]]:
    """For every reference of the file: the types of the rows that it passes, given as the answer to all."""
    rows = file.rows()[:: SOME if file.role == "made" else 1]
    return {
        answer: [str(row["type"]) for row in rows if passes(check_of(row), file.text_of(row), answer)]
        for answer in sorted({str(row["reference"]) for row in rows})
    } | {"": [str(row["type"]) for row in rows]}


@pytest.mark.parametrize("file", EVALUATION.of("dev", "test", "made"), ids=lambda file: file.path)
def test_the_best_constant_answer_passes_few_judging_tasks(file: DataFile) -> None:
    passed = by_answer(file)
    every = Counter(passed.pop(""))
    for answer, types in passed.items():
        assert 0 < len(types) <= 0.4 * every.total(), answer
        assert all(count <= 0.6 * every[kind] for kind, count in Counter(types).items()), answer


@pytest.mark.parametrize("rows", [WRITTEN, MADE[::SOME]], ids=["written", "made"])
def test_a_judging_task_accepts_no_answer_that_leaves_it_open(rows: list[tuple[DataFile, Row]]) -> None:
    loose = []
    for file, row in rows:
        check = check_of(row)
        assert check["kind"] == "choice"
        one, other = (str(cast(list[str], check[field])[0]) for field in ("forms", "others"))
        answers = [f"{one} or {other}", f"{other} or {one}", f"{one}, {other}", f"{one} {other}"]
        answers += [f"{one} or {other}?", f"I cannot say whether it is {one}", other]
        loose += [(row["id"], answer) for answer in answers if passes(check, file.text_of(row), answer)]
    assert loose == []


def test_a_skeleton_has_both_judgements() -> None:
    """So that how a task is put says nothing about what is right."""
    judged: dict[tuple[object, str], Counter[str]] = defaultdict(Counter)
    for _, row in MADE:
        judged[row["cluster"], str(row["type"])][str(row["reference"])] += 1
    assert all(len(counts) == 2 for counts in judged.values())
    assert all(abs(a - b) <= 1 for a, b in (counts.values() for counts in judged.values()))


def test_the_script_makes_the_judged_sums_byte_for_byte() -> None:
    assert SCRIPT["text"]().encode() == (DATA / JUDGED_SUMS.path).read_bytes()


def test_judged_sums_have_many_skeletons_each_in_one_cluster() -> None:
    clusters: dict[str, set[object]] = defaultdict(set)
    for file, row in MADE:
        # Names, numbers and quotes aside, what a skeleton was filled with stands in words.
        clusters[re.sub(r"\b(?:{})\b".format("|".join(SCRIPT["NAMES"])), "<name>", file.text_of(row))].add(
            row["cluster"]
        )
    assert all(len(names) == 1 for names in clusters.values())
    assert len({row["cluster"] for _, row in MADE}) == len(SCRIPT["SUMS"]) + len(SCRIPT["FORMATS"]) >= 40


def parts(instruction: str) -> set[str]:
    """The texts that an instruction quotes or shows after its last colon: drafts, facts and critiques."""
    quoted = re.findall(r'"([^"]*)"', instruction)
    return {part.strip() for part in [*quoted, instruction.rsplit(": ", 1)[-1]] if part.strip()}


def test_no_draft_passes_as_its_own_revision() -> None:
    """Where an instruction hands out the very words that are wanted, to copy them is right: that is rare."""
    copied = [
        (row["id"], part)
        for row in REVISIONS
        for part in parts(str(row["instruction"]))
        if passes(check_of(row), str(row["instruction"]), part)
    ]
    assert len(copied) <= 0.02 * len(REVISIONS), copied


def test_no_check_of_a_revision_looks_for_one_word_alone() -> None:
    """A text that only says the word that a revision adds has revised nothing."""
    for row in REVISIONS:
        wanted = cast(list[list[str] | str], check_of(row).get("words", []))
        firsts = [entry if isinstance(entry, str) else entry[0] for entry in wanted]
        assert not passes(check_of(row), str(row["instruction"]), " ".join(firsts).lower()), row["id"]
        assert len(words(" ".join(firsts))) != 1, row["id"]


def test_a_shorter_text_has_a_limit_below_the_text_that_it_shortens() -> None:
    for row in REVISIONS:
        if row["type"] == "shorten":
            longest = max(len(part.split()) for part in parts(str(row["instruction"])))
            assert cast(int, check_of(row)["max"]) < longest, row["id"]


@pytest.mark.parametrize("stage", [EVALUATION, REVISION], ids=lambda stage: stage.name)
def test_what_is_shown_is_one_line(stage: Stage) -> None:
    for file in stage.of("seeds", "exemplars", "critic"):
        assert all("\n" not in str(value) for row in file.rows() for value in row.values())


def test_exemplars_of_judging_are_balanced() -> None:
    rows = [row for file in EVALUATION.of("exemplars") for row in file.rows()]
    assert Counter(str(row["response"]) for row in rows).most_common(1)[0][1] <= 2


def test_a_good_revision_changes_its_text() -> None:
    rows = [row for file in REVISION.of("exemplars", "critic") for row in file.rows()]
    good = [row for row in rows if "revision" in row and row.get("label", "good") == "good"]
    assert len(good) == 52
    assert all(row["revision"] != row["response"] for row in good)


def test_each_judgement_follows_from_its_form_and_no_judgement_is_the_common_one() -> None:
    (forms,) = EVALUATION.of("forms")
    rows = forms.rows()
    assert Counter(row["type"] for row in rows) == dict.fromkeys(EVALUATION.types, 6)
    assert all("[question]" in str(row["form"]) for row in rows)
    assert max(Counter(str(row["judgement"]) for row in rows).values()) <= 4
    swapped = {str(row["form"]): str(row["judgement"]) for row in rows}
    exchange = {"[right]": "[wrong]", "[wrong]": "[right]"}
    for form, judgement in swapped.items():
        twin = re.sub(r"\[right\]|\[wrong\]", lambda found: exchange[found[0]], form)
        assert swapped[twin] != judgement, "it depends on which answer stands where, and on that only"


def test_forms_of_revisions_show_the_draft_and_those_of_a_critique_the_critique() -> None:
    (forms,) = REVISION.of("forms")
    for row in forms.rows():
        form = str(row["form"])
        assert "[draft]" in form
        assert "[instruction]" in form
        assert ("[critique]" in form) == (row["type"] == "critique")


def test_questions_have_a_right_and_a_wrong_answer_that_differ() -> None:
    rows = [row for file in EVALUATION.of("seeds") for row in file.rows()]
    assert all(words(str(row["right"])) != words(str(row["wrong"])) for row in rows)
