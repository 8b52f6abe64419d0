"""Steps that compare, prefer, mix and order: what they keep, and in which sink the rest is."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest
from small_work import SmallWork, records

from compiler.plan.model import (
    Best,
    Compare,
    CriticUse,
    Expression,
    Mix,
    Order,
    PairAccept,
    Prefer,
    Requirement,
)
from runtime.records import Record
from runtime.steps import scoring
from runtime.steps.best import best
from runtime.steps.compare import compare
from runtime.steps.mix import mix
from runtime.steps.order import order
from runtime.steps.prefer import prefer

USE = CriticUse(critic="c", model="base")


@pytest.fixture(autouse=True)
def longer_is_better(monkeypatch: pytest.MonkeyPatch) -> None:
    """A critic whose score is the number of words of what it reads, plus 10 for what stands first."""

    def scores(work: Any, _key: str, use: CriticUse, many: list[Record], _accept: Any = None) -> list[float]:
        read = {column: use.columns.get(column, column) for column in work.method.critics["c"].columns}
        if "one" in read:
            words = [[len(str(r.columns[read[name]]).split()) for name in ("one", "two")] for r in many]
            return [float(first - second + 10) for first, second in words]
        return [float(len(str(r.columns[read["response"]]).split())) for r in many]

    # The package gives the function by the module's name.
    for module in (scoring, import_module("runtime.steps.best")):
        monkeypatch.setattr(module, "use_scores", scores)


def work_with(columns: dict[str, str], **kept: list[Record]) -> SmallWork:
    critic = type("Critic", (), {"columns": columns})
    return SmallWork(
        {f"s.{name}": many for name, many in kept.items()},
        method=type("Method", (), {"critics": {"c": critic}}),
    )


ROWS = records({"a": "one two three", "b": "one"}, {"a": "one", "b": "one two"}, {"a": "one", "b": "two"})


def test_a_critic_of_one_column_is_asked_about_each() -> None:
    work = work_with({"response": "text"})
    use = replace(USE, columns={"response": "a"})
    compare(Compare(id="s.c", inputs=("s.x",), critic=use, first="a", second="b"), work, ROWS)
    assert [r.columns["c_score"] for r in work.kept("s.c")] == [2, -1, 0]
    other = replace(USE, columns={"response": "b"})
    compare(Compare(id="s.d", inputs=("s.x",), critic=other, first="a", second="b"), work, ROWS)
    assert [r.columns["d_score"] for r in work.kept("s.d")] == [2, -1, 0]


def test_a_liking_for_the_first_place_cancels_out() -> None:
    work = work_with({"one": "text", "two": "text"})
    use = replace(USE, columns={"one": "a", "two": "b"})
    compare(Compare(id="s.c", inputs=("s.x",), critic=use, first="a", second="b"), work, ROWS)
    assert [r.columns["c_score"] for r in work.kept("s.c")] == [2, -1, 0]


def test_the_best_draft_of_each_record_and_the_first_of_equals() -> None:
    drafts = [
        Record(f"r0/{i}/{d}", 0, 3 * i + d, {"response": text, "n": f"{i}{d}"})
        for i, many in enumerate((["a b", "a b c", "a"], ["x", "y z", "p q"]))
        for d, text in enumerate(many)
    ]
    work = work_with({"response": "text"})
    best(Best(id="s.b", inputs=("s.x",), critic=USE), work, drafts)
    assert [r.columns["n"] for r in work.kept("s.b")] == ["01", "11"]
    assert work.sinks("s.b") == {"not best": 4}


def pair(**more: Any) -> Prefer:
    given: dict[str, Any] = {
        "id": "s.p",
        "inputs": ("s.x",),
        "first": "a",
        "second": "b",
        "first_finish": "fa",
        "second_finish": "fb",
        "critic": replace(USE, columns={"response": "a"}),
        "accept": PairAccept(by="margin", at_least=1.0),
    }
    return Prefer(**(given | more))


ENDED = records(
    {"a": "good long answer", "b": "no", "fa": "eos", "fb": "length"},
    {"a": "no", "b": "good long answer", "fa": "length", "fb": "eos"},
    {"a": "same  thing", "b": "same thing", "fa": "eos", "fb": "eos"},
    {"a": "a b c d e f g h i", "b": "x", "fa": "eos", "fb": "eos"},
)


def test_pairs_with_a_margin_and_their_ends() -> None:
    work = work_with({"response": "text"})
    prefer(pair(length_ratio=4), work, ENDED)
    (kept,) = work.kept("s.p")
    assert kept.columns["chosen"] == "good long answer"
    assert (kept.columns["chosen_finish"], kept.columns["rejected_finish"]) == ("eos", "length")
    assert kept.columns["p_score"] == 2
    assert work.sinks("s.p") == {"same": 1, "length": 1, "not preferred": 1}


def test_either_may_be_the_one_that_is_chosen() -> None:
    work = work_with({"response": "text"})
    prefer(pair(accept=PairAccept(by="margin", at_least=1.0, either=True)), work, ENDED[:2])
    assert [r.columns["chosen"] for r in work.kept("s.p")] == ["good long answer"] * 2
    assert [r.columns["chosen_finish"] for r in work.kept("s.p")] == ["eos", "eos"]


def test_pairs_by_a_rule_need_no_critic() -> None:
    longer = Expression(
        op=">", args=(Expression(op="words", args=(Expression(op="column", args=("a",)),)), 2)
    )
    rule = PairAccept(by="rule", rule=Requirement(condition=longer, text="words(a) > 2"))
    work = work_with({})
    prefer(pair(accept=rule, critic=None), work, ENDED)
    assert [r.id for r in work.kept("s.p")] == ["r0/0", "r0/3"]
    assert "p_score" not in work.kept("s.p")[0].columns


def test_a_mix_keeps_the_ratio_and_names_what_is_left() -> None:
    one = records(*({"x": f"one {i}", "own": "1"} for i in range(10)))
    two = records(*({"x": f"two {i}"} for i in range(30)))
    work = work_with({}, one=one, two=two)
    mix(Mix(id="s.m", columns={"x": "text"}, shares={"s.one": 0.25, "s.two": 0.75}), work)
    kept = [r.columns["x"].split()[0] for r in work.kept("s.m")]
    assert (kept.count("one"), kept.count("two")) == (10, 30)
    mix(Mix(id="s.n", columns={"x": "text"}, shares={"s.one": 0.5, "s.two": 0.5}), work)
    assert len(work.kept("s.n")) == 20
    assert work.sinks("s.n") == {"left_over": 20}
    assert {tuple(r.columns) for r in work.kept("s.n")} == {("x",)}
    assert len({r.id for r in work.kept("s.n")}) == 20


def test_an_order_is_by_the_column_and_keeps_ties() -> None:
    rows = records({"n": 2}, {"n": 1}, {"n": 2}, {"n": 0})
    work = work_with({}, x=rows)
    order(Order(id="s.o", inputs=("s.x",), by="n", first="low"), work)
    assert [r.id for r in work.kept("s.o")] == ["r0/3", "r0/1", "r0/0", "r0/2"]
    order(Order(id="s.h", inputs=("s.x",), by="n", first="high"), work)
    assert [r.id for r in work.kept("s.h")] == ["r0/0", "r0/2", "r0/1", "r0/3"]
