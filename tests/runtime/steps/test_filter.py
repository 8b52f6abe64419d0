"""Filters: every rejection has its sink, order decides among near-duplicates, held-out text never passes."""

from dataclasses import replace
from types import SimpleNamespace

from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.plan.model import Expression, Filter, Method, Near, Rejection, Rules, RulesUse, Trim
from runtime.records import Record, StepRecords
from runtime.steps.filter import shingles, sift

RULES = Rules(
    columns={"instruction": "text"},
    subject="instruction",
    statements=(
        Trim(),
        Rejection(
            name="empty",
            when=Expression(
                op="==",
                args=(Expression(op="chars", args=(Expression(op="column", args=("instruction",)),)), 0),
            ),
        ),
    ),
)


class Work(SimpleNamespace):
    def keep(self, step, kept, rejected):
        self.records.setdefault(step, StepRecords()).add(kept, rejected)


def run(texts, rounds=None, held_out=(), similarity=0.8, made_from=None, named="instruction"):
    method = Method(
        language=1, name="x", models={}, datasets={}, prompts={}, rules={"r": RULES}, critics={}, stages=()
    )
    columns = {"instruction": "text"} | ({} if made_from is None else {named: "text"})
    data = {"test": [{named: text} for text in held_out]}
    step = Filter(
        id="s.fresh",
        inputs=("s.ideas",),
        columns=columns,
        rules=(RulesUse(rules="r"),),
        near=Near(column="instruction", similarity=similarity),
        apart_from=("test",) if held_out else (),
    )
    method = replace(method, datasets={"test": SimpleNamespace(columns={named: "text"})})
    work = Work(method=method, data=data, records={}, outcomes={})
    rounds = rounds or [0] * len(texts)
    for round in sorted(set(rounds)):
        mine = [
            Record(f"r{round}/{i}", round, i, {named: made_from, "instruction": t})
            for i, t in enumerate(texts)
            if rounds[i] == round
        ]
        sift(step, work, mine)
    found = work.records["s.fresh"]
    return [r.columns["instruction"] for r in found.kept], {
        r.record.columns["instruction"]: r.sink for r in found.rejected
    }


def test_sinks():
    kept, rejected = run(
        ["Name three red fruits.", "  ", "name three red fruits", "What is the capital of Peru?"],
        held_out=["What is the capital of Peru?"],
    )
    assert kept == ["Name three red fruits."]
    assert rejected == {
        "  ": "empty",
        "name three red fruits": "duplicate",
        "What is the capital of Peru?": "held_out",
    }


def test_a_near_copy_of_a_held_out_item_is_found_without_case_and_punctuation():
    _, rejected = run(["WHAT is the capital of peru"], held_out=["What is the capital of Peru?"])
    assert rejected == {"WHAT is the capital of peru": "held_out"}


def test_what_a_record_was_made_from_may_stand_there_and_what_was_made_of_it_may_not():
    kept, rejected = run(
        ["Name a fruit.", "An apple."], held_out=["An apple."], made_from="An apple.", named="seed"
    )
    assert kept == ["Name a fruit."]
    assert rejected == {"An apple.": "held_out"}


def test_duplicates_are_found_over_rounds_and_the_first_stays():
    kept, rejected = run(["Write a poem about the old harbour at night."] * 3, rounds=[0, 1, 2])
    assert kept == ["Write a poem about the old harbour at night."]
    assert set(rejected.values()) == {"duplicate"}


def test_near_duplicates_by_their_trigrams():
    one = "Write one short sentence about the weather in the mountains today please."
    kept, rejected = run(
        [one, one.replace("today", "now"), "Write one short sentence about bees."], similarity=0.5
    )
    assert kept == [one, "Write one short sentence about bees."]
    assert list(rejected.values()) == ["duplicate"]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(["Name a bird.", "Name a tree.", "Sing.", " ", "Add 2 and 3."]), max_size=12))
def test_nothing_is_lost_and_nothing_is_kept_twice(texts):
    method_kept, rejected = run(texts) if texts else ([], {})
    assert len(method_kept) == len(set(method_kept)) == len({t for t in texts if t.strip()})
    assert set(rejected.values()) <= {"empty", "duplicate"}


def test_a_short_text_is_one_shingle():
    assert list(shingles("Sing!")) == [b"sing"]
    assert list(shingles("")) == [b""]
