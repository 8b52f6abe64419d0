"""Numbers with what they count."""

from __future__ import annotations

import pytest

from compiler.plan.counting import counted


@pytest.mark.parametrize(
    ("number", "thing", "said"),
    [
        (0, "item", "0 items"),
        (1, "item", "1 item"),
        (1.0, "point", "1 point"),
        (0.5, "point", "0.5 points"),
        (2, "entry", "2 entries"),
        (15000, "labelled example", "15000 labelled examples"),
    ],
)
def test_one_of_a_thing_is_one_thing(number: float, thing: str, said: str) -> None:
    assert counted(number, thing) == said
