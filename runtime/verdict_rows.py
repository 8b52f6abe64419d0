"""What a verdict rests on: a row for each arm, and one for each type of item in the two arms compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from runtime.clustered import clustered_test
from runtime.statistics import Interval, PairedTest, adjust, paired_test, share

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


def either_test(
    first: Sequence[bool], second: Sequence[bool], groups: Sequence[str] | None, seed: int
) -> PairedTest:
    """McNemar's test over items, or where they come in clusters, one over these."""
    return paired_test(first, second) if groups is None else clustered_test(first, second, groups, seed)


def arm_rate(flags: Flags, raw: Flags, lengths: Mapping[str, int]) -> ArmRate:
    """One arm's row: which items pass after the cuts and before them, and the answers' lengths in words."""
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


def type_table(
    arm: Flags, baseline: Flags, types: Mapping[str, str], clusters: Mapping[str, str] | None, seed: int
) -> dict[str, TypeRow]:
    """A row for each type of item; `types` and `clusters` are by item id."""
    groups: dict[str, list[str]] = {}
    for item, type_ in sorted(types.items()):
        groups.setdefault(type_, []).append(item)
    raw = {
        type_: either_test(
            [arm[i] for i in ids],
            [baseline[i] for i in ids],
            None if clusters is None else [clusters[i] for i in ids],
            seed,
        ).p
        for type_, ids in groups.items()
    }
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
