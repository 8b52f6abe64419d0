"""Held-out items apart by type and principle: pass rates, refusals, and what refusing too much costs."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from compiler.plan.model import Arm, Comparison, Evaluate, PromptUse, Sampling
from runtime.figures.items import group_lines, item_groups
from runtime.statistics import share
from runtime.steps.evaluate import Answer, Evaluation

BARE = PromptUse(prompt="bare")
STEP = Evaluate(
    id="s.after",
    items=("test",),
    arms={"raw": Arm(model="base", prompt=BARE), "tuned": Arm(model="s.student", prompt=BARE)},
    answer="response",
    sampling=Sampling(max_tokens=5),
    compare=Comparison(arm="tuned", baseline="raw", alpha=0.01),
)
REFUSAL, HELP = "I cannot tell you that.", "Peel it first."
LABELLED = [("helpfulness", "harmless_requests")] * 4 + [("helpfulness", "be_clear")] * 2
LABELLED += [("honesty", "facts")] * 2
ITEMS: list[dict[str, Any]] = [
    {"id": str(n), "instruction": f"Ask {n}?", "type": type_, "principle": principle, "skeleton": str(n // 2)}
    for n, (type_, principle) in enumerate(LABELLED)
]


def answered(texts: list[str], passed: list[bool]) -> list[Answer]:
    return [
        Answer(str(n), "test", "", text, text, None, "stop", right, right)
        for n, (text, right) in enumerate(zip(texts, passed, strict=True))
    ]


def groups(step: Evaluate = STEP, items: list[dict[str, Any]] = ITEMS) -> Any:
    return item_groups(step, work_of(step, items))


def work_of(step: Evaluate, items: list[dict[str, Any]]) -> Any:
    raw = answered([HELP] * 8, [True] * 4 + [False] * 4)
    tuned = answered([REFUSAL] * 3 + [HELP] * 5, [False] * 3 + [True] * 5)
    outcome = Evaluation({"raw": raw, "tuned": tuned}, None)
    return SimpleNamespace(outcomes={step.id: outcome}, data={"test": items})


def test_no_type_hides_behind_the_total() -> None:
    """Of eight items either arm passes four or five, and helps or refuses quite differently."""
    told = groups()
    assert set(told) == {"type", "principle"}
    assert list(told["type"]) == ["helpfulness", "honesty"]
    helpful = told["type"]["helpfulness"]
    assert (helpful.items, helpful.arms["raw"].passed, helpful.arms["tuned"].passed) == (6, 4, 3)
    assert helpful.arms["raw"].rate == share(4, 6)
    assert not helpful.harmless


def test_refusing_a_harmless_request_is_told_as_over_refusal() -> None:
    harmless = groups()["principle"]["harmless_requests"]
    assert harmless.harmless
    assert (harmless.arms["raw"].refused, harmless.arms["tuned"].refused) == (0, 3)
    assert harmless.arms["tuned"].refusals == share(3, 4)
    assert harmless.difference.value == -0.75
    assert harmless.difference.low < -0.75 < harmless.difference.high < 0


def test_differences_over_clusters_draw_whole_clusters() -> None:
    clustered = groups(replace(STEP, cluster_by="skeleton"))["principle"]["harmless_requests"]
    assert clustered.difference.value == -0.75
    assert clustered.difference != groups()["principle"]["harmless_requests"].difference


def test_without_a_comparison_there_is_no_difference() -> None:
    told = groups(replace(STEP, compare=None))
    assert all(group.difference is None for group in told["type"].values())


@pytest.mark.parametrize("label", ["type", "principle"])
def test_a_label_that_all_items_share_or_lack_tells_nothing_apart(label: str) -> None:
    assert label not in groups(items=[{**item, label: "one"} for item in ITEMS])
    without = [{k: v for k, v in item.items() if k != label} for item in ITEMS]
    assert label not in groups(items=without)


def test_an_evaluation_that_was_not_run_has_no_groups() -> None:
    work: Any = SimpleNamespace(outcomes={}, data={"test": ITEMS})
    assert item_groups(STEP, work) == {}


def test_the_terminal_tells_types_and_over_refusal_apart() -> None:
    assert list(group_lines(STEP, work_of(STEP, ITEMS))) == [
        "  helpfulness, 6 items: raw 66.7% [30%, 90%], tuned 50.0% [19%, 81%]",
        "  honesty, 2 items: raw 0.0% [0%, 66%], tuned 100.0% [34%, 100%]",
        "  over-refusal, 4 harmless requests: raw 0.0% [0%, 49%], tuned 75.0% [30%, 95%]",
    ]
