"""The kinds of step and their fields. Messages and the reference page are made from these tables."""

from __future__ import annotations

from compiler.schema import COUNT, DOC, SAMPLING, SHARE, Kind
from compiler.shapes import (
    Anything,
    Choice,
    Linked,
    ListOf,
    NameOf,
    NumberOf,
    PathOf,
    QuantityOf,
    ReasonOf,
    RecordOf,
    Setting,
    TextOf,
)

PROMPT_USE = Anything("a prompt, or prompt(variable = sample(pool, number), column = other_column)")
RULES_USE = Anything("rules, or rules(column = other_column)")
CONDITION = Anything("a condition over measured results")
PRINCIPLES = Anything("sample(constitution, 1..3, balanced_by = category)")
ACCEPT = Anything("good at margin >= 1.0 nats, good at precision >= 90 %, or good at kappa >= 0.7")

INPUT = Setting("input", PathOf("a step"), "whose records are read", required=True)
MODEL = Setting("model", PathOf("a model"), "which writes", required=True)
PROMPT = Setting("prompt", PROMPT_USE, "what it completes", required=True)
SAMPLED = Setting("sampling", SAMPLING, "how completions are drawn", required=True)
INTO = Setting("into", NameOf("a column"), "the column that holds the completion", required=True)
CRITIC = Setting(
    "critic",
    Linked(Anything("CRITIC"), (("by", PathOf("a model")),)),
    "who judges",
    required=True,
)

# What any step may say.
COMMON = (
    Setting("limit", QuantityOf("time", 1), "the run stops where the step takes longer"),
    Setting("because", ReasonOf(), "why; needed where a field of a preset is set otherwise"),
)


def _kind(name: str, called: str, doc: str, *settings: Setting) -> Kind:
    return Kind(name, called, doc, (DOC, *settings, *COMMON))


WRITING: tuple[Kind, ...] = (
    _kind(
        "generate",
        "generate step",
        "Let a model write: without input a source that runs in rounds, with input a completion of each.",
        Setting("input", PathOf("a step"), "whose records are completed"),
        MODEL,
        PROMPT,
        SAMPLED,
        Setting(
            "parse",
            Anything(
                'numbered_list into COLUMN, question into COLUMN, fields { COLUMN = "Label:" }, '
                "or json { COLUMN = text }"
            ),
            "how a completion becomes records; one that cannot be read goes to the sink unparsed",
        ),
        Setting("into", NameOf("a column"), "the column that holds the completion as it is"),
        Setting(
            "drafts", QuantityOf("drafts", 2, 64, whole=True), "completions of each record, for a best step"
        ),
        Setting("about", NameOf("data"), "of a source: each prompt is given one record of it, in turn"),
        Setting(
            "until",
            Linked(QuantityOf("kept", 1, whole=True), (("in", NameOf("a step")),)),
            "when rounds end",
        ),
        Setting("pilot", COUNT, "about how many items round 0 makes; never scaled"),
        Setting("at_most", QuantityOf("rounds", 1, whole=True), "when rounds end in any case"),
        Setting(
            "shortfall",
            Choice(("taint", "stop")),
            "if too few are kept by then: go on and claim nothing (the default), or stop",
        ),
    ),
    _kind(
        "compose",
        "compose step",
        "Fill a template with a record's columns. No model writes here: the words are the author's.",
        INPUT,
        Setting("prompt", PROMPT_USE, "the template", required=True),
        INTO,
    ),
    _kind(
        "principles",
        "principles step",
        "Give each record principles of a constitution, drawn by a hash; they are recorded with it.",
        INPUT,
        Setting("sample", PRINCIPLES, "how many of which", required=True),
    ),
    _kind(
        "critique",
        "critique step",
        "Let a model say how a text keeps to principles.",
        INPUT,
        MODEL,
        PROMPT,
        Setting("principles", PRINCIPLES, "drawn here, unless the records have theirs"),
        SAMPLED,
        INTO,
    ),
    _kind(
        "revise",
        "revise step",
        "Let a model write a text anew. A revision that changes nothing goes to the sink unchanged.",
        INPUT,
        MODEL,
        PROMPT,
        Setting("of", NameOf("a column"), "the text that is revised", required=True),
        SAMPLED,
        INTO,
    ),
    _kind(
        "negatives",
        "negatives step",
        "Let a model write bad answers of several kinds, one to each record, its kind drawn by a hash.",
        INPUT,
        MODEL,
        Setting(
            "kinds", Anything("{ refusal = PROMPT, off_topic = PROMPT, ... }"), "a prompt each", required=True
        ),
        SAMPLED,
        INTO,
    ),
    _kind(
        "converse",
        "converse step",
        "Let two models talk; each prompt is shown what was said so far, and the last reply is kept.",
        INPUT,
        Setting("opening", NameOf("a column"), "what the user says first", required=True),
        Setting("user", Anything("MODEL with PROMPT"), "who goes on as the user", required=True),
        Setting("assistant", Anything("MODEL with PROMPT"), "who answers", required=True),
        Setting("turns", Anything("3 turns, or 3..5"), "replies of a conversation", required=True),
        SAMPLED,
        INTO,
    ),
)

