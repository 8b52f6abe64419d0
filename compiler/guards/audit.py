"""1 to 28: the audit of the first implementation's method, step by step."""

from __future__ import annotations

from compiler.guards.mistake import Mistake

RUN = "tests/runtime/test_mock_run.py"
LINES = "tests/runtime/certificate/test_lines.py"
EXAMPLES = "tests/runtime/training/test_examples.py"
SFT = "tests/runtime/training/test_sft.py"
IDENTITY = "tests/runtime/test_identity.py"

AUDIT: tuple[Mistake, ...] = (
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
)
