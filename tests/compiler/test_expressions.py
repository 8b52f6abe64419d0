"""Conditions mean what they would mean in Python, and rules never surprise."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.diagnostics import Diagnostics
from compiler.lower.conditions import lower_condition, record_leaf
from compiler.plan.expressions import COMPARE, Missing, Value, evaluate
from compiler.plan.model import Cut, Expression, Rejection, Rules, Trim
from compiler.plan.rules import apply
from compiler.source import Source
from compiler.syntax.parse import parse
from compiler.syntax.tree import Block, Reject

COLUMNS = {"response": "text", "finish": "finish_reason", "n": "number"}


def condition(written: str) -> Expression:
    """A condition as it is lowered from the text of a rule."""
    found = Diagnostics()
    source = Source("x", __file__, f'rules r(response: text) {{ reject "x" when {written} }}')  # type: ignore[arg-type]
    body = parse(source, found).definitions[0].body
    assert isinstance(body, Block)
    assert isinstance(body.entries[0], Reject)
    lowered = lower_condition(body.entries[0].when, record_leaf(COLUMNS, found), found)
    assert lowered is not None, found.items
    return lowered


numbers = st.integers(-9, 9).map(str) | st.sampled_from(["n", "chars(response)", "words(response)"])
comparisons = st.tuples(numbers, st.sampled_from(sorted(COMPARE)), numbers).map(" ".join)
conditions = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(" ".join),
        inner.map(lambda c: f"not ({c})"),
        inner.map(lambda c: f"({c})"),
    ),
    max_leaves=6,
)


@given(conditions, st.text(alphabet="ab \n", max_size=8), st.integers(-9, 9))
def test_conditions_are_read_as_python_reads_them(written: str, response: str, n: int) -> None:
    record = {"response": response, "finish": "stop", "n": n}

    def leaf(_: str, args: tuple[object, ...]) -> Value:
        return record[str(args[0])]  # type: ignore[return-value]

    names = {"chars": len, "words": lambda text: len(text.split()), **record}
    assert evaluate(condition(written), leaf) is eval(written, {"__builtins__": {}}, names)


def test_an_absent_result_is_never_false() -> None:
    def leaf(op: str, _: tuple[object, ...]) -> Value:
        raise Missing(op)

    with pytest.raises(Missing):
        evaluate(Expression(op="<", args=(Expression(op="accepted", args=("s.j",)), 0.5)), leaf)


def test_a_share_is_a_fraction() -> None:
    found = Diagnostics()
    source = Source("x", __file__, 'rules r(a: text) { reject "x" when 5 % < 50.0 % }')  # type: ignore[arg-type]
    block = parse(source, found).definitions[0].body
    assert isinstance(block, Block)
    assert isinstance(block.entries[0], Reject)
    lowered = lower_condition(block.entries[0].when, record_leaf({}, found), found)
    assert lowered == Expression(op="<", args=(0.05, 0.5))


texts = st.text(alphabet="ab#\n T:", max_size=20)
literals = st.text(alphabet="ab#T", min_size=1, max_size=2)
longer = st.integers(0, 12).map(
    lambda n: Rejection(
        name=f"over {n}",
        when=Expression(
            op=">", args=(Expression(op="chars", args=(Expression(op="column", args=("r",)),)), n)
        ),
    )
)
statements = st.one_of(
    literals.map(lambda text: Cut(at=text)),
    literals.map(lambda text: Cut(before=re.escape(text))),
    st.just(Trim()),
    longer,
)


@given(st.lists(statements, max_size=5), texts)
def test_rules_only_ever_shorten(program: list[Cut | Trim | Rejection], text: str) -> None:
    outcome = apply(Rules(columns={"r": "text"}, subject="r", statements=tuple(program)), {"r": text})
    assert outcome.subject in text
    assert outcome.kept == (outcome.sink is None)
    sinks = [s.name for s in program if isinstance(s, Rejection)]
    assert outcome.sink is None or outcome.sink in sinks


@given(st.lists(statements, max_size=5), texts)
def test_rules_change_nothing_twice(program: list[Cut | Trim | Rejection], text: str) -> None:
    """What was cut and trimmed to the end stays as it is when cut again."""
    cleaning = tuple(s for s in program if not isinstance(s, Rejection) and not isinstance(s, Trim))
    rules = Rules(columns={"r": "text"}, subject="r", statements=(*cleaning, Trim()))
    once = apply(rules, {"r": text}).subject
    assert apply(rules, {"r": once}).subject == once


def test_raw_is_the_text_before_any_cut() -> None:
    when = Expression(op="matches", args=(Expression(op="raw", args=("r",)), "Q:"))
    rules = Rules(
        columns={"r": "text"}, subject="r", statements=(Cut(at="\n"), Rejection(name="runaway", when=when))
    )
    assert apply(rules, {"r": "yes\nQ: more"}).sink == "runaway"
    assert apply(rules, {"r": "yes\nmore"}).sink is None


@pytest.mark.parametrize(
    ("op", "below", "at", "above"),
    [
        ("<", True, False, False),
        ("<=", True, True, False),
        (">", False, False, True),
        (">=", False, True, True),
        ("==", False, True, False),
        ("!=", True, False, True),
    ],
)
def test_one_comparator_per_operator(op: str, below: bool, at: bool, above: bool) -> None:
    """Rules and gates compare by the same table, so ">=" is ">=" everywhere."""
    found = [COMPARE[op](value, 2) for value in (1, 2, 3)]
    assert found == [below, at, above]
