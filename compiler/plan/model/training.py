"""The step that trains, and all that says how."""

from __future__ import annotations

from typing import Annotated, Literal

from compiler.plan.model.base import Part, Tagged
from compiler.plan.model.definitions import PromptUse
from compiler.plan.model.making import Step


class Lora(Part):
    rank: int
    alpha: int
    dropout: float
    modules: Literal["all_linear", "attention", "query_value"]


class Optimizer(Part):
    name: Literal["adamw", "paged_adamw_8bit"]
    learning_rate: float
    schedule: Literal["cosine", "linear", "constant"]
    warmup: float
    weight_decay: float


class EarlyStop(Part):
    on: str
    part: str
    patience: int


class Supervised(Part):
    """Cross-entropy on the target's tokens, or with `loss_on` on the prompt's too (an ablation)."""

    method: Literal["sft"] = "sft"
    target: str
    finish: str = ""
    loss_on: Literal["target", "whole"] = "target"


class Preference(Part):
    """Direct preference optimisation (Rafailov et al. 2023, arXiv:2305.18290, eq. 7).

    `reference` is the frozen policy, `beta` its weight; the first step's loss is near ln 2 when it is the
    model that training starts from.
    """

    method: Literal["dpo"] = "dpo"
    chosen: str
    rejected: str
    chosen_finish: str = ""
    rejected_finish: str = ""
    reference: str
    beta: float


Objective = Annotated[Supervised | Preference, Tagged("method")]


class Train(Step):
    """Train an adapter. `start` is a role, or the model that a stage gives out."""

    kind: Literal["train"] = "train"
    objective: Objective
    start: str
    prompt: PromptUse
    lora: Lora
    weights: Literal["nf4", "int8", "bf16", "float32"]
    optimizer: Optimizer
    epochs: int
    batch: int
    max_length: int
    keep_order: bool = False
    stop_early: EarlyStop | None = None
