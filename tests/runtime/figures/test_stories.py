"""Random records and all that happened to them: forward from where they were written, back from training."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

from figure_work import STAGE, record, trained_on, work

from compiler.plan.model import Mix, Split, Stage
from runtime.figures.stories import TOLD, Visit, stage_stories
from runtime.records import Rejected, StepRecords


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


def two_trainings() -> tuple[Stage, dict[str, StepRecords]]:
    """Six pairs: the first model learns five and answers those again, the second one learns two."""
    split = Split(id="s.lessons", inputs=("s.pairs",), parts={"train": 0.9, "dev": 0.1}, group_by="id")
    again = replace(STAGE.steps[0], id="s.again", inputs=("s.lessons",), part="train")
    labelled = replace(STAGE.steps[3], id="s.labelled", inputs=("s.again",))
    preferences = replace(split, id="s.preferences", inputs=("s.labelled",))
    trainings = (
        replace(trained_on("s.lessons", "train"), id="s.taught"),
        replace(trained_on("s.preferences", "train"), id="s.student"),
    )
    pairs = [record(f"r0/{n}", ["kind"]) for n in range(6)]
    better = [one.with_columns(labelled_score=2.0) for one in pairs[:2]]
    found = {
        "s.ideas": StepRecords(pairs),
        "s.pairs": StepRecords(pairs),
        "s.lessons.train": StepRecords(pairs[:5]),
        "s.lessons.dev": StepRecords(pairs[5:]),
        "s.again": StepRecords(pairs[:5]),
        "s.labelled": StepRecords(better, [Rejected(one, "not preferred") for one in pairs[2:5]]),
        "s.preferences.train": StepRecords(better),
    }
    steps = (*STAGE.steps, split, trainings[0], again, labelled, preferences, trainings[1])
    return replace(STAGE, steps=steps), found


def test_what_each_training_learns_is_told_with_all_that_was_decided_before() -> None:
    stage, found = two_trainings()
    running = work(records=found)
    running.method.stages = (stage,)
    learnt = stage_stories(stage, running).learnt
    assert [story.learnt_by for story in learnt] == ["s.taught"] * TOLD + ["s.student"] * 2
    assert [visit.step for visit in learnt[0].visits] == ["s.ideas", "s.pairs", "s.lessons.train"]
    assert learnt[-1].visits[3:] == (
        Visit("s.again", "r0/1", None, None),
        Visit("s.labelled", "r0/1", None, 2.0),
        Visit("s.preferences.train", "r0/1", None, None),
    )


def test_what_was_written_is_followed_past_a_split_up_to_the_last_training() -> None:
    stage, found = two_trainings()
    told = {story.id: story for story in stage_stories(stage, work(records=found)).made}
    ends = {id: (story.visits[-1].step, story.visits[-1].sink) for id, story in told.items()}
    all_ends = {
        **dict.fromkeys(("r0/0", "r0/1"), ("s.preferences.train", None)),
        **dict.fromkeys(("r0/2", "r0/3", "r0/4"), ("s.labelled", "not preferred")),
        "r0/5": ("s.lessons.dev", None),
    }
    assert len(ends) == TOLD
    assert ends.items() <= all_ends.items()


def test_what_was_written_is_followed_past_a_mix_under_its_new_name() -> None:
    both = Mix(id="s.both", inputs=("s.pairs", "s.other"), shares={"s.pairs": 0.5, "s.other": 0.5})
    stage = replace(
        STAGE, steps=(*STAGE.steps, both, replace(STAGE.steps[3], id="s.last", inputs=("s.both",)))
    )
    mixed = [record(f"{source}:r0/1") for source in ("s.other", "s.pairs")]
    records = {
        **{id: StepRecords([record("r0/1")]) for id in ("s.ideas", "s.pairs")},
        "s.both": StepRecords(mixed[:1], [Rejected(mixed[1], "left_over")]),
        "s.last": StepRecords(mixed[:1]),
    }
    (story,) = stage_stories(stage, work(records=records)).made
    assert [(visit.step, visit.id, visit.sink) for visit in story.visits[1:]] == [
        ("s.pairs", "r0/1", None),
        ("s.both", "s.pairs:r0/1", "left_over"),
    ]
