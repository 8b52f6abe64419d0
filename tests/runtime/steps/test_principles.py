"""Drawing principles: by a hash per record and principle, balanced over categories, stable under change."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from compiler.plan.model import Constitution, Principle, PrincipleSample
from runtime.steps.principles import draw

SEVEN_FOUR_FOUR = {"harm": 7, "help": 4, "honesty": 4}
WHOLE = Constitution(
    principles={
        f"{category}_{i}": Principle(category=category, text=f"{category} {i}")
        for category, many in SEVEN_FOUR_FOUR.items()
        for i in range(many)
    }
)
IDS = [f"r0/{i}/0" for i in range(1_500)]


def names(sample: PrincipleSample, of: Constitution, id: str, seed: int = 1) -> list[str]:
    return [principle["id"] for principle in draw(sample, of, seed, id)]


@given(st.integers(1, 15), st.integers(0, 14), st.booleans(), st.text(), st.integers(0, 9))
def test_as_many_as_asked_for_and_none_twice(
    least: int, more: int, balanced: bool, id: str, seed: int
) -> None:
    most = min(least + more, 15)
    sample = PrincipleSample(constitution="c", least=least, most=most, balanced=balanced)
    drawn = names(sample, WHOLE, id, seed)
    assert least <= len(drawn) <= most
    assert len(set(drawn)) == len(drawn)
    assert drawn == names(sample, WHOLE, id, seed)


def test_balanced_categories_come_equally_often() -> None:
    one = PrincipleSample(constitution="c", least=1, most=1, balanced=True)
    seen = Counter(name.rpartition("_")[0] for id in IDS for name in names(one, WHOLE, id))
    assert all(abs(count - 500) < 90 for count in seen.values()), seen
    three = replace(one, least=3, most=3)
    for id in IDS[:50]:
        assert {name.rpartition("_")[0] for name in names(three, WHOLE, id)} == set(SEVEN_FOUR_FOUR)


def test_without_balance_large_categories_come_more_often() -> None:
    one = PrincipleSample(constitution="c", least=1, most=1)
    seen = Counter(name.rpartition("_")[0] for id in IDS for name in names(one, WHOLE, id))
    assert abs(seen["harm"] - 1_500 * 7 / 15) < 90


def test_every_number_of_principles_comes_up() -> None:
    sample = PrincipleSample(constitution="c", least=1, most=3)
    seen = Counter(len(names(sample, WHOLE, id)) for id in IDS)
    assert set(seen) == {1, 2, 3}
    assert all(abs(count - 500) < 90 for count in seen.values()), seen


def test_a_principle_taken_out_changes_only_the_records_that_had_it() -> None:
    sample = PrincipleSample(constitution="c", least=2, most=2)
    gone = "harm_3"
    less = Constitution(principles={n: p for n, p in WHOLE.principles.items() if n != gone})
    for id in IDS[:300]:
        before, after = names(sample, WHOLE, id), names(sample, less, id)
        if gone in before:
            assert [name for name in before if name != gone] == [n for n in after if n in before]
        else:
            assert before == after
