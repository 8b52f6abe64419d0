"""Which of a record's columns rules are given where the author names none."""

from __future__ import annotations

from wrong_cases import GOOD

from compiler.compile import compile_spec
from compiler.plan.model import Filter


def test_rules_are_given_the_finish_of_their_own_subject() -> None:
    """In `second` a task was drawn first and its `finish` is of no concern to rules about the response."""
    compiled = compile_spec(str(GOOD / "second.stage"), "test")
    assert compiled.plan is not None
    filters = {s.id: s for stage in compiled.plan.method.stages for s in stage.steps if isinstance(s, Filter)}
    (second,), (small,) = (filters[id].rules for id in ("second.clean", "small.clean"))
    assert second.columns == {"finish": "response_finish"}
    assert {"finish", "response_finish"} <= filters["second.clean"].columns.keys()
    assert small.columns == {}
