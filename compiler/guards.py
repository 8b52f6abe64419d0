"""The mistakes that experiments of this kind really made, and what makes each of them impossible here.

`docs/guards.md` is written from this table and from the registry of checks; tests hold that every code has a
wrong spec that shows it, and that every test and every module named here is there.
"""

from __future__ import annotations

from typing import Literal

from compiler.frozen import Frozen

Where = Literal["compile", "bind", "run", "design", "open"]


class Mistake(Frozen):
    """One way in which an experiment fooled itself.

    `codes` are diagnostics that stop it before anything runs; `how` says what else does, or what of the
    design leaves no room for it; `tests` prove it, as `path::name`. Where nothing stops it yet, `where` is
    "open" and `how` names what it waits for.
    """

    number: int
    what: str
    where: Where
    how: str
    codes: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()


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

MISTAKES: tuple[Mistake, ...] = (
    Mistake(
        1,
        "hard-coded templates stood where the method promised text that a model writes",
        "compile",
        "only a compose step fills templates, and the plan says so; what it fills in cannot be learnt unseen",
        ("SS619",),
    ),
    Mistake(2, "trained with one prompt, evaluated with another", "compile", "", ("SS632",)),
    Mistake(3, "a critic was built and never used", "compile", "", ("SS607", "SS611", "SS620")),
    Mistake(
        4,
        "one script loaded a base model past the guard",
        "compile",
        "a step names a role; checkpoints stand in profiles, and one loader in runtime/models opens them",
        ("SS301",),
    ),
    Mistake(
        5,
        "three large models were resident at once",
        "compile",
        "one resident base serves all roles, and what each step needs of a GPU is added up",
        ("SS721", "SS722"),
        ("tests/runtime/test_bind.py::test_two_base_models_are_refused",),
    ),
    Mistake(
        6, "the prompt utility was bypassed", "compile", "prompts are defined once, never inline", ("SS315",)
    ),
    Mistake(
        7,
        "the stored prompt was not the one that was sent",
        "run",
        "engines are given ids only, and the key of a stored result is a hash of them",
        (),
        (f"{IDENTITY}::test_the_key_holds_everything_that_changes_an_answer_and_nothing_else",),
    ),
    Mistake(8, "two trainers were both called primary", "compile", "each name means one thing", ("SS204",)),
    Mistake(
        9,
        "nobody knew whether a template was applied",
        "bind",
        "the certificate looks at the ids of every prompt",
        (),
        (f"{LINES}::test_a_role_marker_in_a_prompt_stops",),
    ),
    Mistake(
        10,
        "4-bit in one script, 8-bit in the next",
        "compile",
        "precision stands once, in a binding, and is one of a closed list",
        ("SS305", "SS309"),
    ),
    Mistake(
        11,
        "LoRA rank 16 or 64, and nobody could say why",
        "compile",
        "what a preset sets is set otherwise only with a reason; adapters that go on keep their shape",
        ("SS341", "SS625"),
    ),
    Mistake(12, "four scoring schemes stood behind one claim", "compile", "", ("SS641",)),
    Mistake(
        13,
        "a second protocol was in use and written down nowhere",
        "compile",
        "every condition is a named arm of one evaluation",
        ("SS332", "SS642"),
    ),
    Mistake(
        14,
        "the trainer added special tokens",
        "run",
        "training is given ids that were made where drawing's are",
        (),
        (f"{EXAMPLES}::test_eos_may_only_stand_at_the_end",),
    ),
    Mistake(
        15,
        "a migration was called complete because a search found nothing",
        "compile",
        "what is never used is reported, and what is named must be there",
        ("SS607", "SS205"),
    ),
    Mistake(16, "a shared utility was used by one script", "compile", "", ("SS607",)),
    Mistake(
        17,
        "nobody knew which version of a component had run",
        "design",
        "plan and method have hashes over all that they mean; results are keyed by what was asked",
        (),
        (f"{RUN}::test_an_edited_plan_is_refused",),
    ),
    Mistake(
        18,
        "notes claimed work that no run had done",
        "run",
        "the manifest is written last, from what was measured",
        (),
        (f"{RUN}::test_what_the_journal_holds_is_what_the_manifest_counts",),
    ),
    Mistake(
        19,
        "the list of components was incomplete",
        "design",
        "the tables of the language page are written from the compiler's own",
        (),
        ("tests/docs/test_docs.py::test_the_tables_are_the_compilers_own",),
    ),
    Mistake(20, "experimental scripts looked like production", "compile", "", ("SS629",)),
    Mistake(21, "the generation of instructions was not connected", "compile", "", ("SS611",)),
    Mistake(22, "the filter by log-probability was not connected", "compile", "", ("SS611", "SS620")),
    Mistake(23, "few-shot prompting was not connected", "compile", "", ("SS607", "SS611", "SS315")),
    Mistake(24, "how sure the critic was did not matter", "compile", "", ("SS605", "SS650")),
    Mistake(25, "best of N was promised and absent", "compile", "", ("SS628",)),
    Mistake(26, "the pipeline called a script that was gone", "compile", "", ("SS103", "SS201", "SS205")),
    Mistake(
        27,
        "negatives were boilerplate, and the pair builder had its own loader and critic",
        "compile",
        "there is one loader and one way to ask a critic",
        ("SS618",),
    ),
    Mistake(28, "training did not wait for the quality check", "compile", "", ("SS621", "SS652")),
    Mistake(
        29,
        "a base model was given bare instructions as if it followed them",
        "compile",
        "raw and chat are types of models and of prompts",
        ("SS604",),
    ),
    Mistake(30, "a placeholder had no column, which showed after hours", "compile", "", ("SS402", "SS407")),
    Mistake(31, "the evaluation set was made anew at each run", "compile", "", ("SS502", "SS503", "SS612")),
    Mistake(
        32,
        "the gate was never enforced",
        "compile",
        "",
        ("SS606", "SS623", "SS624", "SS645", "SS646", "SS647"),
    ),
    Mistake(
        33,
        "the baseline ran in one precision and the tuned model in another",
        "design",
        "the arms of an evaluation run on one engine over one resident base",
        (),
        (
            "tests/runtime/engines/test_transformers_engine.py::test_adapters_take_turns_and_the_base_stays_bare",
        ),
    ),
    Mistake(34, "the evaluation sampled", "compile", "", ("SS630",)),
    Mistake(35, "twelve items and no statistics", "compile", "", ("SS635", "SS643")),
    Mistake(
        36,
        "one-hour time-outs and paths of one machine",
        "compile",
        "a step has a limit in its own unit; a spec reads files below its own folder only",
        ("SS202", "SS501", "SS304"),
    ),
    Mistake(
        37,
        "an integer division dropped items",
        "compile",
        "parts add up to the whole, and records are conserved from step to step",
        ("SS329",),
        (f"{RUN}::test_records_are_conserved_from_step_to_step",),
    ),
    Mistake(
        38,
        "the newest file was taken for the right checkpoint",
        "run",
        "adapters and weights are known by the hash of their content",
        ("SS707",),
        ("tests/runtime/models/test_model_digest.py::test_one_changed_bit_of_the_weights_changes_it",),
    ),
    Mistake(
        39,
        "the border of the loss mask was fragile",
        "run",
        "every example masks something and not everything",
        (),
        (f"{EXAMPLES}::test_an_example_that_masks_nothing_or_everything_is_refused",),
    ),
    Mistake(
        40,
        "the trainer's interface had changed",
        "bind",
        "trainer arguments are built against the installed library before anything is made",
        (),
        (f"{ARGUMENTS}::test_a_library_that_no_longer_knows_an_argument_is_a_failure",),
    ),
    Mistake(41, "arguments were passed and ignored", "compile", "", ("SS308", "SS706")),
    Mistake(
        42,
        "placeholder text was mixed into the data",
        "compile",
        "records are joined by a mix step only, and what a template filled in is known as such",
        ("SS619",),
    ),
    Mistake(43, "endless question and answer chains", "compile", "", ("SS610",)),
    Mistake(
        44,
        "the contamination check looked at ten tokens",
        "bind",
        "all ids of all prompts are checked",
        (),
        (f"{LINES}::test_a_control_token_far_inside_is_found",),
    ),
    Mistake(
        45,
        "provenance was captured and never saved",
        "run",
        "each result is a line of the journal before it is used",
        (),
        (f"{JOURNAL}::test_lines_are_plain_json_with_a_time",),
    ),
    Mistake(
        46,
        "done meant written, not run",
        "run",
        "a run is done when its manifest is there",
        (),
        (f"{RUN}::test_every_step_ran_and_a_rehearsal_claims_nothing",),
    ),
    Mistake(47, "the text chosen was a literal stub", "compile", "", ("SS619", "SS620")),
    Mistake(
        48,
        "doubled backslashes stood in prompts and broke expressions",
        "compile",
        "a rule's examples run its expressions when it is compiled; -v shows prompts as they are sent",
        ("SS601", "SS408"),
    ),
    Mistake(
        49,
        "a gate passed because results were missing",
        "run",
        "what is missing closes a gate",
        (),
        (f"{EVALUATE}::test_a_closed_gate_keeps_the_items_sealed_and_closes_what_asks_for_the_result",),
    ),
    Mistake(
        50,
        "a step read another file than the one before it had written",
        "compile",
        "data flow by name, with typed columns",
        ("SS205", "SS407", "SS417"),
    ),
    Mistake(
        51,
        "the critic's input was cut on the right and lost its label",
        "bind",
        "prompts are measured against the model's length, and never cut",
        (),
        ("tests/runtime/test_bind.py::test_a_prompt_that_does_not_fit_is_refused",),
    ),
    Mistake(
        52, "the revision was preferred whatever it was", "compile", "a pair has an accept rule", ("SS310",)
    ),
    Mistake(53, "a heuristic called every long answer a runaway", "compile", "", ("SS601", "SS602")),
    Mistake(
        54,
        "the same heuristic lived on in a copy",
        "design",
        "rules are defined once, and one interpreter runs them at compile time and at run time",
        ("SS204",),
    ),
    Mistake(
        55,
        "tighter sampling ruined the quality, unseen",
        "compile",
        "sampling is in the plan's hash, and a pilot is judged before the rest is made",
        ("SS621",),
    ),
    Mistake(
        56,
        "delimiters were left in kept text",
        "compile",
        "rules reject what is left, and prove it on their examples",
        ("SS602",),
    ),
    Mistake(
        57,
        "two thirds were duplicates",
        "compile",
        "near-duplicates are dropped over the whole stage",
        ("SS613",),
        (f"{FILTER}::test_duplicates_are_found_over_rounds_and_the_first_stays",),
    ),
    Mistake(
        58,
        "a sentinel's limit failed every record",
        "compile",
        "a rule carries examples that it must keep",
        ("SS601", "SS602"),
    ),
    Mistake(
        59,
        "a field was missing in some files",
        "compile",
        "columns are checked line by line, and a step's records all have its columns",
        ("SS504",),
    ),
    Mistake(
        60,
        "the test set held copies and leaked, while no leakage was reported",
        "compile",
        "the set that is used is the one whose hash stands in the spec",
        ("SS508", "SS612", "SS616", "SS633", "SS634"),
        (f"{RUN}::test_no_held_out_text_is_trained_on",),
    ),
    Mistake(61, "truncated answers were kept", "compile", "", ("SS614",)),
    Mistake(
        62,
        "questions out of scope were kept",
        "compile",
        "a rule's scope is shown by examples on both sides",
        ("SS602",),
    ),
    Mistake(63, "tokens meant words", "compile", "", ("SS303", "SS304")),
    Mistake(64, "one path did not ask how sure the critic was", "compile", "", ("SS605", "SS650")),
    Mistake(
        65,
        "the scorer failed every long answer",
        "run",
        "checks read the part that answers, and a critic scores only after its calibration",
        (),
        (f"{CALIBRATION}::test_a_critic_that_was_not_shown_to_tell_them_apart_can_not",),
    ),
    Mistake(66, "the scorer knew neither facts nor formats", "compile", "", ("SS422", "SS640")),
    Mistake(67, "no gap was shown before training", "compile", "", ("SS622", "SS648", "SS649")),
    Mistake(68, "the prompt's format made the result", "compile", "", ("SS631", "SS637", "SS647", "SS648")),
    Mistake(69, "one prompt stood up to 13 times", "compile", "", ("SS617",)),
    Mistake(
        70,
        "a review that only said error was taken for approval",
        "run",
        "an empty answer and a failed command keep a review closed",
        (),
        ("tests/runtime/steps/test_review.py::test_a_command_that_says_nothing_approves_nothing",),
    ),
    Mistake(
        71, "a gate could not be met, and an arm was not defined", "compile", "", ("SS638", "SS414", "SS643")
    ),
    Mistake(
        72,
        "stop strings became the id of their last token",
        "run",
        "stop strings are matched as strings",
        (),
        (f"{STOPPING}::test_a_stop_string_may_span_tokens_and_end_inside_one",),
    ),
    Mistake(
        73,
        "loss on the response alone was promised and not done",
        "run",
        "",
        (),
        (f"{EXAMPLES}::test_batches_are_padded_on_the_right_with_loss_on_targets_only",),
    ),
    Mistake(
        74,
        "8-bit was asked for and 4-bit used: both flags were set",
        "compile",
        "a choice is one word of a closed list",
        ("SS305", "SS309"),
    ),
    Mistake(
        75,
        "the stored prompt drew its exemplars again",
        "run",
        "draws depend on hashes of what they are for",
        (),
        (f"{RUN}::test_running_it_again_asks_the_engine_nothing_and_ends_the_same",),
    ),
    Mistake(
        76,
        "sentinels only warned",
        "bind",
        "a line of the certificate that fails stops the run",
        (),
        (f"{LINES}::test_a_model_that_can_not_complete_plain_sentences_stops",),
    ),
    Mistake(
        77,
        "a sentinel called a right answer a failure",
        "design",
        "what decides nothing is told and stops nothing",
        (),
        (f"{LINES}::test_bare_instructions_decide_nothing",),
    ),
    Mistake(78, "training warned of failed quality and went on", "compile", "", ("SS621", "SS652")),
    Mistake(
        79,
        "a script repaired provenance afterwards",
        "design",
        "journals are only ever added to, and records cannot be changed",
        (),
        (f"{RUN}::test_what_the_journal_holds_is_what_the_manifest_counts",),
    ),
    Mistake(
        80,
        "the seed was never set",
        "run",
        "",
        (),
        (f"{SFT}::test_the_seed_decides_everything", f"{RUN}::test_another_seed_writes_other_instructions"),
    ),
    Mistake(
        81,
        "each shard saw only the first pool",
        "run",
        "rounds see what all rounds before them kept",
        (),
        (f"{FILTER}::test_duplicates_are_found_over_rounds_and_the_first_stays",),
    ),
    Mistake(
        82,
        "acceptance was measured after filtering",
        "run",
        "rates are of all that came in",
        (),
        ("tests/runtime/test_results.py::test_rates_are_of_all_that_came_in",),
    ),
    Mistake(
        83,
        "acceptance counted what the filter would not have kept",
        "run",
        "a gate asks the step that accepts, and no count of its own",
        ("SS412",),
        ("tests/runtime/test_results.py::test_acceptance_is_what_the_step_kept",),
    ),
    Mistake(
        84,
        ">= here, > there",
        "design",
        "one comparator for rules and gates, at compile time and at run time",
        (),
        ("tests/compiler/test_expressions.py::test_one_comparator_per_operator",),
    ),
    Mistake(
        85,
        "the adjusted p was the raw one",
        "run",
        "statistics are the library's",
        (),
        (f"{STATISTICS}::test_benjamini_hochberg_at_known_values",),
    ),
    Mistake(
        86,
        "chi-squared at few discordant pairs",
        "run",
        "few discordant pairs are tested exactly",
        (),
        (f"{STATISTICS}::test_few_discordant_pairs_are_tested_exactly",),
    ),
    Mistake(
        87,
        "answers under five characters failed",
        "compile",
        "no check fails an answer for being short",
        (),
        (f"{CHECKS}::test_checks_accept_their_references_and_reject_what_is_always_wrong",),
    ),
    Mistake(
        88,
        "rambling was trimmed before it was scored",
        "run",
        "answers are scored before and after the cuts",
        (),
        (f"{RUN}::test_the_pipeline_runs_whole_and_its_report_says_what_was_measured",),
    ),
    Mistake(
        89,
        "evaluation items resembled the exemplars",
        "compile",
        "no held-out item stands among what a prompt or a critic is shown",
        ("SS616",),
    ),
    Mistake(
        90,
        "slots were filled with nonsense",
        "design",
        "a prompt is given whole records of typed data, never words from several lists",
        ("SS404",),
    ),
    Mistake(
        91,
        "another configuration ran than the one approved",
        "run",
        "a plan that is run has the hash of the plan that was reviewed",
        (),
        (f"{RUN}::test_an_edited_plan_is_refused",),
    ),
    Mistake(92, "a pilot of thirty was approved, and four were run", "compile", "", ("SS326", "SS615")),
    Mistake(
        93,
        "an option wanted a folder and was given a file; an exit status was lost in a pipe",
        "run",
        "each ending of a command has its own exit status",
        ("SS101",),
        ("tests/stagespec/test_cli.py::test_a_reader_that_goes_away_is_no_error",),
    ),
    Mistake(
        94,
        "too few records only warned",
        "run",
        "a source says what a shortfall means: nothing can be claimed, or the run stops",
        (),
        ("tests/runtime/test_scheduler.py::test_too_few_records_taint_or_stop",),
    ),
    Mistake(
        95,
        "one spec said 150, 200 and 300 for the same number",
        "compile",
        "constants and presets are defined once",
        ("SS204", "SS309"),
    ),
    Mistake(
        96,
        "dates in the future, and changes that nobody had committed",
        "run",
        "times are the runtime's own, and the plan carries all that it is made of",
        (),
        (f"{JOURNAL}::test_lines_are_plain_json_with_a_time",),
    ),
)
