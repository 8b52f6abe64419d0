"""Checks of method: one small function per way in which an experiment has fooled itself.

Each reads one stage of the plan and appends diagnostics. The registry is a plain tuple.
"""

from compiler.checks import data, evaluation, training
from compiler.checks.view import Check, StageView

CHECKS: tuple[Check, ...] = (
    data.few_shot_prompt_owns_its_stops,
    data.every_step_is_used,
    data.kept_apart_from_held_out,
    data.near_duplicates_removed,
    data.completeness_ruled,
    training.data_is_judged,
    training.quality_before_training,
    training.gap_shown_before_training,
    training.output_is_gated,
    evaluation.claims_are_greedy,
    evaluation.claims_have_baselines,
    evaluation.trained_and_evaluated_alike,
    evaluation.test_set_is_for_claims,
    evaluation.effect_can_be_seen,
)

__all__ = ["CHECKS", "Check", "StageView"]
