"""Critics' scores, from what a judge answers: a judge that knows is told from one that likes a letter."""

from __future__ import annotations

import re
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from compiler.plan.model import LabelMethod
from runtime.critics import scores
from runtime.engines.protocol import LabelLogprobs, Request

TEMPLATE = "{{ first }}: it does, {{ second }}: it does not. {{ response }} Label:"
ROWS = [{"response": "right"}, {"response": "wrong"}]
IDS = {"A": 1, "B": 2}


def judged(knows: float, likes_a: float, both_orders: bool) -> list[float]:
    """A judge who gives the label of the truth `knows` nats more, and the letter A `likes_a` more."""

    def ask(_title: str, _key: str, requests: Sequence[Request]) -> dict[str, LabelLogprobs]:
        answers = {}
        for request in requests:
            text = bytes(request.prompt_ids).decode()
            for_good, for_bad = re.findall(r"[AB](?=: it)", text)
            truth = for_good if "right" in text else for_bad
            given = {label: knows * (label == truth) + likes_a * (label == "A") for label in IDS}
            by_id = {IDS[label]: nats for label, nats in given.items()}
            logprobs = tuple(by_id[id] for id in request.task.label_ids)  # type: ignore[union-attr]
            answers[request.id] = LabelLogprobs(request.id, logprobs)
        return answers

    work: Any = SimpleNamespace(
        ask=ask,
        adapter=lambda _: None,
        kind=lambda _: "raw",
        prompt_ids=lambda _, text: tuple(text.encode()),
        tokens=SimpleNamespace(single_token=lambda form: IDS.get(form.strip())),
    )
    method = LabelMethod(template=TEMPLATE, good="A", bad="B", both_orders=both_orders)
    return scores(work, "judge", "k", method, ROWS, "base")


@pytest.mark.parametrize("both_orders", [True, False])
def test_a_judge_that_knows_is_sure(both_orders: bool) -> None:
    assert judged(3.0, 0.0, both_orders) == [3.0, -3.0]


def test_a_liking_for_one_letter_cancels_out_in_both_orders() -> None:
    assert judged(0.0, 2.0, True) == [0.0, 0.0]
    assert judged(3.0, 2.0, True) == [3.0, -3.0]
    assert judged(3.0, 2.0, False) == [5.0, -1.0]
