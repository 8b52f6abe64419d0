"""Checks of method: one small function per way in which an experiment has fooled itself.

Each reads one stage of the plan and appends diagnostics. The registry says which codes each may report,
and which of the mistakes of `compiler.guards` it stops; its docstring is what `stagespec explain` shows.
"""

from typing import Generic, TypeVar

from compiler.checks import (
    amounts,
    bindings,
    data,
    definitions,
    evaluation,
    gaps,
    hardware,
    leaks,
    pairs,
    reached,
    requirements,
    settings,
    shipping,
    stages,
    training,
    unreachable,
)
from compiler.checks.bindings import BoundCheck
from compiler.checks.definitions import SpecCheck, SpecView
from compiler.checks.hardware import HardwareCheck, HardwareView
from compiler.checks.view import Check, StageView, Texts
from compiler.frozen import Frozen

C = TypeVar("C")


class Guard(Frozen, Generic[C]):
    """A check, its codes, and the numbers of the mistakes that it stops.

    An `allowable` one looks at what can be right for a reason that only the author knows: its errors stop the
    compiler unless the stage gives that reason. Any other error stops it whatever is said.
    """

    check: C
    codes: tuple[str, ...]
    stops: tuple[int, ...] = ()
    allowable: bool = False


GUARDS: tuple[Guard[Check], ...] = (
    Guard(data.few_shot_prompt_owns_its_stops, ("SS610",), (43,)),
    Guard(reached.every_step_is_used, ("SS611",), (21,)),
    Guard(leaks.kept_apart_from_held_out, ("SS612",), (31, 60)),
    Guard(data.near_duplicates_removed, ("SS613",), (57,), allowable=True),
    Guard(data.completeness_ruled, ("SS614",), (61,), allowable=True),
    Guard(data.pilot_is_smaller, ("SS615",), (92,)),
    Guard(data.held_out_is_not_shown, ("SS616",), (60, 89)),
    Guard(data.prompts_repeat_seldom, ("SS617",), (69,), allowable=True),
    Guard(pairs.negatives_differ, ("SS618",), (27,)),
    Guard(data.learnt_text_is_written_by_a_model, ("SS619",), (1, 42, 47), allowable=True),
    Guard(training.data_is_judged, ("SS620",), (3, 22, 47, 62)),
    Guard(training.quality_before_training, ("SS621",), (28, 55, 78)),
    Guard(gaps.gap_shown_before_training, ("SS622",), (67,)),
    Guard(training.output_is_gated, ("SS623", "SS624"), (32,)),
    Guard(stages.adapter_goes_on, ("SS625",), (11,)),
    Guard(pairs.reference_is_the_start, ("SS626",)),
    Guard(pairs.length_is_controlled, ("SS627",)),
    Guard(stages.promises_are_kept, ("SS628",), (25,)),
    Guard(stages.release_rests_on_releases, ("SS629",), (20,)),
    Guard(evaluation.claims_are_greedy, ("SS630",), (34,)),
    Guard(evaluation.claims_have_baselines, ("SS631",), (68,)),
    Guard(evaluation.trained_and_evaluated_alike, ("SS632",), (2,)),
    Guard(evaluation.test_set_is_for_claims, ("SS633", "SS634"), (60,)),
    Guard(evaluation.effect_can_be_seen, ("SS635",), (35,)),
    Guard(stages.forgetting_is_measured, ("SS636",)),
    Guard(stages.base_is_an_arm, ("SS637",), (68,)),
    Guard(requirements.gates_can_open_and_close, ("SS638",), (71,)),
    Guard(evaluation.test_set_is_opened_once, ("SS639",)),
    Guard(evaluation.claim_rests_on_checks, ("SS640",), (66,), allowable=True),
    Guard(evaluation.one_score_for_one_claim, ("SS641",), (12,)),
    Guard(evaluation.gap_is_measured_alike, ("SS642",), (13,)),
    Guard(evaluation.clusters_reach_alpha, ("SS643",), (35, 71)),
    Guard(pairs.draws_differ, ("SS644",)),
    Guard(shipping.closed_gate_falls_back, ("SS645",), (32,)),
    Guard(shipping.gate_opens_on_success_alone, ("SS646",), (32,)),
    Guard(shipping.lift_is_of_the_trained_model, ("SS647",), (32, 68)),
    Guard(gaps.gap_stands_with_exemplars, ("SS648",), (67, 68)),
    Guard(gaps.gap_leaves_something_to_learn, ("SS649",), (67,), allowable=True),
    Guard(training.critic_is_sure, ("SS650",), (24, 64), allowable=True),
    Guard(training.parts_hold_records, ("SS651",)),
    Guard(requirements.quality_can_be_found_bad, ("SS652",), (28, 78)),
    Guard(amounts.rounds_reach_the_goal, ("SS653",)),
    Guard(amounts.batch_is_filled, ("SS654",)),
    Guard(reached.critics_are_heard, ("SS657",), (3, 22)),
    Guard(reached.gates_are_asked, ("SS658",), (32,)),
    Guard(data.composed_texts_are_of_one_record, ("SS656",), (90,)),
    Guard(data.held_out_sets_stand_apart, ("SS660",)),
    Guard(pairs.the_better_text_is_learnt, ("SS661",)),
    Guard(pairs.what_is_learnt_is_not_shown, ("SS662",)),
    Guard(pairs.conditions_tell_pairs_apart, ("SS663",)),
    Guard(pairs.chosen_text_is_looked_at, ("SS664",), allowable=True),
    Guard(amounts.pilot_round_is_made, ("SS665",)),
    Guard(settings.greedy_sampling_is_not_narrowed, ("SS666",)),
    Guard(settings.drafts_are_drawn, ("SS667",)),
    Guard(settings.drafts_are_chosen_from, ("SS668",)),
    Guard(settings.patience_can_end, ("SS669",)),
    Guard(settings.near_is_less_than_the_same, ("SS670",)),
    Guard(unreachable.rejections_can_happen, ("SS671",)),
)

