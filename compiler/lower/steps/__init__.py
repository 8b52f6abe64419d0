"""Steps to plan types: one function per kind of step, all with the same signature."""

from collections.abc import Callable, Mapping

from compiler.lower.steps.evaluating import lower_evaluate
from compiler.lower.steps.gates import lower_gate, lower_output, lower_quality
from compiler.lower.steps.generating import lower_generate
from compiler.lower.steps.judging import lower_judge
from compiler.lower.steps.scope import STEP_KINDS, StageScope, StepBody, lower_model
from compiler.lower.steps.sorting import lower_filter, lower_split, sinks_of
from compiler.lower.steps.training import lower_train
from compiler.plan.model import AnyStep

LOWER_STEP: Mapping[str, Callable[[StepBody], AnyStep | None]] = {
    "generate": lower_generate,
    "filter": lower_filter,
    "judge": lower_judge,
    "split": lower_split,
    "quality": lower_quality,
    "evaluate": lower_evaluate,
    "gate": lower_gate,
    "train": lower_train,
    "output": lower_output,
}

__all__ = ["LOWER_STEP", "STEP_KINDS", "StageScope", "StepBody", "lower_model", "sinks_of"]
