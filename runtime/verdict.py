"""The verdict: from paired results of arms to what may be claimed, and why not more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from compiler.plan.model import Comparison
from runtime.clustered import clustered_lift
from runtime.statistics import (
    Interval,
    PairedTest,
    Power,
    detectable_lifts,
    effect_size,
    lift,
    paired_difference,
)
from runtime.verdict_rows import ArmRate, Flags, TypeRow, arm_rate, either_test, type_table

Outcome = Literal["improved", "no worse", "no difference shown", "worse", "not shown"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What may be claimed. `numbers_say` is what the numbers alone would, without the taints.

    `bound` is the difference with its one-sided 1 - alpha limit as `low`, where no loss beyond `margin` was
    to be shown. `alpha` is the planned one divided by 1 + `opened_before`.
    """

    outcome: Outcome
    numbers_say: Outcome
    reasons: tuple[str, ...]
    arm: str
    baseline: str
    asked: Literal["mcnemar", "no_worse"]
    score: str
    arms: Mapping[str, ArmRate]
    lift: Interval | None
    test: PairedTest | None
    alpha: float
    opened_before: int
    smallest_effect: float
    margin: float
    bound: Interval | None
    effect_size: float | None
    types: Mapping[str, TypeRow]
    power: tuple[Power, ...]


def reach_verdict(
    comparison: Comparison,
    passed: Mapping[str, Flags],
    passed_raw: Mapping[str, Flags],
    lengths: Mapping[str, Mapping[str, int]],
    types: Mapping[str, str],
    wanted_arms: Sequence[str],
    taints: Sequence[str],
    seed: int = 0,
    clusters: Mapping[str, str] | None = None,
    opened_before: int = 0,
) -> Verdict:
    """The verdict of one planned comparison. All mappings are arm to item id to value; `types` is item id
    to type, `clusters` item id to what it was made from; `lengths` are words. `opened_before` is how
    many other plans have looked at these items: alpha is divided by all that have (Bonferroni).

    "improved" needs a significant test, at least the smallest effect, no type that got significantly
    worse, an arm that also beats every other baseline, and no taint. What is missing fails closed.
    """
    comparison = replace(comparison, alpha=comparison.alpha / (1 + opened_before))
    arms = {name: arm_rate(flags, passed_raw[name], lengths[name]) for name, flags in passed.items()}
    missing = [name for name in wanted_arms if not passed.get(name)]
    uneven = [name for name, flags in passed.items() if set(flags) != set(types)]
    if comparison.arm in missing or comparison.baseline in missing or uneven:
        what = f"arm {missing[0]} was not run" if missing else f"arm {uneven[0]} did not answer every item"
        reasons = (f"{what}, so nothing can be compared", *taints)
        return _unmeasured(comparison, arms, reasons, opened_before)
    items = sorted(types)
    first = [passed[comparison.arm][i] for i in items]
    second = [passed[comparison.baseline][i] for i in items]
    groups = [clusters[item] for item in items] if clusters is not None else None
    test, gain = either_test(first, second, groups, seed), lift(first, second, seed)
    if groups is not None:
        gain = clustered_lift(first, second, groups, seed)
    table = type_table(passed[comparison.arm], passed[comparison.baseline], types, clusters, seed)
    bound = None
    if comparison.test == "no_worse":
        bound = _bound(first, second, groups, comparison.alpha, seed)
        numbers, found = _no_worse(comparison, arms, test, bound, table)
    else:
        numbers, found = _numbers_say(comparison, arms, test, gain, table)
    said = [*found, *_opened(comparison, opened_before), *(f"arm {name} was not run" for name in missing)]
    outcome: Outcome = "not shown" if taints or missing else numbers
    if taints and numbers != "no difference shown":
        said.append(f"the numbers alone would say: {numbers}")
    return Verdict(
        outcome=outcome,
        numbers_say=numbers,
        reasons=(*said, *(f"not a claim: {taint}" for taint in taints)),
        arm=comparison.arm,
        baseline=comparison.baseline,
        asked=comparison.test,
        score=comparison.score,
        arms=arms,
        lift=gain,
        test=test,
        alpha=comparison.alpha,
        opened_before=opened_before,
        smallest_effect=comparison.smallest_effect,
        margin=comparison.margin,
        bound=bound,
        effect_size=effect_size(arms[comparison.arm].rate.value, arms[comparison.baseline].rate.value),
        types=table,
        power=tuple(detectable_lifts(len(items), comparison.alpha)),
    )


