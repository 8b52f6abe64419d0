"""Steps that measure and decide: gates, evaluation, and what a stage gives out."""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from compiler.plan.model.base import Part, later
from compiler.plan.model.definitions import Accept, CriticUse, PromptUse, Requirement, RulesUse
from compiler.plan.model.making import Sampling, Step


class Quality(Step):
    """A gate on the records of one round, before anything is done at scale.

    While it stays closed, up to `retries` more rounds as large as the pilot are made, and it is asked again
    of all rounds there are: of more records, and never of the best ones.
    """

    kind: Literal["quality"] = "quality"
    round: int
    require: tuple[Requirement, ...]
    on_failure: Literal["stop", "close"] = "stop"
    retries: int = later(0)


class Review(Step):
    """A gate that a person opens, or a command that ends with success; silence keeps it closed.

    `items` records are shown, drawn by a hash.
    """

    kind: Literal["review"] = "review"
    by: Literal["person", "command"]
    command: tuple[str, ...] = ()
    items: int
    question: str


class Arm(Part):
    """One condition of an evaluation: which model answers, through which prompt."""

    model: str
    prompt: PromptUse


class Comparison(Part):
    """`mcnemar` asks for a lift of `smallest_effect`; `no_worse` for none that is lost beyond `margin`."""

    arm: str
    baseline: str
    test: Literal["mcnemar", "no_worse"] = "mcnemar"
    score: str = "check"
    alpha: float
    smallest_effect: float = 0.0
    margin: float = 0.0


class CriticScore(Part):
    """Answers that a critic accepts pass. With a `share` it judges the answers to that share of the items,
    the same in every arm, drawn by a hash: a second judge, whose agreement with the others is reported."""

    critic: CriticUse
    accept: Accept
    share: float | None = later(None)


class Evaluate(Step):
    """`items` are held-out sets; `score` names `check` and the critics.

    `cluster_by` is the column whose equal values are items made alike: their errors are not independent.
    """

    kind: Literal["evaluate"] = "evaluate"
    items: tuple[str, ...]
    arms: dict[str, Arm]
    answer: str
    sampling: Sampling
    rules: tuple[RulesUse, ...] = ()
    score: tuple[str, ...] = ("check",)
    critics: dict[str, CriticScore] = field(default_factory=dict)
    cluster_by: str | None = None
    compare: Comparison | None = None


class Gate(Step):
    """A named condition that other steps may need. Missing results close it."""

    kind: Literal["gate"] = "gate"
    require: tuple[Requirement, ...]


class Output(Step):
    """The stage's model: `model` if the gate is open, otherwise `otherwise`."""

    kind: Literal["output"] = "output"
    model: str
    gate: str
    otherwise: str
