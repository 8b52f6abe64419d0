"""What gates measure: shares of all that came in, by the step that decides, and nothing that is not there."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

import pytest

from compiler.plan.model import Expression, Rejection, Requirement, Rules
from compiler.plan.rules import apply
from runtime.records import Record, Rejected, StepRecords
from runtime.results import rule


class Work:
    def __init__(self, kept: list[Record], rejected: list[Rejected]) -> None:
        self.records = {"s.good": StepRecords(kept, rejected)}
        self.outcomes: dict[str, Any] = {}
        self.tokens = self

    def continuation_ids(self, text: str) -> list[int]:
        return [0] * (2 * len(text.split()))


def row(i: int, words: int = 1, finish: str = "stop") -> Record:
    return Record(f"r{i % 2}/{i}", i % 2, i, {"response": "word " * words, "finish": finish})


def ask(
    work: Work, op: str, *args: Any, than: float = 0.5, rounds: Container[int] | None = None
) -> tuple[bool, str]:
    asked = Expression(op=">=", args=(Expression(op=op, args=("s.good", *args)), than))
    ruled = rule(Requirement(condition=asked, text=""), work, rounds)  # type: ignore[arg-type]
    return ruled.holds, ruled.measured


@pytest.fixture
def work() -> Work:
    kept = [row(i, finish="length" if i == 0 else "stop") for i in range(4)]
    return Work(kept, [Rejected(row(i), "long" if i < 6 else "not accepted") for i in range(4, 10)])


def test_rates_are_of_all_that_came_in(work: Work) -> None:
    """Four of ten were kept: measured after filtering it would have been all of them."""
    assert ask(work, "accepted", than=0.4) == (True, "40.0%")
    assert ask(work, "rate_rejected", "long", than=0.2) == (True, "20.0%")
    at_the_limit = Expression(op="==", args=(Expression(op="column", args=("finish",)), "length"))
    assert ask(work, "rate_where", at_the_limit) == (False, "10.0%")


@pytest.mark.parametrize(("op", "holds"), [(">=", True), (">", False), ("<=", True), ("<", False)])
def test_a_gate_compares_as_a_rule_does(work: Work, op: str, holds: bool) -> None:
    """Four of ten at a bound of 40 %, and a text of four words at a bound of four."""
    asked = Expression(op=op, args=(Expression(op="accepted", args=("s.good",)), 0.4))
    assert rule(Requirement(condition=asked, text=""), work).holds == holds  # type: ignore[arg-type]
    words = Expression(op="words", args=(Expression(op="column", args=("text",)),))
    rejection = Rejection(name="four", when=Expression(op=op, args=(words, 4)))
    rules = Rules(columns={"text": "text"}, subject="text", statements=(rejection,))
    assert (apply(rules, {"text": "a b c d"}).sink is not None) == holds


def test_acceptance_is_what_the_step_kept(work: Work) -> None:
    """The gate counts the records of the step that accepts, whatever its rule is."""
    assert ask(work, "kept", than=4)[1] == "4"
    assert ask(work, "kept", than=2, rounds=(0,))[1] == "2"


def test_a_median_is_over_what_was_kept() -> None:
    column = Expression(op="column", args=("response",))
    work = Work([row(i, words=n) for i, n in enumerate((1, 2, 9))], [Rejected(row(5, words=90), "long")])
    assert ask(work, "median", Expression(op="words", args=(column,)), than=2) == (True, "2.0")
    assert ask(work, "median", Expression(op="tokens", args=(column,)), than=4) == (True, "4.0")


def test_what_saw_nothing_is_missing_and_closes() -> None:
    assert ask(Work([], []), "accepted", than=0.0) == (False, "good has seen no records")
    assert ask(Work([], []), "median", Expression(op="words", args=("x",)))[0] is False
