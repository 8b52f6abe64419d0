"""Conversations: how long each is, what each side is shown, and what is kept of them."""

from __future__ import annotations

from collections import Counter
from importlib import import_module
from typing import Any

import pytest
from small_work import SmallWork, records

from compiler.plan.model import Converse, PromptUse, Sampling, Speaker
from runtime.engines.protocol import Completion
from runtime.steps.converse import converse


def talks(least: int | None, most: int) -> Converse:
    return Converse(
        id="s.talks",
        inputs=("s.fresh",),
        opening="task",
        user=Speaker(model="base", prompt=PromptUse(prompt="go_on")),
        assistant=Speaker(model="base", prompt=PromptUse(prompt="talk")),
        turns=most,
        least_turns=least,
        sampling=Sampling(max_tokens=9),
        into="last",
        finish="last_finish",
    )


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """Every prompt's prompt name and row, in order; the answer says how many turns it was shown."""
    seen: list[tuple[str, dict[str, Any]]] = []

    def answers(*asked: Any) -> list[Completion]:
        prompt, rows = asked[3], asked[5]
        made = []
        for _, row in rows:
            seen.append((prompt.prompt, {**row, "turns": [dict(turn) for turn in row["turns"]]}))
            quiet = row["task"] == "hush" and prompt.prompt == "go_on"
            text = "" if quiet else f" {prompt.prompt} {len(row['turns'])}"
            made.append(Completion(id="", ids=(1,), text=text, finish="stop"))
        return made

    monkeypatch.setattr(import_module("runtime.steps.converse"), "completions", answers)
    return seen


@pytest.mark.usefixtures("shown")
def test_each_conversation_has_its_own_length_within_the_bounds() -> None:
    work = SmallWork()
    converse(talks(3, 5), work, records(*({"task": f"task {i}"} for i in range(60))))
    kept = work.kept("s.talks")
    lengths = Counter(len(record.columns["turns"]) for record in kept)
    assert set(lengths) == {3, 4, 5}
    assert min(lengths.values()) >= 8  # by a hash, so about 20 of each
    for record in kept:
        assert record.columns["last"].strip() == f"talk {len(record.columns['turns'])}"
        assert [turn["assistant"] for turn in record.columns["turns"]][-1] == ""
        assert all(turn["assistant"] for turn in record.columns["turns"][:-1])
    again = SmallWork()
    converse(talks(3, 5), again, records({"task": "task 0"}))
    assert len(again.kept("s.talks")[0].columns["turns"]) == len(kept[0].columns["turns"])


def test_without_a_range_all_have_the_same_length(shown: list[Any]) -> None:
    work = SmallWork()
    converse(talks(None, 2), work, records({"task": "a"}, {"task": "b"}))
    assert [len(record.columns["turns"]) for record in work.kept("s.talks")] == [2, 2]
    user = [row["turns"] for prompt, row in shown if prompt == "go_on"]
    assert user[0] == [{"user": "a", "assistant": "talk 1"}]


@pytest.mark.usefixtures("shown")
def test_a_side_that_says_nothing_ends_it() -> None:
    work = SmallWork()
    converse(talks(None, 2), work, records({"task": "hush"}, {"task": "b"}))
    assert [record.columns["task"] for record in work.kept("s.talks")] == ["b"]
    assert work.sinks("s.talks") == {"empty": 1}
