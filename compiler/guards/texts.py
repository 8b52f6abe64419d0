"""53 to 75: texts that were kept or thrown away for the wrong reason, and prompts that made the result."""

from __future__ import annotations

from compiler.guards.mistake import Mistake

RUN = "tests/runtime/test_mock_run.py"
EXAMPLES = "tests/runtime/training/test_examples.py"
FILTER = "tests/runtime/steps/test_filter.py"
STOPPING = "tests/runtime/engines/test_stopping.py"
CALIBRATION = "tests/runtime/test_calibration.py"
IDENTITY = "tests/runtime/test_identity.py"

TEXTS: tuple[Mistake, ...] = (
    Mistake(
        53,
        "a heuristic called every long answer a runaway",
        "compile",
        "",
        cases=(
            "SS601_rules_fail_their_example",
            "SS602_nothing_shown_to_be_kept",
        ),
    ),
    Mistake(
        54, "the same heuristic lived on in a copy", "compile", "", cases=("SS655_rules_that_are_a_copy",)
    ),
    Mistake(
        55,
        "tighter sampling ruined the quality, unseen",
        "compile",
        "sampling is in the plan's hash, and a pilot is judged before the rest is made",
        cases=("SS621_no_quality_gate",),
    ),
    Mistake(
        56,
        "delimiters were left in kept text",
        "run",
        "a completion ends before the stop string of its prompt, whatever tokens that spans; what "
        "else must not be left is rejected by a rule that shows it",
        cases=(
            "SS601_rules_keep_what_they_should_not",
            "SS602_sink_without_example",
        ),
        tests=(f"{STOPPING}::test_a_stop_string_may_span_tokens_and_end_inside_one",),
    ),
    Mistake(
        57,
        "two thirds were duplicates",
        "compile",
        "near-duplicates are dropped over the whole stage",
        cases=("SS613_near_duplicates_stay",),
        tests=(f"{FILTER}::test_duplicates_are_found_over_rounds_and_the_first_stays",),
    ),
    Mistake(
        58,
        "a sentinel's limit failed every record",
        "compile",
        "a rule carries examples that it must keep",
        cases=(
            "SS601_rules_fail_their_example",
            "SS602_nothing_shown_to_be_kept",
        ),
    ),
    Mistake(
        59,
        "a field was missing in some files",
        "compile",
        "columns are checked line by line, and each step's records by type",
        cases=("SS504_column_missing",),
    ),
    Mistake(
        60,
        "the test set held copies and leaked, while no leakage was reported",
        "compile",
        "the set that is used is the one whose hash stands in the spec",
        cases=(
            "SS508_item_twice",
            "SS508_id_twice",
            "SS612_held_out_items_may_leak",
            "SS612_one_half_of_a_mix",
            "SS612_an_earlier_stage_learnt_it",
            "SS616_item_among_the_seeds",
            "SS633_test_set_opened_before_training",
            "SS634_claim_on_the_dev_set",
        ),
        tests=(f"{RUN}::test_no_held_out_text_is_trained_on",),
    ),
    Mistake(61, "truncated answers were kept", "compile", "", cases=("SS614_truncated_answers_stay",)),
    Mistake(
        62,
        "questions out of scope were kept",
        "compile",
        "what is out of scope is rejected by a rule, with examples on both sides, or by a critic; the "
        "author says what that is",
        cases=(
            "SS602_sink_without_example",
            "SS602_nothing_shown_to_be_kept",
            "SS620_answers_not_judged",
        ),
    ),
    Mistake(
        63,
        "tokens meant words",
        "compile",
        "",
        cases=(
            "SS114_words_are_not_tokens",
            "SS303_no_unit",
            "SS304_wrong_unit",
        ),
    ),
    Mistake(
        64,
        "one path did not ask how sure the critic was",
        "compile",
        "",
        cases=(
            "SS605_pair_without_a_margin",
            "SS650_pair_at_no_margin",
        ),
    ),
    Mistake(
        65,
        "the scorer failed every long answer",
        "run",
        "checks read the part that answers, and a critic scores only after its calibration",
        tests=(f"{CALIBRATION}::test_a_critic_that_was_not_shown_to_tell_them_apart_can_not",),
    ),
    Mistake(
        66,
        "the scorer knew neither facts nor formats",
        "compile",
        "",
        cases=(
            "SS422_items_without_a_check",
            "SS640_claim_by_a_critic",
        ),
    ),
    Mistake(
        67,
        "no gap was shown before training",
        "compile",
        "",
        cases=(
            "SS622_gap_not_shown",
            "SS622_gap_shown_on_something_else",
            "SS648_gap_the_wrong_way_round",
            "SS649_gap_in_name_only",
        ),
    ),
    Mistake(
        68,
        "the prompt's format made the result",
        "compile",
        "",
        cases=(
            "SS631_format_not_shown_alone",
            "SS637_base_is_not_shown",
            "SS647_lift_of_a_prompt",
            "SS648_gap_without_exemplars",
        ),
    ),
    Mistake(
        69, "one prompt stood up to 13 times", "compile", "", cases=("SS617_only_the_answers_are_compared",)
    ),
    Mistake(
        70,
        "a review that only said error was taken for approval",
        "run",
        "an empty answer and a failed command keep a review closed",
        tests=(
            "tests/runtime/steps/test_review.py::test_a_command_that_says_nothing_approves_nothing",
            "tests/runtime/steps/test_review.py::test_a_command_opens_by_ending_well_and_saying_why",
        ),
    ),
    Mistake(
        71,
        "a gate could not be met, and an arm was not defined",
        "compile",
        "",
        cases=(
            "SS638_cannot_open",
            "SS638_bounds_exclude_each_other",
            "SS414_unknown_arm",
            "SS414_unknown_arm_compared",
            "SS643_too_few_clusters",
        ),
    ),
    Mistake(
        72,
        "stop strings became the id of their last token",
        "run",
        "stop strings are matched as strings",
        tests=(f"{STOPPING}::test_a_stop_string_may_span_tokens_and_end_inside_one",),
    ),
    Mistake(
        73,
        "loss on the response alone was promised and not done",
        "run",
        "only the ids of the target are labels, in every batch; those of the prompt are ignored",
        tests=(f"{EXAMPLES}::test_batches_are_padded_on_the_right_with_loss_on_targets_only",),
    ),
    Mistake(
        74,
        "8-bit was asked for and 4-bit used: both flags were set",
        "compile",
        "a choice is one word of a closed list",
        cases=(
            "SS309_two_precisions",
            "SS305_precision_of_no_list",
        ),
    ),
    Mistake(
        75,
        "the stored prompt drew its exemplars again",
        "run",
        "draws depend on hashes of what they are for",
        tests=(
            f"{IDENTITY}::test_items_are_drawn_by_the_digest_of_the_parts_and_the_item",
            f"{RUN}::test_running_it_again_asks_the_engine_nothing_and_ends_the_same",
        ),
    ),
)
