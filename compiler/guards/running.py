"""29 to 52: what its runs brought to light about models, files and steps that did not fit."""

from __future__ import annotations

from compiler.guards.mistake import Mistake

RUN = "tests/runtime/test_mock_run.py"
LINES = "tests/runtime/certificate/test_lines.py"
VERDICT = "tests/runtime/test_verdict.py"
EXAMPLES = "tests/runtime/training/test_examples.py"
SFT = "tests/runtime/training/test_sft.py"
ARGUMENTS = "tests/runtime/training/test_arguments.py"
EVALUATE = "tests/runtime/steps/test_evaluate.py"
RESULTS = "tests/runtime/test_results.py"

RUNNING: tuple[Mistake, ...] = (
    Mistake(
        29,
        "a base model was given bare instructions as if it followed them",
        "compile",
        "raw and chat are types of models and of prompts",
        cases=("SS604_chat_prompt_for_a_base_model",),
    ),
    Mistake(
        30,
        "a placeholder had no column, which showed after hours",
        "compile",
        "",
        cases=(
            "SS402_undefined_variable",
            "SS407_prompt_needs_another_column",
            "SS407_held_out_items_lack_a_column",
        ),
    ),
    Mistake(
        31,
        "the evaluation set was made anew at each run",
        "compile",
        "",
        cases=(
            "SS502_hash_missing",
            "SS503_data_changed",
            "SS612_held_out_items_may_leak",
        ),
    ),
    Mistake(
        32,
        "the gate was never enforced",
        "compile",
        "",
        cases=(
            "SS606_output_without_a_gate",
            "SS658_gate_that_nobody_asks",
            "SS623_no_output",
            "SS624_gate_that_reads_no_claim",
            "SS645_closed_gate_lets_out_the_student",
            "SS646_opens_on_a_loss",
            "SS647_wrong_way_round",
        ),
    ),
    Mistake(
        33,
        "the baseline ran in one precision and the tuned model in another",
        "compile",
        "the arms of an evaluation run on one engine over one resident base, in one precision",
        cases=("SS722_two_precisions",),
        tests=(
            "tests/runtime/engines/test_transformers_engine.py::test_adapters_take_turns_and_the_base_stays_bare",
        ),
    ),
    Mistake(34, "the evaluation sampled", "compile", "", cases=("SS630_claim_on_sampled_answers",)),
    Mistake(
        35,
        "twelve items and no statistics",
        "compile",
        "a claim states test, alpha and smallest effect; few items are warned of when compiling "
        "(SS635), and end in no improvement when run",
        cases=(
            "SS334_comparison_without_settings",
            "SS643_too_few_clusters",
            "SS635_too_few_items_to_see_it",
        ),
        tests=(f"{VERDICT}::test_p_not_below_alpha",),
    ),
    Mistake(
        36,
        "one-hour time-outs and paths of one machine",
        "compile",
        "a step has a limit in its own unit; a spec reads files below its own folder only",
        cases=(
            "SS303_limit_without_a_unit",
            "SS202_import_leaves_the_folder",
            "SS501_data_outside",
        ),
        tests=("tests/runtime/test_scheduler.py::test_a_step_that_takes_longer_than_its_limit_ends_the_run",),
    ),
    Mistake(
        37,
        "an integer division dropped items",
        "compile",
        "parts add up to the whole, and records are conserved from step to step",
        cases=(
            "SS329_parts_do_not_add_up",
            "SS329_mix_of_too_much",
        ),
        tests=(f"{RUN}::test_records_are_conserved_from_step_to_step",),
    ),
    Mistake(
        38,
        "the newest file was taken for the right checkpoint",
        "run",
        "adapters and weights are known by the hash of their content",
        cases=("SS707_moving_target",),
        tests=("tests/runtime/models/test_model_digest.py::test_one_changed_bit_of_the_weights_changes_it",),
    ),
    Mistake(
        39,
        "the border of the loss mask was fragile",
        "run",
        "every example masks something and not everything",
        tests=(
            f"{EXAMPLES}::test_an_example_that_masks_nothing_or_everything_is_refused",
            f"{SFT}::test_what_can_not_be_trained_on_is_refused",
        ),
    ),
    Mistake(
        40,
        "the trainer's interface had changed",
        "bind",
        "trainer arguments are built against the installed library before anything is made",
        tests=(
            f"{ARGUMENTS}::test_a_library_that_no_longer_knows_an_argument_is_a_failure",
            "tests/runtime/test_bind.py::test_trainings_are_checked_before_an_engine_starts",
        ),
    ),
    Mistake(
        41,
        "arguments were passed and ignored",
        "compile",
        "",
        cases=(
            "SS308_unknown_field",
            "SS308_unknown_setting",
            "SS706_unknown_argument",
        ),
    ),
    Mistake(
        42,
        "placeholder text was mixed into the data",
        "compile",
        "records are joined by a mix step only, and what a template filled in is known as such",
        cases=("SS619_learns_a_template",),
    ),
    Mistake(43, "endless question and answer chains", "compile", "", cases=("SS610_few_shot_without_stops",)),
    Mistake(
        44,
        "the contamination check looked at ten tokens",
        "bind",
        "all ids of all prompts are checked",
        tests=(
            f"{LINES}::test_a_control_token_far_inside_is_found",
            "tests/runtime/test_bind.py::test_a_line_that_fails_stops_before_anything_is_made",
        ),
    ),
    Mistake(
        45,
        "provenance was captured and never saved",
        "run",
        "each result is a line of the journal before it is used",
        tests=(
            f"{RUN}::test_a_run_stopped_anywhere_goes_on_and_ends_the_same",
            f"{RUN}::test_running_it_again_asks_the_engine_nothing_and_ends_the_same",
        ),
    ),
    Mistake(
        46,
        "done meant written, not run",
        "run",
        "a run is done when its manifest is there",
        tests=(
            f"{RUN}::test_a_run_stopped_anywhere_goes_on_and_ends_the_same",
            f"{RUN}::test_every_step_ran_and_a_rehearsal_claims_nothing",
        ),
    ),
    Mistake(
        47,
        "the text chosen was a literal stub",
        "compile",
        "",
        cases=(
            "SS619_learns_a_template",
            "SS620_answers_not_judged",
        ),
    ),
    Mistake(
        48,
        "doubled backslashes stood in prompts and broke expressions",
        "compile",
        "a rule's examples run its expressions when it is compiled; -v shows prompts as they are sent",
        cases=("SS601_doubled_backslash",),
    ),
    Mistake(
        49,
        "a gate passed because results were missing",
        "run",
        "what is missing closes a gate",
        tests=(
            f"{EVALUATE}::test_a_closed_gate_keeps_the_items_sealed_and_closes_what_asks_for_the_result",
            f"{RESULTS}::test_what_saw_nothing_is_missing_and_closes",
            f"{VERDICT}::test_a_missing_item_closes",
        ),
    ),
    Mistake(
        50,
        "a step read another file than the one before it had written",
        "compile",
        "data flow by name, with typed columns",
        cases=(
            "SS205_unknown_step",
            "SS206_input_makes_no_records",
            "SS407_prompt_needs_another_column",
            "SS420_critic_reads_another_column",
        ),
    ),
    Mistake(
        51,
        "the critic's input was cut on the right and lost its label",
        "bind",
        "prompts are measured against the model's length, and never cut",
        tests=(
            "tests/runtime/test_bind.py::test_a_prompt_that_does_not_fit_is_refused",
            "tests/runtime/test_bind.py::test_lengths_are_proven_before_anything_is_made",
        ),
    ),
    Mistake(
        52,
        "the revision was preferred whatever it was",
        "compile",
        "a pair has an accept rule",
        cases=("SS310_pair_without_an_accept_rule",),
    ),
)
