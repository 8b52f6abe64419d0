"""What is claimed: the same on a laptop and on a pod."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Literal

from compiler.plan.model.base import Part, Tagged
from compiler.plan.model.deciding import Evaluate, Gate, Output, Quality, Review
from compiler.plan.model.definitions import Constitution, Critic, Dataset, Prompt, Rules
from compiler.plan.model.making import (
    Compose,
    Converse,
    Critique,
    Generate,
    Negatives,
    Revise,
    SamplePrinciples,
)
from compiler.plan.model.sorting import Best, Compare, Filter, Judge, Mix, Order, Prefer, Rate, Split
from compiler.plan.model.training import Train

AnyStep = Annotated[
    Generate
    | Compose
    | SamplePrinciples
    | Critique
    | Revise
    | Negatives
    | Converse
    | Filter
    | Judge
    | Rate
    | Best
    | Compare
    | Prefer
    | Mix
    | Order
    | Split
    | Quality
    | Review
    | Evaluate
    | Gate
    | Train
    | Output,
    Tagged("kind"),
]


class Allowed(Part):
    """A warning that the author has seen and lets stand."""

    code: str
    because: str


class Stage(Part):
    """Steps in an order in which they can run; the order of blocks in the source plays no part.

    `learner` is a role, or the id of an earlier stage's output. `after` are the stages that come before.
    """

    name: str
    doc: str
    learner: str
    budget_usd: float | None
    steps: tuple[AnyStep, ...]
    after: tuple[str, ...] = ()
    status: Literal["draft", "pilot", "release"] = "draft"
    promises: tuple[str, ...] = ()
    allowed: tuple[Allowed, ...] = ()


class Pipeline(Part):
    """Stages that are run as one, and what all of them together may cost."""

    name: str
    doc: str
    stages: tuple[str, ...]
    budget_usd: float | None


class Role(Part):
    """A model as the method knows it: a name and a kind, never a checkpoint."""

    kind: Literal["raw", "chat"]
    doc: str = ""


class Method(Part):
    """What is claimed: free of profile, prices, positions and layout."""

    language: int
    name: str
    models: dict[str, Role]
    datasets: dict[str, Dataset]
    prompts: dict[str, Prompt]
    rules: dict[str, Rules]
    critics: dict[str, Critic]
    constitutions: dict[str, Constitution] = field(default_factory=dict)
    stages: tuple[Stage, ...]
    pipeline: Pipeline | None = None
