"""76 to 96: gates that only warned, figures that were wrong, and records that were mended afterwards."""

from __future__ import annotations

from compiler.guards.mistake import Mistake

RUN = "tests/runtime/test_mock_run.py"
LINES = "tests/runtime/certificate/test_lines.py"
SFT = "tests/runtime/training/test_sft.py"
FILTER = "tests/runtime/steps/test_filter.py"
STATISTICS = "tests/runtime/test_statistics.py"
JOURNAL = "tests/runtime/test_journal.py"
EVALUATE = "tests/runtime/steps/test_evaluate.py"
CHECKS = "tests/specs/test_checks.py"
RESULTS = "tests/runtime/test_results.py"

FIGURES: tuple[Mistake, ...] = (
    Mistake(
        76,
        "sentinels only warned",
        "bind",
        "a line of the certificate that fails stops the run",
        tests=(
            f"{LINES}::test_a_model_that_can_not_complete_plain_sentences_stops",
            "tests/runtime/test_bind.py::test_a_line_that_fails_stops_before_anything_is_made",
        ),
    ),
    Mistake(
        77,
        "a sentinel called a right answer a failure",
        "bind",
        "a line of the certificate that a sound model may fail decides nothing: it is told, and stops "
        "nothing",
        tests=(f"{LINES}::test_bare_instructions_decide_nothing",),
    ),
    Mistake(
        78,
        "training warned of failed quality and went on",
        "compile",
        "",
        cases=(
            "SS621_no_quality_gate",
            "SS652_quality_that_is_never_bad",
        ),
        tests=("tests/runtime/steps/test_train.py::test_why_a_step_is_not_trained_is_kept",),
    ),
    Mistake(
        79,
        "a script repaired provenance afterwards",
        "run",
        "journals are only added to; an archive names the hash of every file, and its numbers are "
        "worked out anew from the answers",
        tests=(
            "tests/stagespec/archive/test_verify.py::test_damage_is_told",
            "tests/stagespec/archive/test_verify.py::test_damage_is_told_though_the_index_was_made_to_fit",
        ),
    ),
    Mistake(
        80,
        "the seed was never set",
        "run",
        "the seed of each draw and of each training is worked out from the run's own, and set",
        tests=(
            f"{SFT}::test_the_seed_decides_everything",
            f"{RUN}::test_another_seed_writes_other_instructions",
        ),
    ),
    Mistake(
        81,
        "each shard saw only the first pool",
        "run",
        "rounds see what all rounds before them kept",
        tests=(f"{FILTER}::test_duplicates_are_found_over_rounds_and_the_first_stays",),
    ),
    Mistake(
        82,
        "acceptance was measured after filtering",
        "run",
        "rates are of all that came in",
        tests=(f"{RESULTS}::test_rates_are_of_all_that_came_in",),
    ),
    Mistake(
        83,
        "acceptance counted what the filter would not have kept",
        "run",
        "a gate asks the step that accepts, and no count of its own",
        cases=("SS412_accepted_by_a_gate",),
        tests=(f"{RESULTS}::test_acceptance_is_what_the_step_kept",),
    ),
    Mistake(
        84,
        ">= here, > there",
        "run",
        "rules, gates and the checks of gates compare by one table",
        tests=(
            "tests/compiler/test_expressions.py::test_one_comparator_per_operator",
            f"{RESULTS}::test_a_gate_compares_as_a_rule_does",
        ),
    ),
    Mistake(
        85,
        "the adjusted p was the raw one",
        "run",
        "statistics are the library's",
        tests=(f"{STATISTICS}::test_benjamini_hochberg_at_known_values",),
    ),
    Mistake(
        86,
        "chi-squared at few discordant pairs",
        "run",
        "few discordant pairs are tested exactly",
        tests=(f"{STATISTICS}::test_few_discordant_pairs_are_tested_exactly",),
    ),
    Mistake(
        87,
        "answers under five characters failed",
        "run",
        "no check fails an answer for being short, and each accepts its item's reference",
        tests=(
            "tests/compiler/plan/test_answers.py::test_right_answers_pass",
            f"{CHECKS}::test_checks_accept_their_references_and_reject_what_is_always_wrong",
        ),
    ),
    Mistake(
        88,
        "rambling was trimmed before it was scored",
        "run",
        "answers are scored before and after the cuts",
        tests=(f"{EVALUATE}::test_an_answer_is_scored_as_it_was_written_too",),
    ),
    Mistake(
        89,
        "evaluation items resembled the exemplars",
        "compile",
        "no held-out item stands among what a prompt or a critic is shown",
        cases=("SS616_item_among_the_exemplars",),
    ),
    Mistake(
        90,
        "slots were filled with nonsense",
        "compile",
        "what a template fills in comes from one record, whose columns belong together",
        cases=("SS656_slots_filled_from_two_lists",),
    ),
    Mistake(
        91,
        "another configuration ran than the one approved",
        "run",
        "a plan that is run has the hash of the plan that was reviewed",
        tests=(
            f"{RUN}::test_an_edited_plan_is_refused",
            "tests/stagespec/test_cli.py::test_a_plan_that_is_not_what_was_reviewed_is_refused",
        ),
    ),
    Mistake(
        92,
        "a pilot of thirty was approved, and four were run",
        "compile",
        "",
        cases=(
            "SS615_pilot_above_the_whole",
            "SS326_source_without_end",
        ),
        tests=("tests/runtime/test_scheduler.py::test_rounds_end_when_enough_is_kept",),
    ),
    Mistake(
        93,
        "an option wanted a folder and was given a file; an exit status was lost in a pipe",
        "run",
        "paths, limits and endings have a type, a unit and an exit status of their own",
        cases=("SS101_data_is_a_folder",),
        tests=(
            "tests/stagespec/test_cli.py::test_a_real_process_has_the_same_codes_and_no_traceback",
            "tests/runtime/test_scheduler.py::test_a_step_that_takes_longer_than_its_limit_ends_the_run",
        ),
    ),
    Mistake(
        94,
        "too few records only warned",
        "run",
        "a source says what a shortfall means: nothing can be claimed, or the run stops",
        tests=("tests/runtime/test_scheduler.py::test_too_few_records_taint_or_stop",),
    ),
    Mistake(
        95,
        "one spec said 150, 200 and 300 for the same number",
        "compile",
        "constants and presets are defined once",
        cases=(
            "SS204_constant_defined_twice",
            "SS309_set_twice",
        ),
    ),
    Mistake(
        96,
        "dates in the future, and changes that nobody had committed",
        "run",
        "times are the runtime's own, and the plan carries all that it is made of",
        tests=(
            f"{JOURNAL}::test_lines_are_plain_json_with_a_time",
            f"{RUN}::test_the_plan_file_alone_is_enough",
        ),
    ),
)