SIFTING: tuple[Kind, ...] = (
    _kind(
        "filter",
        "filter step",
        "Keep the records that pass rules, are not near-duplicates, and stand apart from held-out data.",
        INPUT,
        Setting("rules", ListOf(RULES_USE), "applied in order"),
        Setting(
            "dedup",
            Anything("near(column, similarity = 80 %)"),
            "drop near-duplicates over the whole stage",
        ),
        Setting("caps", Anything("{ column = 3 items }"), "how often one value of a column is kept"),
        Setting("apart_from", ListOf(NameOf("data")), "drop records that also stand there"),
    ),
    _kind(
        "judge",
        "judge step",
        "Keep the records that a critic accepts.",
        INPUT,
        CRITIC,
        Setting("accept", ACCEPT, "the accept rule", required=True),
    ),
    _kind("rate", "rate step", "Let a critic score every record, and keep them all.", INPUT, CRITIC),
    _kind(
        "best",
        "best step",
        "Of the drafts of one record keep the one that a critic scores highest.",
        INPUT,
        CRITIC,
    ),
    _kind(
        "compare",
        "compare step",
        "Let a critic score one column against another; above 0 it prefers the first.",
        INPUT,
        CRITIC,
        Setting("first", NameOf("a column"), "a text", required=True),
        Setting("second", NameOf("a column"), "another text", required=True),
    ),
    _kind(
        "prefer",
        "prefer step",
        "Make preference pairs, columns chosen and rejected.",
        INPUT,
        Setting("chosen", NameOf("a column"), "the better text"),
        Setting("rejected", NameOf("a column"), "the worse text"),
        Setting("between", ListOf(NameOf("a column"), 2), "two texts, if the critic decides which is chosen"),
        Setting("critic", CRITIC.shape, "who judges the pair"),
        Setting(
            "accept",
            Anything("chosen at margin >= 1.0 nats, either at margin >= 1.0 nats, or a condition"),
            "which pairs are kept",
            required=True,
        ),
        Setting(
            "length_ratio", NumberOf(1, 100), "the longer text is at most so many times as long, in words"
        ),
    ),
    _kind(
        "mix",
        "mix step",
        "Join the records of several steps in a ratio; what is left over goes to the sink left_over.",
        Setting(
            "of", Anything("[50 % of STEP, 50 % of OTHER]"), "which shares; together 100 %", required=True
        ),
    ),
    _kind(
        "order",
        "order step",
        "Put records in an order to be learnt in.",
        INPUT,
        Setting("by", NameOf("a number column"), "such as the score of a rate step", required=True),
        Setting("first", Choice(("low", "high")), "which values come first", required=True),
    ),
    _kind(
        "split",
        "split step",
        "Divide records into parts by a hash, so that one more record moves no other.",
        INPUT,
        Setting("train", SHARE, "share of the part train", required=True),
        Setting("dev", SHARE, "share of the part dev", required=True),
        Setting("group_by", NameOf("a column"), "equal values stay together", required=True),
    ),
)

NEEDS = Setting("needs", ListOf(NameOf("a gate")), "gates that must be open")

