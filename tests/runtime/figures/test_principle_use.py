"""What came of each principle: drawn, kept, accepted, and by which margin."""

from __future__ import annotations

from dataclasses import replace

from figure_work import STAGE, record, trained_on, work

from runtime.figures.principles import principle_uses
from runtime.records import StepRecords


def test_each_principle_has_its_yield_its_acceptance_and_its_margin() -> None:
    (use,) = principle_uses(STAGE, work())
    assert (use.step, use.constitution, use.last, use.deciding) == (
        "s.critiques",
        "house",
        "s.pairs",
        ("s.pairs",),
    )
    told = {row.principle: row for row in use.principles}
    assert {name: (row.category, row.drawn, row.kept) for name, row in told.items()} == {
        "kind": ("care", 3, 2),
        "true": ("honesty", 3, 1),
        "brief": ("help", 0, 0),
    }
    (kind,), (true,), (brief,) = (told[name].decided for name in ("kind", "true", "brief"))
    assert kind is not None
    assert true is not None
    assert (kind.kept, kind.seen, kind.median_margin) == (2, 2, 1.5)
    assert (true.kept, true.seen, true.median_margin) == (1, 3, 1.0)
    assert brief is None
    assert told["brief"].kept_share is None


def test_records_are_kept_where_training_takes_them() -> None:
    """A step behind the pairs that training does not read says nothing about what was learnt."""
    stage = replace(STAGE, steps=(*STAGE.steps, trained_on("s.revisions")))
    (use,) = principle_uses(stage, work())
    assert use.last == "s.revisions"
    assert [row.kept for row in use.principles] == [2, 3, 0]


def test_a_record_of_which_a_draft_is_kept_is_kept_once() -> None:
    running = work()
    drafts = [record(f"0/{n}", ["kind"]) for n in range(3)]
    running.records["s.pairs"] = StepRecords(drafts)
    (use,) = principle_uses(STAGE, running)
    assert (use.principles[0].drawn, use.principles[0].kept) == (3, 1)


def test_a_step_that_did_not_run_is_not_told_of() -> None:
    assert list(principle_uses(STAGE, work(records={}))) == []
