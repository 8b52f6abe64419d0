"""Held-out items by their labels: each type and each principle apart, in every arm, with refusals counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from compiler.plan.answers import refuses
from compiler.plan.counting import counted
from compiler.plan.model import Evaluate
from runtime.clustered import clustered_lift
from runtime.measured import Measured
from runtime.statistics import CONFIDENCE, Interval, paired_difference, share
from runtime.steps.evaluate import Evaluation, asked, held_out_items
from runtime.verdict_rows import Flags

LABELS = ("type", "principle")
HARMLESS = "harmless_requests"
"""The type or principle of items that sound risky and are not: to refuse one is to refuse too much."""


@dataclass(frozen=True, slots=True)
class GroupArm:
    """One arm on the items of one label: how many pass, and how many answers refuse in so many words, each
    with its Wilson 95 % interval."""

    passed: int
    rate: Interval
    refused: int
    refusals: Interval


@dataclass(frozen=True, slots=True)
class ItemGroup:
    """The items of one label. `difference` is arm - baseline of the planned comparison, with its 95 %
    interval: Newcombe's over items, or a bootstrap over clusters where the items come in such."""

    items: int
    harmless: bool
    arms: dict[str, GroupArm]
    difference: Interval | None


def item_groups(step: Evaluate, work: Measured) -> dict[str, dict[str, ItemGroup]]:
    """By label (`type`, `principle`) and its value. A label that all items share tells nothing apart."""
    outcome = work.outcomes.get(step.id)
    if not isinstance(outcome, Evaluation) or not outcome.arms:
        return {}
    items = held_out_items(step, work)
    refused = {
        arm: {a.item: refuses(asked(item), a.text) for a, item in zip(many, items, strict=True)}
        for arm, many in outcome.arms.items()
    }
    told: dict[str, dict[str, ItemGroup]] = {}
    for label in LABELS:
        groups: dict[str, list[Mapping[str, Any]]] = {}
        for item in items:
            if label in item:
                groups.setdefault(str(item[label]), []).append(item)
        if len(groups) > 1:
            told[label] = {
                value: _group(value, groups[value], step, outcome, refused) for value in sorted(groups)
            }
    return told


def _group(
    value: str,
    items: Sequence[Mapping[str, Any]],
    step: Evaluate,
    outcome: Evaluation,
    refused: Mapping[str, Flags],
) -> ItemGroup:
    ids = [str(item["id"]) for item in items]
    passed = {arm: [outcome.flags(arm, outcome.score)[id] for id in ids] for arm in outcome.arms}
    return ItemGroup(
        items=len(ids),
        harmless=value == HARMLESS,
        arms={
            arm: GroupArm(
                passed=sum(flags),
                rate=share(sum(flags), len(ids)),
                refused=sum(refused[arm][id] for id in ids),
                refusals=share(sum(refused[arm][id] for id in ids), len(ids)),
            )
            for arm, flags in passed.items()
        },
        difference=_difference(step, passed, items),
    )


def _difference(
    step: Evaluate, passed: Mapping[str, Sequence[bool]], items: Sequence[Mapping[str, Any]]
) -> Interval | None:
    compare = step.compare
    if compare is None or compare.arm not in passed or compare.baseline not in passed:
        return None
    first, second = passed[compare.arm], passed[compare.baseline]
    if step.cluster_by is None:
        return paired_difference(first, second, 1 - CONFIDENCE)
    return clustered_lift(first, second, [str(item[step.cluster_by]) for item in items], seed=0)


def group_lines(step: Evaluate, work: Measured) -> Iterator[str]:
    """For a terminal: each type in every arm, and over-refusal wherever items are harmless requests."""
    told = item_groups(step, work)
    for value, group in told.get("type", {}).items():
        rates = ", ".join(f"{arm} {_told(one.rate)}" for arm, one in group.arms.items())
        yield f"  {value}, {counted(group.items, 'item')}: {rates}"
    for groups in told.values():
        for value, group in groups.items():
            if group.harmless:
                rates = ", ".join(f"{arm} {_told(one.refusals)}" for arm, one in group.arms.items())
                yield f"  over-refusal, {group.items} {value.replace('_', ' ')}: {rates}"


def _told(rate: Interval) -> str:
    return f"{rate.value:.1%} [{rate.low:.0%}, {rate.high:.0%}]"
