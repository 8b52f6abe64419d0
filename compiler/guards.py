"""The mistakes that experiments of this kind really made, and what makes each of them impossible here.

`docs/guards.md` is written from this table and from the registry of checks. Tests hold that each wrong spec
and each test that is named here is there, and that a refusal, taken out, is missed by what shows it.
"""

from __future__ import annotations

from typing import Literal

from compiler.frozen import Frozen

Where = Literal["compile", "bind", "run", "design", "open"]


class Mistake(Frozen):
    """One way in which an experiment fooled itself.

    `cases` are wrong specs (`tests/compiler/wrong/`) that make this mistake and are refused; each is named
    after the code that refuses it. `how` says what else stops it, and `tests` prove that, as `path::name`.
    Where the design leaves no room for it, `decision` is the paragraph of docs/architecture.md that says so.
    Where nothing stops it yet, `where` is "open" and `how` names what it waits for.
    """

    number: int
    what: str
    where: Where
    how: str
    cases: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    decision: str = ""

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes that refuse the cases."""
        return tuple(dict.fromkeys(case.partition("_")[0] for case in self.cases))


RUN = "tests/runtime/test_mock_run.py"
LINES = "tests/runtime/certificate/test_lines.py"
VERDICT = "tests/runtime/test_verdict.py"
EXAMPLES = "tests/runtime/training/test_examples.py"
SFT = "tests/runtime/training/test_sft.py"
ARGUMENTS = "tests/runtime/training/test_arguments.py"
FILTER = "tests/runtime/steps/test_filter.py"
STOPPING = "tests/runtime/engines/test_stopping.py"
STATISTICS = "tests/runtime/test_statistics.py"
CALIBRATION = "tests/runtime/test_calibration.py"
JOURNAL = "tests/runtime/test_journal.py"
IDENTITY = "tests/runtime/test_identity.py"
EVALUATE = "tests/runtime/steps/test_evaluate.py"
CHECKS = "tests/specs/test_checks.py"
RESULTS = "tests/runtime/test_results.py"

MISTAKES: tuple[Mistake, ...] = (
    Mistake(
        1,
        "hard-coded templates stood where the method promised text that a model writes",
        "compile",
        "only a compose step fills templates, and the plan says so; what it fills in is learnt for a stated "
        "reason only",
        cases=("SS619_learns_a_template",),
    ),
    Mistake(
        2,
        "trained with one prompt, evaluated with another",
        "compile",
        "",
        cases=("SS632_trained_with_one_prompt_evaluated_with_another",),
    ),
    Mistake(
        3,
        "a critic was built and never used",
        "compile",
        "",
        cases=(
            "SS657_critic_that_decides_nothing",
            "SS620_answers_not_judged",
        ),
    ),
    Mistake(
        4,
        "one script loaded a base model past the guard",
        "compile",
        "a step names a role; checkpoints stand in profiles, and one loader in runtime/models opens them",
        cases=("SS301_checkpoint_for_a_role",),
    ),
    Mistake(
        5,
        "three large models were resident at once",
        "compile",
        "one resident base serves all roles, and what each step needs of a GPU is added up",
        cases=(
            "SS722_three_models",
            "SS721_does_not_fit",
        ),
        tests=("tests/runtime/test_bind.py::test_two_base_models_are_refused",),
    ),
    Mistake(
        6,
        "the prompt utility was bypassed",
        "compile",
        "prompts are defined once, never inline",
        cases=("SS315_inline_prompt",),
    ),
    Mistake(
        7,
        "the stored prompt was not the one that was sent",
        "run",
        "engines are given ids only, and the key of a stored result is a hash of them",
        tests=(f"{IDENTITY}::test_the_key_holds_everything_that_changes_an_answer_and_nothing_else",),
    ),
    Mistake(
        8,
        "two trainers were both called primary",
        "compile",
        "each name means one thing",
        cases=("SS204_two_primary_trainers",),
    ),
    Mistake(
        9,
        "nobody knew whether a template was applied",
        "bind",
        "the certificate looks at the ids of every prompt",
        tests=(
            f"{LINES}::test_a_role_marker_in_a_prompt_stops",
            "tests/runtime/test_bind.py::test_a_line_that_fails_stops_before_anything_is_made",
        ),
    ),
    Mistake(
        10,
        "4-bit in one script, 8-bit in the next",
        "compile",
        "precision stands once, is one of a closed list, and is the same for all roles",
        cases=(
            "SS309_two_precisions",
            "SS305_precision_of_no_list",
            "SS722_two_precisions",
        ),
    ),
    Mistake(
        11,
        "LoRA rank 16 or 64, and nobody could say why",
        "compile",
        "what a preset sets is set otherwise only with a reason; adapters that go on keep their shape",
        cases=(
            "SS341_override_without_a_reason",
            "SS625_adapter_of_another_rank",
        ),
    ),
    Mistake(
        12,
        "four scoring schemes stood behind one claim",
        "compile",
        "",
        cases=("SS641_two_scores_for_one_claim",),
    ),
    Mistake(
        13,
        "a second protocol was in use and written down nowhere",
        "compile",
        "every condition is a named arm of one evaluation",
        cases=(
            "SS332_arms_as_a_list",
            "SS642_gap_with_fewer_tokens",
        ),
    ),
    Mistake(
        14,
        "the trainer added special tokens",
        "run",
        "no trainer tokenizes: prompt and target come to it as ids, encoded as drawing encodes them, "
        "and an end inside a target is refused",
        tests=(
            "tests/runtime/steps/test_jobs.py::test_supervised_targets_are_made_in_the_same_way",
            f"{EXAMPLES}::test_eos_may_only_stand_at_the_end",
            f"{SFT}::test_what_can_not_be_trained_on_is_refused",
        ),
    ),
    Mistake(
        15,
        "a migration was called complete because a search found nothing",
        "compile",
        "what is named must be there, and what is there must be used",
        cases=(
            "SS205_unknown_prompt",
            "SS201_not_defined_there",
            "SS607_imported_and_unused",
        ),
    ),
    Mistake(
        16,
        "a shared utility was used by one script",
        "compile",
        "",
        cases=(
            "SS607_defined_and_unused",
            "SS607_imported_and_unused",
        ),
    ),
    Mistake(
        17,
        "nobody knew which version of a component had run",
        "run",
        "results are keyed by the engine's fingerprint and by all that was asked; manifest and "
        "archive name the versions",
        tests=(
            f"{IDENTITY}::test_the_key_holds_everything_that_changes_an_answer_and_nothing_else",
            "tests/stagespec/archive/test_verify.py::test_another_compiler_is_named",
        ),
    ),
    Mistake(
        18,
        "notes claimed work that no run had done",
        "run",
        "the manifest is written last, from what was measured",
        tests=(
            f"{RUN}::test_a_run_stopped_anywhere_goes_on_and_ends_the_same",
            f"{RUN}::test_what_the_journal_holds_is_what_the_manifest_counts",
        ),
    ),
    Mistake(
        19,
        "the list of components was incomplete",
        "design",
        "the tables of the language page are written from the compiler's own",
        tests=("tests/docs/test_docs.py::test_the_tables_are_the_compilers_own",),
        decision="Shapes.",
    ),
    Mistake(
        20, "experimental scripts looked like production", "compile", "", cases=("SS629_release_on_a_draft",)
    ),
    Mistake(
        21,
        "the generation of instructions was not connected",
        "compile",
        "",
        cases=("SS611_instructions_that_go_nowhere",),
    ),
    Mistake(
        22,
        "the filter by log-probability was not connected",
        "compile",
        "",
        cases=(
            "SS657_critic_that_decides_nothing",
            "SS620_answers_not_judged",
        ),
    ),
    Mistake(
        23,
        "few-shot prompting was not connected",
        "compile",
        "",
        cases=(
            "SS609_few_shot_prompt_that_nobody_uses",
            "SS315_inline_prompt",
        ),
    ),
    Mistake(
        24,
        "how sure the critic was did not matter",
        "compile",
        "",
        cases=(
            "SS605_no_margin",
            "SS650_margin_below_nothing",
        ),
    ),
    Mistake(25, "best of N was promised and absent", "compile", "", cases=("SS628_promise_without_a_step",)),
    Mistake(
        26,
        "the pipeline called a script that was gone",
        "compile",
        "",
        cases=(
            "SS103_no_such_import",
            "SS201_not_defined_there",
            "SS205_unknown_step",
        ),
    ),
    Mistake(
        27,
        "negatives were boilerplate, and the pair builder had its own loader and critic",
        "compile",
        "there is one loader and one way to ask a critic",
        cases=("SS618_one_kind_of_negative",),
    ),
    Mistake(
        28,
        "training did not wait for the quality check",
        "compile",
        "",
        cases=(
            "SS621_no_quality_gate",
            "SS652_quality_that_is_never_bad",
        ),
    ),
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
