"""Reviews: only an answer with a reason, to exactly the records shown, opens the gate."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_work import SmallWork, folder_of, records

from compiler.plan.model import Review
from runtime.failures import RunStopped
from runtime.results import GateOutcome
from runtime.steps.review import answer, review

ROWS = [{"instruction": f"Task {i}", "response": "Done."} for i in range(9)]


def step(by: str = "person", command: tuple[str, ...] = ()) -> Review:
    return Review(
        id="s.look", inputs=("s.good",), by=by, command=command, items=4, question="Are these good?"
    )


def work_in(folder: Path, rows: list[dict[str, str]] = ROWS) -> SmallWork:
    return SmallWork({"s.good": records(*rows)}, folder=folder)


def is_open(work: SmallWork) -> bool:
    outcome = work.outcomes["s.look"]
    assert isinstance(outcome, GateOutcome)
    return outcome.open


def test_a_run_waits_for_a_person_and_shows_what_to_look_at(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    with pytest.raises(RunStopped, match="waits for a person"):
        review(step(), work_in(folder))
    shown = (folder / "reviews" / "s.look" / "records.jsonl").read_text().splitlines()
    assert len(shown) == 4
    assert {json.loads(line)["response"] for line in shown} == {"Done."}


@pytest.mark.parametrize("opens", [True, False])
def test_an_answer_with_a_reason_decides(tmp_path: Path, opens: bool) -> None:
    folder = folder_of(tmp_path)
    with pytest.raises(RunStopped):
        review(step(), work_in(folder))
    answer(folder, "s.look", opens, "I read all four")
    work = work_in(folder)
    review(step(), work)
    assert is_open(work) is opens
    assert work.interventions == ["s.look: I read all four"]


def test_an_answer_to_other_records_is_none(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    with pytest.raises(RunStopped):
        review(step(), work_in(folder))
    answer(folder, "s.look", True, "fine")
    with pytest.raises(RunStopped, match="waits"):
        review(step(), work_in(folder, [{**row, "response": "Something else."} for row in ROWS]))


def test_an_empty_reason_is_no_approval(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    with pytest.raises(RunStopped):
        review(step(), work_in(folder))
    with pytest.raises(ValueError, match="no approval"):
        answer(folder, "s.look", True, "  ")


def test_a_rehearsal_goes_on_with_the_gate_closed(tmp_path: Path) -> None:
    work = work_in(folder_of(tmp_path))
    work.binding.rehearsal = True
    review(step(), work)
    assert not is_open(work)


@pytest.mark.parametrize(
    ("script", "opens"),
    [("echo looked at them", True), ("exit 3", False), ("echo no; exit 1", False)],
)
def test_a_command_opens_by_ending_well_and_saying_why(tmp_path: Path, script: str, opens: bool) -> None:
    work = work_in(folder_of(tmp_path))
    review(step("command", ("sh", "-c", script)), work)
    assert is_open(work) is opens


def test_a_command_that_says_nothing_approves_nothing(tmp_path: Path) -> None:
    work = work_in(folder_of(tmp_path))
    review(step("command", ("true",)), work)
    assert not is_open(work)
    missing = work_in(tmp_path / "run")
    review(step("command", ("no-such-program-anywhere",)), missing)
    assert not is_open(missing)
