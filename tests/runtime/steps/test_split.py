"""Splits: every record in one part, groups together, and one more record moves no other."""

from collections import Counter
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.plan.model import Split
from runtime.steps.split import part_of

STEP = Split(id="s.data", inputs=("s.good",), parts={"train": 0.9, "dev": 0.1}, group_by="instruction")


@given(st.text(), st.integers(0, 3))
def test_a_group_has_one_part_whatever_else_there_is(group, seed):
    assert part_of(STEP, seed, group) == part_of(STEP, seed, group)
    assert part_of(STEP, seed, group) in STEP.parts


@settings(max_examples=5)
@given(st.integers(0, 1000))
def test_parts_have_about_their_shares(seed):
    counts = Counter(part_of(STEP, seed, f"instruction {i}") for i in range(3000))
    assert 0.07 < counts["dev"] / 3000 < 0.13


def test_shares_do_not_hang_on_the_order_of_the_parts():
    swapped = replace(STEP, parts={"dev": 0.1, "train": 0.9})
    assert [part_of(STEP, 0, i) for i in range(50)] == [part_of(swapped, 0, i) for i in range(50)]
