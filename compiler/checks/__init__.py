"""Checks of method: one small function per way in which an experiment has fooled itself.

Each reads one stage of the plan and appends diagnostics. The registry says which codes each may
report; its docstring is what `stagespec explain` shows for them.
"""

from compiler.checks import data, evaluation, training
from compiler.checks.view import Check, StageView

BY_CODE: dict[str, Check] = {
    "SS610": data.few_shot_prompt_owns_its_stops,
    "SS611": data.every_step_is_used,
    "SS612": data.kept_apart_from_held_out,
    "SS613": data.near_duplicates_removed,
    "SS614": data.completeness_ruled,
    "SS620": training.data_is_judged,
    "SS621": training.quality_before_training,
    "SS622": training.gap_shown_before_training,
    "SS623": training.output_is_gated,
    "SS624": training.output_is_gated,
    "SS630": evaluation.claims_are_greedy,
    "SS631": evaluation.claims_have_baselines,
    "SS632": evaluation.trained_and_evaluated_alike,
    "SS633": evaluation.test_set_is_for_claims,
    "SS634": evaluation.test_set_is_for_claims,
    "SS635": evaluation.effect_can_be_seen,
}

CHECKS: tuple[Check, ...] = tuple(dict.fromkeys(BY_CODE.values()))

__all__ = ["BY_CODE", "CHECKS", "Check", "StageView"]
