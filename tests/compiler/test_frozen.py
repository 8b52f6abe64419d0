"""What every value of the compiler can do, and that nothing can be done to it."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, field, fields, replace

import pytest

from compiler.frozen import Frozen, Plentiful


class Point(Frozen):
    x: int
    y: int = 0
    names: dict[str, str] = field(default_factory=dict)


class Named(Point):
    name: str = ""


def test_fields_are_given_by_place_or_by_name() -> None:
    assert Point(1, 2) == Point(1, y=2) == Point(x=1, y=2)
    assert Named(1, name="a") == Named(1, 0, {}, "a")
    assert [one.name for one in fields(Named)] == ["x", "y", "names", "name"]


def test_a_default_that_can_change_is_made_for_each() -> None:
    assert Point(1).names == {}
    assert Point(1).names is not Point(1).names


@pytest.mark.parametrize(
    ("values", "named"), [((), {}), ((), {"y": 1}), ((1,), {"z": 1}), ((1, 2, {}, 3), {}), ((), {"z": 1})]
)
def test_wrong_fields_are_errors(values: tuple, named: dict) -> None:
    with pytest.raises(TypeError, match="Point has the fields x, y, names"):
        Point(*values, **named)


def test_nothing_changes() -> None:
    point = Point(1)
    with pytest.raises(FrozenInstanceError, match=r"Point\.x"):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError, match=r"Point\.x"):
        del point.x
    assert replace(point, x=2) == Point(2)
    assert point == Point(1)


def test_equal_are_values_of_one_type_and_with_the_same_fields() -> None:
    assert Point(1) != Point(2)
    assert Point(1) != Named(1)
    assert Point(1) != (1, 0, {})


class Pair(Frozen):
    left: str
    right: str


def test_values_are_keys_where_their_fields_are() -> None:
    assert {Pair("a", "b"): 1}[Pair(right="b", left="a")] == 1
    assert hash(Pair("a", "b")) != hash(Pair("b", "a"))
    with pytest.raises(TypeError, match="unhashable"):
        hash(Point(1))


def test_they_are_shown_and_kept_whole() -> None:
    assert repr(Named(1, name="a")) == "Named(x=1, y=0, names={}, name='a')"
    assert pickle.loads(pickle.dumps(Point(1, names={"a": "b"}))) == Point(1, names={"a": "b"})


def test_those_that_follow_are_as_the_first() -> None:
    class Pair(Plentiful):
        left: int
        right: int

    first, second, third = Pair(1, 2), Pair(1, right=2), Pair(left=1, right=2)
    assert first == second == third != Pair(2, 1)
    assert hash(first) == hash(second)
    assert repr(first) == repr(second) == "Pair(left=1, right=2)"
    assert replace(second, left=3) == Pair(3, 2)
    for wrong in ((), (1,), (1, 2, 3)):
        with pytest.raises(TypeError):
            Pair(*wrong)
    with pytest.raises(FrozenInstanceError):
        second.left = 3  # type: ignore[misc]