def _bound(
    first: Sequence[bool], second: Sequence[bool], groups: Sequence[str] | None, alpha: float, seed: int
) -> Interval:
    """The difference, with its one-sided 1 - alpha limit as `low`: that of a two-sided 1 - 2 alpha interval.

    Where items come in clusters it is the lower of the limits over items and over clusters: resampled
    clusters that all agree would be certain, however few they are. None where there is but one.
    """
    items = paired_difference(first, second, 2 * alpha)
    if groups is None:
        return items
    whole = clustered_lift(first, second, groups, seed, 2 * alpha)
    if whole.low is None or items.low is None:
        return whole
    return replace(whole, low=min(whole.low, items.low))


def _opened(comparison: Comparison, opened_before: int) -> list[str]:
    if not opened_before:
        return []
    plans = "1 other plan" if opened_before == 1 else f"{opened_before} other plans"
    return [
        f"{plans} opened these items before, so alpha is one part in {opened_before + 1} of the planned: "
        f"{comparison.alpha:.2g}"
    ]


def _no_worse(
    comparison: Comparison,
    arms: Mapping[str, ArmRate],
    test: PairedTest,
    bound: Interval,
    table: Mapping[str, TypeRow],
) -> tuple[Outcome, list[str]]:
    """Non-inferiority: "no worse" needs the lower bound of the difference above minus the margin, and no
    type of item that got significantly worse. Silence of a test for a difference is no proof of none."""
    if bound.low is None:
        return "no difference shown", ["one cluster alone shows nothing"]
    reasons = [
        f"{comparison.arm} {_rate(arms[comparison.arm])} against "
        f"{comparison.baseline} {_rate(arms[comparison.baseline])}: difference {100 * bound.value:+.1f} "
        f"points, not below {100 * bound.low:+.1f} (one-sided, alpha {comparison.alpha:.3g})"
    ]
    if test.p < comparison.alpha and bound.value < 0:
        return "worse", [*reasons, f"{test.name}: p = {test.p:.2g}"]
    regressed = [name for name, row in table.items() if row.regressed]
    if regressed:
        reasons.append(f"items of type {', '.join(regressed)} got significantly worse")
        return "no difference shown", reasons
    if bound.low <= -comparison.margin:
        reasons.append(f"a loss of more than {100 * comparison.margin:g} points cannot be ruled out")
        return "no difference shown", reasons
    return "no worse", reasons


def _numbers_say(
    comparison: Comparison,
    arms: Mapping[str, ArmRate],
    test: PairedTest,
    gain: Interval,
    table: Mapping[str, TypeRow],
) -> tuple[Outcome, list[str]]:
    reasons = [
        f"{comparison.arm} {_rate(arms[comparison.arm])} against "
        f"{comparison.baseline} {_rate(arms[comparison.baseline])}: "
        f"lift {100 * gain.value:+.1f} points{_points(gain)}",
        f"{test.name}: p = {test.p:.2g}, {test.only_first} items only {comparison.arm} passes, "
        f"{test.only_second} only {comparison.baseline}",
    ]
    if test.p >= comparison.alpha:
        reasons.append(f"p is not below alpha {comparison.alpha:.3g}")
        return "no difference shown", reasons
    if gain.value < 0:
        return "worse", reasons
    if gain.value < comparison.smallest_effect:
        reasons.append(
            f"the lift is below the smallest effect worth claiming ({comparison.smallest_effect:.0%})"
        )
        return "no difference shown", reasons
    regressed = [name for name, row in table.items() if row.regressed]
    if regressed:
        reasons.append(f"items of type {', '.join(regressed)} got significantly worse")
        return "no difference shown", reasons
    better = [
        n for n, a in arms.items() if n != comparison.arm and a.rate.value >= arms[comparison.arm].rate.value
    ]
    if better:
        reasons.append(f"baseline {better[0]} does as well without training: {_rate(arms[better[0]])}")
        return "no difference shown", reasons
    return "improved", reasons


def _rate(arm: ArmRate) -> str:
    return f"{arm.passed}/{arm.items} ({arm.rate.value:.1%})"


def _points(gain: Interval) -> str:
    if gain.low is None or gain.high is None:
        return ""
    return f" [{100 * gain.low:+.1f}, {100 * gain.high:+.1f}]"


def _unmeasured(
    comparison: Comparison, arms: Mapping[str, ArmRate], reasons: tuple[str, ...], opened_before: int
) -> Verdict:
    return Verdict(
        outcome="not shown",
        numbers_say="not shown",
        reasons=reasons,
        arm=comparison.arm,
        baseline=comparison.baseline,
        asked=comparison.test,
        score=comparison.score,
        arms=arms,
        lift=None,
        test=None,
        alpha=comparison.alpha,
        opened_before=opened_before,
        smallest_effect=comparison.smallest_effect,
        margin=comparison.margin,
        bound=None,
        effect_size=None,
        types={},
        power=(),
    )
