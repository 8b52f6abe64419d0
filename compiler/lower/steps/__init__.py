"""Steps to plan types: one function per kind of step, all with the same signature."""

from collections.abc import Callable, Mapping

from compiler.lower.steps.each_field import look_at_each_field
from compiler.lower.steps.evaluating import lower_evaluate
from compiler.lower.steps.gates import lower_gate, lower_output, lower_quality, lower_review
from compiler.lower.steps.generating import lower_compose, lower_converse, lower_generate, lower_negatives
from compiler.lower.steps.judging import lower_best, lower_compare, lower_judge, lower_rate
from compiler.lower.steps.pairing import lower_prefer
from compiler.lower.steps.principled import lower_critique, lower_principles, lower_revise
from compiler.lower.steps.scope import MAPS, STEP_KINDS, StageScope, StepBody, lower_model, lower_stage_model
from compiler.lower.steps.sorting import lower_filter, lower_mix, lower_order, lower_split, sinks_of
from compiler.lower.steps.training import lower_train
from compiler.plan.model import AnyStep

LOWER_STEP: Mapping[str, Callable[[StepBody], AnyStep | None]] = {
    "generate": lower_generate,
    "compose": lower_compose,
    "principles": lower_principles,
    "critique": lower_critique,
    "revise": lower_revise,
    "negatives": lower_negatives,
    "converse": lower_converse,
    "filter": lower_filter,
    "judge": lower_judge,
    "rate": lower_rate,
    "best": lower_best,
    "compare": lower_compare,
    "prefer": lower_prefer,
    "mix": lower_mix,
    "order": lower_order,
    "split": lower_split,
    "quality": lower_quality,
    "review": lower_review,
    "evaluate": lower_evaluate,
    "gate": lower_gate,
    "train": lower_train,
    "output": lower_output,
}

__all__ = [
    "LOWER_STEP",
    "MAPS",
    "STEP_KINDS",
    "StageScope",
    "StepBody",
    "look_at_each_field",
    "lower_model",
    "lower_stage_model",
    "sinks_of",
]
