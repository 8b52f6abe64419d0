"""Strings know where each of their characters stands; quantities are numbers in base units."""

from __future__ import annotations

from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.diagnostics import Diagnostics, Span
from compiler.shapes import QuantityOf
from compiler.source import Source
from compiler.syntax.parse import parse
from compiler.syntax.strings import ESCAPES, string_places, string_value
from compiler.syntax.tree import Block, Field, Quantity, Text
from compiler.units import UNITS, in_base_unit, split_quantity

inside = st.text(
    alphabet=st.characters(blacklist_characters="\r\x00", blacklist_categories=("Cs",)), max_size=30
)


def escaped(text: str) -> str:
    return "".join(f"\\{key}" if (key := WRITTEN.get(c)) else c for c in text)


WRITTEN = {value: key for key, value in ESCAPES.items()}


def read(written: str, start: int = 0) -> Text:
    return Text(string_value(written), Span("x", start, start + len(written)), written)


def stands_at(text: Text, source: str) -> None:
    for i, char in enumerate(text.value):
        place = text.place(i)
        shown = source[place.start]
        assert shown == char or (shown == "\\" and ESCAPES[source[place.start + 1]] == char)


@given(inside)
def test_escapes_round_trip(text: str) -> None:
    source = f'"{escaped(text)}"'
    assert string_value(source) == text
    stands_at(read(source), source)


@given(
    st.lists(st.tuples(st.integers(0, 4), st.text(alphabet="ab {}%\\n", max_size=6)), min_size=1, max_size=5)
)
def test_blocks_are_dedented_as_python_does(lines: list[tuple[int, str]]) -> None:
    body = "\n".join(" " * depth + line.replace("\\", "") for depth, line in lines)
    source = f'"""\n{body}\n  """'
    assert string_value(source) == dedent(body).rstrip()
    stands_at(read(source), source)
    assert len(string_places(source)) == len(string_value(source))


def test_a_place_in_a_block_points_into_the_file() -> None:
    source = 'template = """\n    one\n      {{ two }}\n  """'
    start = source.index('"""')
    text = read(source[start:], start)
    at = text.value.index("two")
    place = text.place(at, at + 3)
    assert source[place.start : place.end] == "two"


@pytest.mark.parametrize(
    ("written", "value"), [("a\\nb", "a\nb"), ("\\d+", "\\d+"), ('\\"', '"'), ("\\\\n", "\\n")]
)
def test_unknown_escapes_stay(written: str, value: str) -> None:
    assert string_value(f'"{written}"') == value


@given(st.decimals(0, 10**6, places=3), st.sampled_from(sorted(UNITS)), st.sampled_from(["", " ", "\t "]))
def test_every_unit_is_read(number: object, unit: str, space: str) -> None:
    token = f"{number}{space}{unit}"
    assert split_quantity(token) == (str(number), unit)
    found = Diagnostics()
    file = parse(Source("x", __file__, f"model m {{ a = {token}\n items = 1 }}"), found)  # type: ignore[arg-type]
    assert found.items == []
    body = file.definitions[0].body
    assert isinstance(body, Block)
    first, second = body.entries
    assert isinstance(first, Field)
    assert isinstance(second, Field)
    assert first.value == Quantity(float(str(number)), unit, first.value.span)
    assert second.name.value == "items"


def test_a_number_and_a_name_on_the_next_line_are_two_things() -> None:
    found = Diagnostics()
    file = parse(Source("x", __file__, "model m { retries = 2\n items = 3 }"), found)  # type: ignore[arg-type]
    assert found.items == []
    body = file.definitions[0].body
    assert isinstance(body, Block)
    assert [type(f.value).__name__ for f in body.fields()] == ["Number", "Number"]


def test_base_units() -> None:
    assert in_base_unit(5, "%") == 0.05
    assert in_base_unit(2, "h") == 7200
    assert in_base_unit(90, "min") == 5400
    assert in_base_unit(3, "items") == 3
    read = QuantityOf("share", 0, 1).read(Quantity(12.5, "%", Span("x", 0, 1)), Diagnostics())
    assert read == 0.125