DECIDING: tuple[Kind, ...] = (
    _kind(
        "quality",
        "quality gate",
        "Look at one round before the next is paid for.",
        Setting("on", Anything("round(0)"), "which round", required=True),
        Setting("require", ListOf(CONDITION, 1), "what must hold", required=True),
        Setting("on_failure", Choice(("stop", "close")), "end the run, or go on with the gate closed"),
        Setting(
            "retries",
            QuantityOf("rounds", 1, 5, whole=True),
            "rounds as large that may be added to it before it fails; all of them are asked of",
        ),
    ),
    _kind(
        "review",
        "review gate",
        "A gate that somebody opens who has looked at records. Silence and an empty answer keep it closed.",
        Setting("on", PathOf("a step"), "whose records are shown", required=True),
        Setting("items", COUNT, "how many, drawn by a hash", required=True),
        Setting("by", Anything('person, or command("program", "argument")'), "who looks", required=True),
        Setting("question", TextOf(), "what is asked", required=True),
    ),
    _kind(
        "evaluate",
        "evaluate step",
        "Answer held-out items in several arms and score them.",
        NEEDS,
        Setting("items", Anything("a held-out set, or a list of them"), "what is answered", required=True),
        Setting(
            "arms",
            Anything("{ name = model with prompt, ... }"),
            "the conditions compared",
            required=True,
        ),
        Setting("sampling", SAMPLING, "greedy for a comparison", required=True),
        Setting(
            "answer", NameOf("a column"), "what the answer is called in rules and critics", required=True
        ),
        Setting("rules", ListOf(RULES_USE), "cleaning that every arm's answers go through alike"),
        Setting(
            "score",
            ListOf(Anything("check, or CRITIC by MODEL at margin >= 1.0 nats"), 1),
            "how answers are scored",
            required=True,
        ),
        Setting("cluster_by", NameOf("a column"), "equal values are items made alike: errors are clustered"),
        Setting(
            "compare",
            Anything("arm over arm { test, alpha, smallest_effect or margin }"),
            "the claim that is tested",
        ),
    ),
    _kind(
        "gate",
        "gate",
        "A condition that other steps may need. Missing results close it.",
        Setting("require", CONDITION, "what must hold", required=True),
    ),
)

LORA = RecordOf(
    (
        Setting("rank", NumberOf(1, 512, whole=True), "rank of the update", required=True),
        Setting("alpha", NumberOf(1, 2048, whole=True), "scale is alpha / rank", required=True),
        Setting("dropout", NumberOf(0, 0.9), "default 0"),
        Setting("modules", Choice(("all_linear", "attention", "query_value")), "default all_linear"),
    )
)
OPTIMIZER = RecordOf(
    (
        Setting("name", Choice(("adamw", "paged_adamw_8bit")), "default adamw"),
        Setting("learning_rate", NumberOf(1e-8, 1), "the peak", required=True),
        Setting("schedule", Choice(("cosine", "linear", "constant")), "default cosine"),
        Setting("warmup", SHARE, "share of the steps (default 0 %)"),
        Setting("weight_decay", NumberOf(0, 1), "default 0"),
    )
)
STOP_EARLY = RecordOf(
    (
        Setting("on", PathOf("a part of a split"), "what is watched", required=True),
        Setting("patience", NumberOf(1, whole=True), "epochs without improvement", required=True),
    )
)

TRAINING: tuple[Kind, ...] = (
    _kind(
        "train",
        "train step",
        "Train an adapter on accepted records. Loss on the target's tokens only.",
        Setting("needs", ListOf(NameOf("a gate")), "gates that must be open", required=True),
        Setting(
            "method",
            Choice(("sft", "dpo")),
            "sft: supervised, on target; dpo: by preference, on chosen against rejected",
            required=True,
        ),
        Setting("start", PathOf("learner, or a model"), "what training goes on from", required=True),
        Setting(
            "data", PathOf("a part of a split, or an order step of one"), "what is learnt", required=True
        ),
        Setting("prompt", PROMPT_USE, "the prompt; evaluation uses the same one", required=True),
        Setting("target", NameOf("a column"), "sft: what is learnt to be written"),
        Setting("loss_on", Choice(("target", "whole")), "sft: whole is an ablation (default target)"),
        Setting("chosen", NameOf("a column"), "dpo: the text preferred"),
        Setting("rejected", NameOf("a column"), "dpo: the text it is preferred to"),
        Setting(
            "reference", PathOf("a model"), "dpo: the frozen policy (default: what training starts from)"
        ),
        Setting("beta", NumberOf(0.001, 10), "dpo: the weight of the reference"),
        Setting("lora", LORA, "the adapter", required=True),
        Setting(
            "weights",
            Choice(("nf4", "int8", "bf16", "float32")),
            "how the base is held (nf4 doubly quantised, Dettmers et al. 2023); a profile may lift it",
        ),
        Setting("optimizer", OPTIMIZER, "the optimizer", required=True),
        Setting("epochs", NumberOf(1, 100, whole=True), "passes over the data", required=True),
        Setting("batch", COUNT, "records per optimizer step", required=True),
        Setting(
            "max_length",
            QuantityOf("tokens", 8, whole=True),
            "longer records are listed and left out",
            required=True,
        ),
        Setting("stop_early", STOP_EARLY, "stop when the watched loss no longer falls"),
    ),
    Kind("output", "output", "The stage's model: output model = student if ship otherwise learner.", ()),
)

STEPS: tuple[Kind, ...] = (*WRITING, *SIFTING, *DECIDING, *TRAINING)
