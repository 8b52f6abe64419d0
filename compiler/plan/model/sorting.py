"""Steps that look at records: they score, leave out, pair, mix, order and split."""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from compiler.plan.model.base import Part
from compiler.plan.model.definitions import Accept, CriticUse, Requirement, RulesUse
from compiler.plan.model.making import Step


class Near(Part):
    """Near-duplicate removal by MinHash over word trigrams; the first by (round, index) stays."""

    column: str
    similarity: float


class Filter(Step):
    """`caps` is how often one value of a column may be kept, over the whole stage."""

    kind: Literal["filter"] = "filter"
    rules: tuple[RulesUse, ...] = ()
    near: Near | None = None
    caps: dict[str, int] = field(default_factory=dict)
    apart_from: tuple[str, ...] = ()
    apart_similarity: float = 0.8


class Judge(Step):
    kind: Literal["judge"] = "judge"
    critic: CriticUse
    accept: Accept


class Rate(Step):
    """Score every record and keep them all."""

    kind: Literal["rate"] = "rate"
    critic: CriticUse


class Best(Step):
    """Of the drafts of one record keep the one that the critic scores highest; ties go to the first."""

    kind: Literal["best"] = "best"
    critic: CriticUse


class Compare(Step):
    """Score one column against another: above 0 (nats) the critic prefers `first`.

    A critic that reads both columns is asked in both orders, and half the difference is the score;
    for one that reads one of them, the score is the difference of its two scores.
    """

    kind: Literal["compare"] = "compare"
    critic: CriticUse
    first: str
    second: str


class PairAccept(Part):
    """Which pairs are kept: those that a critic is sure of by a margin in nats, or those that keep a rule.

    `either` says that the critic also decides which of the two is chosen.
    """

    by: Literal["margin", "rule"]
    at_least: float = 0.0
    either: bool = False
    rule: Requirement | None = None


class Prefer(Step):
    """Make preference pairs: columns `chosen` and `rejected`, with how each of them ended.

    `length_ratio` bounds the longer text's words over the shorter's, so that length is not what is learnt.
    """

    kind: Literal["prefer"] = "prefer"
    first: str
    second: str
    first_finish: str = ""
    second_finish: str = ""
    accept: PairAccept
    critic: CriticUse | None = None
    length_ratio: float | None = None


class Mix(Step):
    """Records of several steps, as many as the shares allow; what is left over is named as such."""

    kind: Literal["mix"] = "mix"
    shares: dict[str, float]


class Order(Step):
    """A curriculum: records by a column, low values first or high ones; ties keep their order."""

    kind: Literal["order"] = "order"
    by: str
    first: Literal["low", "high"]


class Split(Step):
    """Assign records to parts by a hash of the group's value, so that one more record moves none."""

    kind: Literal["split"] = "split"
    parts: dict[str, float]
    group_by: str
