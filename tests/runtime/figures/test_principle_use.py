"""What came of each principle: drawn, kept, accepted, and by which margin."""

from __future__ import annotations

from dataclasses import replace

from figure_work import STAGE, record, trained_on, work

from compiler.plan.model import Mix, Split
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


def test_what_is_decided_after_a_first_training_is_told_by_principle_too() -> None:
    """The model that was taught answers again, and a critic prefers one of the answers."""
    split = Split(id="s.lessons", inputs=("s.pairs",), parts={"train": 0.5, "dev": 0.5}, group_by="id")
    again = replace(STAGE.steps[0], id="s.again", inputs=("s.lessons",), part="train")
    labelled = replace(STAGE.steps[3], id="s.labelled", inputs=("s.again",))
    taught = trained_on("s.lessons", "train")
    stage = replace(STAGE, steps=(*STAGE.steps, split, taught, again, labelled))
    running = work()
    learnt = running.records["s.pairs"].kept[1:]
    running.records |= {
        "s.lessons.train": StepRecords(learnt),
        "s.again": StepRecords(learnt),
        "s.labelled": StepRecords([learnt[0].with_columns(labelled_score=3.0)]),
    }
    (use,) = principle_uses(stage, running)
    assert (use.last, use.deciding) == ("s.pairs", ("s.pairs", "s.labelled"))
    found = {row.principle: row.decided[1] for row in use.principles}
    assert {name: one and (one.kept, one.seen, one.median_margin) for name, one in found.items()} == {
        "kind": (1, 1, 3.0),
        "true": (1, 1, 3.0),
        "brief": None,
    }


def test_a_step_whose_records_have_lost_their_principles_decides_nothing_by_them() -> None:
    both = Mix(id="s.both", inputs=("s.pairs",), shares={"s.pairs": 1.0})
    judged = replace(STAGE.steps[3], id="s.judged", inputs=("s.both",))
    running = work()
    running.records |= {"s.judged": StepRecords([record("s.pairs:0")])}
    (use,) = principle_uses(replace(STAGE, steps=(*STAGE.steps, both, judged)), running)
    assert use.deciding == ("s.pairs",)


def test_a_step_that_did_not_run_is_not_told_of() -> None:
    assert list(principle_uses(STAGE, work(records={}))) == []
