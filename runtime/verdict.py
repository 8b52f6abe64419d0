"""The verdict: from paired results of arms to what may be claimed, and why not more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from compiler.plan.model import Comparison
from runtime.statistics import (
    Interval,
    PairedTest,
    Power,
    adjust,
    clustered_lift,
    clustered_test,
    detectable_lifts,
    effect_size,
    lift,
    paired_difference,
    paired_test,
    share,
)

Outcome = Literal["improved", "no worse", "no difference shown", "worse", "not shown"]
Flags = Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class ArmRate:
    """One arm: pass rate after the cuts with its Wilson interval, before the cuts, and answer lengths.

    `words_passed` and `words_failed` are mean lengths in words, None where no answer passed or
    failed: a scorer whose failures are all long may measure length.
    """

    items: int
    passed: int
    rate: Interval
    raw_rate: float
    mean_words: float
    words_passed: float | None
    words_failed: float | None


@dataclass(frozen=True, slots=True)
class TypeRow:
    """One item type in the two arms compared. `p_adjusted` is Benjamini-Hochberg over the types."""

    items: int
    arm: float
    baseline: float
    p: float
    p_adjusted: float

    @property
    def regressed(self) -> bool:
        return self.arm < self.baseline and self.p_adjusted < 0.05


@dataclass(frozen=True, slots=True)
class Verdict:
    """What may be claimed. `numbers_say` is what the numbers alone would, without the taints."""

    outcome: Outcome
    numbers_say: Outcome
    reasons: tuple[str, ...]
    arm: str
    baseline: str
    arms: Mapping[str, ArmRate]
    lift: Interval | None
    test: PairedTest | None
    alpha: float
    smallest_effect: float
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
) -> Verdict:
    """The verdict of one planned comparison. All mappings are arm to item id to value; `types` is item id
    to type, `clusters` item id to what it was made from; `lengths` are words.

    "improved" needs a significant test, at least the smallest effect, no type that got significantly
    worse, an arm that also beats every other baseline, and no taint. What is missing fails closed.
    """
    arms = {name: _arm_rate(flags, passed_raw[name], lengths[name]) for name, flags in passed.items()}
    missing = [name for name in wanted_arms if not passed.get(name)]
    uneven = [name for name, flags in passed.items() if set(flags) != set(types)]
    if comparison.arm in missing or comparison.baseline in missing or uneven:
        what = f"arm {missing[0]} was not run" if missing else f"arm {uneven[0]} did not answer every item"
        return _unmeasured(comparison, arms, (f"{what}, so nothing can be compared", *taints))
    items = sorted(types)
    first = [passed[comparison.arm][i] for i in items]
    second = [passed[comparison.baseline][i] for i in items]
    test, gain = paired_test(first, second), lift(first, second, seed)
    if clusters is not None:
        groups = [clusters[item] for item in items]
        test, gain = clustered_test(first, second, groups, seed), clustered_lift(first, second, groups, seed)
    table = _type_table(passed[comparison.arm], passed[comparison.baseline], types)
    if comparison.test == "no_worse":
        bound = (  # one-sided
            paired_difference(first, second, 2 * comparison.alpha)
            if clusters is None
            else clustered_lift(first, second, groups, seed, 2 * comparison.alpha)
        )
        numbers, reasons = _no_worse(comparison, arms, test, bound, table)
    else:
        numbers, reasons = _numbers_say(comparison, arms, test, gain, table)
    reasons += [f"arm {name} was not run" for name in missing]
    outcome: Outcome = "not shown" if taints or missing else numbers
    if taints and numbers != "no difference shown":
        reasons.append(f"the numbers alone would say: {numbers}")
    return Verdict(
        outcome=outcome,
        numbers_say=numbers,
        reasons=(*reasons, *(f"not a claim: {taint}" for taint in taints)),
        arm=comparison.arm,
        baseline=comparison.baseline,
        arms=arms,
        lift=gain,
        test=test,
        alpha=comparison.alpha,
        smallest_effect=comparison.smallest_effect,
        effect_size=effect_size(arms[comparison.arm].rate.value, arms[comparison.baseline].rate.value),
        types=table,
        power=tuple(detectable_lifts(len(items), comparison.alpha)),
    )


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
        f"points, not below {100 * bound.low:+.1f} (one-sided, alpha {comparison.alpha:g})"
    ]
    if test.p < comparison.alpha and bound.value < 0:
        return "worse", [*reasons, f"McNemar ({test.kind}): p = {test.p:.2g}"]
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
        f"McNemar ({test.kind}): p = {test.p:.2g}, {test.only_first} items only {comparison.arm} passes, "
        f"{test.only_second} only {comparison.baseline}",
    ]
    if test.p >= comparison.alpha:
        reasons.append(f"p is not below alpha {comparison.alpha:g}")
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


def _arm_rate(flags: Flags, raw: Flags, lengths: Mapping[str, int]) -> ArmRate:
    n = len(flags)
    return ArmRate(
        items=n,
        passed=sum(flags.values()),
        rate=share(sum(flags.values()), n),
        raw_rate=sum(raw.values()) / n if n else float("nan"),
        mean_words=sum(lengths.values()) / n if n else float("nan"),
        words_passed=_mean([lengths[item] for item, passed in flags.items() if passed]),
        words_failed=_mean([lengths[item] for item, passed in flags.items() if not passed]),
    )


def _mean(values: Sequence[int]) -> float | None:
    return sum(values) / len(values) if values else None


def _type_table(arm: Flags, baseline: Flags, types: Mapping[str, str]) -> dict[str, TypeRow]:
    groups: dict[str, list[str]] = {}
    for item, type_ in sorted(types.items()):
        groups.setdefault(type_, []).append(item)
    raw = {t: paired_test([arm[i] for i in ids], [baseline[i] for i in ids]).p for t, ids in groups.items()}
    adjusted = adjust(raw)
    return {
        t: TypeRow(
            items=len(ids),
            arm=sum(arm[i] for i in ids) / len(ids),
            baseline=sum(baseline[i] for i in ids) / len(ids),
            p=raw[t],
            p_adjusted=adjusted[t],
        )
        for t, ids in groups.items()
    }


def _unmeasured(comparison: Comparison, arms: Mapping[str, ArmRate], reasons: tuple[str, ...]) -> Verdict:
    return Verdict(
        outcome="not shown",
        numbers_say="not shown",
        reasons=reasons,
        arm=comparison.arm,
        baseline=comparison.baseline,
        arms=arms,
        lift=None,
        test=None,
        alpha=comparison.alpha,
        smallest_effect=comparison.smallest_effect,
        effect_size=None,
        types={},
        power=(),
    )
