"""What the figures read of a run: a stage of a principled chain, and records that a test makes up."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from compiler.plan.model import (
    Constitution,
    CriticUse,
    Critique,
    Generate,
    Lora,
    Optimizer,
    PairAccept,
    Prefer,
    Principle,
    PrincipleSample,
    PromptUse,
    Revise,
    Sampling,
    Stage,
    Supervised,
    Train,
)
from runtime.records import Record, Rejected, StepRecords

PROMPT = PromptUse(prompt="p")
SAMPLING = Sampling(max_tokens=5)
HOUSE = Constitution(
    principles={
        name: Principle(category=category, text=f"{name}.")
        for name, category in (("kind", "care"), ("true", "honesty"), ("brief", "help"))
    }
)
STEPS = (
    Generate(id="s.ideas", model="base", prompt=PROMPT, sampling=SAMPLING, into="instruction"),
    Critique(
        id="s.critiques",
        inputs=("s.ideas",),
        model="base",
        prompt=PROMPT,
        sampling=SAMPLING,
        into="critique",
        finish="f",
        sample=PrincipleSample(constitution="house", least=1, most=2),
    ),
    Revise(
        id="s.revisions",
        inputs=("s.critiques",),
        model="base",
        prompt=PROMPT,
        sampling=SAMPLING,
        of="response",
        into="revision",
        finish="g",
    ),
    Prefer(
        id="s.pairs",
        inputs=("s.revisions",),
        first="revision",
        second="response",
        accept=PairAccept(by="margin", at_least=0.5),
        critic=CriticUse(critic="c", model="base"),
    ),
)
STAGE = Stage(name="s", doc="", learner="base", budget_usd=None, steps=STEPS)


def record(id: str, principles: Sequence[str] = (), **columns: Any) -> Record:
    drawn = [{"id": name, "category": "", "text": ""} for name in principles]
    return Record(
        id, 0, 0, {"instruction": f"Do {id}.", **({"principles": drawn} if drawn else {}), **columns}
    )


def chain() -> dict[str, StepRecords]:
    """Five ideas: two become pairs, one margin is too small, one revision changes nothing, one is long."""
    drawn = {"0": ["kind"], "1": ["kind", "true"], "2": ["true"], "3": ["kind"], "4": ["true"]}
    all_ = [record(id, names) for id, names in drawn.items()]
    margins = {"0": 2.0, "1": 1.0, "2": 0.25}
    scored = {id: record(id, drawn[id], pairs_score=margin) for id, margin in margins.items()}
    return {
        "s.ideas": StepRecords([record(id) for id in drawn]),
        "s.critiques": StepRecords(all_),
        "s.revisions": StepRecords(
            [r for r in all_ if r.id != "3"], [Rejected(record("3", ["kind"]), "unchanged")]
        ),
        "s.pairs": StepRecords(
            [scored["0"], scored["1"]],
            [Rejected(scored["2"], "not preferred"), Rejected(record("4", ["true"]), "length")],
        ),
    }


def work(**more: Any) -> Any:
    fields: dict[str, Any] = {
        "records": chain(),
        "rulings": {},
        "outcomes": {},
        "binding": SimpleNamespace(seed=7),
        "method": SimpleNamespace(constitutions={"house": HOUSE}, stages=(STAGE,)),
    }
    return SimpleNamespace(**(fields | more))


def trained_on(source: str, part: str = "") -> Train:
    """A train step of which only its input matters."""
    return Train(
        id="s.student",
        inputs=(source,),
        part=part,
        start="base",
        objective=Supervised(target="response"),
        prompt=PromptUse(prompt="bare"),
        lora=Lora(rank=8, alpha=16, dropout=0.0, modules="all_linear"),
        weights="float32",
        optimizer=Optimizer(
            name="adamw", learning_rate=1e-4, schedule="cosine", warmup=0.0, weight_decay=0.0
        ),
        epochs=1,
        batch=8,
        max_length=64,
    )
