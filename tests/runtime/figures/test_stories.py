"""Random records and all that happened to them: forward from where they were written, back from training."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

from figure_work import STAGE, record, trained_on, work

from compiler.plan.model import Mix
from runtime.figures.stories import TOLD, Visit, stage_stories
from runtime.records import StepRecords


def test_a_rejected_record_ends_in_its_sink() -> None:
    told = {story.id: story for story in stage_stories(STAGE, work()).made}
    assert set(told) == {"0", "1", "2", "3", "4"}
    assert told["2"].visits[-1] == Visit("s.pairs", "2", "not preferred", 0.25)
    assert [visit.step for visit in told["3"].visits] == ["s.ideas", "s.critiques", "s.revisions"]
    assert told["3"].visits[-1].sink == "unchanged"
    assert told["0"].columns["pairs_score"] == 2.0


def test_five_are_drawn_by_the_seed() -> None:
    many = StepRecords([record(f"r0/{n}/0") for n in range(40)])
    drawn = [
        [story.id for story in stage_stories(STAGE, work(records={"s.ideas": many}, binding=binding)).made]
        for binding in (SimpleNamespace(seed=seed) for seed in (1, 1, 2))
    ]
    assert len(drawn[0]) == TOLD
    assert drawn[0] == drawn[1] != drawn[2]


def test_what_is_learnt_is_followed_back_through_a_mix_and_a_draft() -> None:
    both = Mix(id="s.both", inputs=("s.pairs",), shares={"s.pairs": 1.0})
    stage = replace(STAGE, steps=(*STAGE.steps, both, trained_on("s.both")))
    records = {
        "s.ideas": StepRecords([record("r0/1/0")]),
        "s.critiques": StepRecords([record("r0/1/0", ["kind"])]),
        "s.revisions": StepRecords([record(f"r0/1/0/{n}", ["kind"]) for n in range(2)]),
        "s.pairs": StepRecords([record("r0/1/0/1", ["kind"], pairs_score=1.0)]),
        "s.both": StepRecords([record("s.pairs:r0/1/0/1", ["kind"], pairs_score=1.0)]),
    }
    running = work(records=records)
    running.method.stages = (stage,)
    (story,) = stage_stories(stage, running).learnt
    assert [(visit.step, visit.id) for visit in story.visits] == [
        ("s.ideas", "r0/1/0"),
        ("s.critiques", "r0/1/0"),
        ("s.revisions", "r0/1/0/1"),
        ("s.pairs", "r0/1/0/1"),
        ("s.both", "s.pairs:r0/1/0/1"),
    ]
    assert story.visits[3].score == 1.0