# These look at what the entry file defines and imports.
SPEC_GUARDS: tuple[Guard[SpecCheck], ...] = (
    Guard(definitions.definitions_are_used, ("SS607",), (15, 16)),
    Guard(definitions.prompts_are_used, ("SS609",), (23,)),
    Guard(definitions.rules_are_written_once, ("SS655",), (54,)),
)

# These look at a profile's binding.
BOUND_GUARDS: tuple[Guard[BoundCheck], ...] = (Guard(bindings.one_resident_base, ("SS722",), (5, 10, 33)),)

# These look at a bound plan: method, profile and quote.
HARDWARE_GUARDS: tuple[Guard[HardwareCheck], ...] = (
    Guard(hardware.fits_the_gpu, ("SS721",), (5,)),
    Guard(hardware.cost_is_in_budget, ("SS724",)),
)

CHECKS: tuple[Check, ...] = tuple(guard.check for guard in GUARDS)
SPEC_CHECKS: tuple[SpecCheck, ...] = tuple(guard.check for guard in SPEC_GUARDS)
BOUND_CHECKS: tuple[BoundCheck, ...] = tuple(guard.check for guard in BOUND_GUARDS)
HARDWARE_CHECKS: tuple[HardwareCheck, ...] = tuple(guard.check for guard in HARDWARE_GUARDS)
AnyCheck = Check | SpecCheck | BoundCheck | HardwareCheck
ALL_GUARDS: tuple[Guard[Check] | Guard[SpecCheck] | Guard[BoundCheck] | Guard[HardwareCheck], ...] = (
    *GUARDS,
    *SPEC_GUARDS,
    *BOUND_GUARDS,
    *HARDWARE_GUARDS,
)
BY_CODE: dict[str, AnyCheck] = {code: guard.check for guard in ALL_GUARDS for code in guard.codes}

__all__ = [
    "ALL_GUARDS",
    "BOUND_CHECKS",
    "BOUND_GUARDS",
    "BY_CODE",
    "CHECKS",
    "GUARDS",
    "HARDWARE_CHECKS",
    "HARDWARE_GUARDS",
    "SPEC_CHECKS",
    "SPEC_GUARDS",
    "BoundCheck",
    "Check",
    "Guard",
    "HardwareCheck",
    "HardwareView",
    "SpecCheck",
    "SpecView",
    "StageView",
    "Texts",
]
