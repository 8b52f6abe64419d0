"""The blocks of the language and their fields. Messages and the reference page are made from these tables."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.shapes import (
    Anything,
    Choice,
    FileOf,
    Linked,
    ListOf,
    NameOf,
    NumberOf,
    QuantityOf,
    RecordOf,
    Setting,
    TextOf,
    TruthOf,
)

COLUMN_TYPES = ("text", "number", "finish_reason", "check", "label", "items")
FINISH_REASONS = ("stop", "eos", "length")

SHARE = QuantityOf("share", 0, 1)
COUNT = QuantityOf("items", 1, whole=True)

SAMPLING = RecordOf(
    (
        Setting(
            "max", QuantityOf("tokens", 1, whole=True), "the most tokens of one completion", required=True
        ),
        Setting("temperature", NumberOf(0, 5), "0 (the default) is greedy"),
        Setting("top_p", NumberOf(0.01, 1), "nucleus: the smallest set of tokens with this probability"),
        Setting("top_k", NumberOf(0, whole=True), "only the k most likely tokens; 0 is no limit"),
        Setting("repetition_penalty", NumberOf(1, 2), "divides the logits of tokens already present"),
    )
)

SAMPLE = Anything("sample(pool, number)")
PROMPT_USE = Anything("a prompt, or prompt(variable = sample(pool, number))")
CONDITION = Anything("a condition over measured results")

LABELS = (
    Setting(
        "template",
        TextOf(),
        "ends where the label comes; may show {{ first }} and {{ second }}",
        required=True,
    ),
    Setting("good", TextOf(), "the label of an acceptable record, one token", required=True),
    Setting("bad", TextOf(), "the label of any other record, one token", required=True),
    Setting("both_orders", TruthOf(), "ask with the labels in both orders and take the mean (default true)"),
)
LIKELIHOOD_GAIN = (
    Setting("given", TextOf(), "the context in which a good target is likely", required=True),
    Setting("neutral", TextOf(), "the context that knows nothing of the record", required=True),
    Setting("target", NameOf("a column"), "the column whose likelihood is compared", required=True),
    Setting("lead", TextOf(), 'what stands between context and target (default " ")'),
    Setting("tail", TextOf(), "what follows a whole target, and is scored with it (default nothing)"),
)
CRITIC_METHODS = {"labels": LABELS, "likelihood_gain": LIKELIHOOD_GAIN}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of block: what a message calls it, what it is for, and its fields."""

    name: str
    called: str
    doc: str
    settings: tuple[Setting, ...]
    has_parameters: bool = False


DOC = Setting("doc", TextOf(), "what it is for; appears in the plan and the report")


def _data(name: str, called: str, doc: str, *more: Setting) -> Kind:
    file = Setting("items", FileOf(), "a .jsonl file, one record a line", required=True)
    return Kind(name, called, doc, (DOC, file, *more), has_parameters=True)


TOP_LEVEL: tuple[Kind, ...] = (
    Kind(
        "model",
        "model",
        "A role that a profile binds to a checkpoint.",
        (
            DOC,
            Setting("kind", Choice(("raw", "chat")), "raw models get completion prompts only", required=True),
        ),
    ),
    Kind(
        "prompt",
        "prompt",
        "A completion prompt. Owns its exemplars and its stop policy.",
        (
            DOC,
            Setting("template", TextOf(), "a Jinja2 template over the columns", required=True),
            Setting("kind", Choice(("raw", "chat")), "the kind of model it is for (default raw)"),
            Setting("exemplars", SAMPLE, "worked examples, drawn anew for each prompt"),
            Setting("stop", ListOf(TextOf()), "strings at which a completion ends"),
            Setting("lead", TextOf(), 'what stands between prompt and completion (default " ")'),
        ),
        has_parameters=True,
    ),
    Kind(
        "critic",
        "critic",
        "Judges records. Its labelled examples decide which of its methods can judge with the bound model.",
        (
            DOC,
            Setting(
                "methods",
                ListOf(Anything("labels { ... } or likelihood_gain { ... }"), 1),
                "best first",
                required=True,
            ),
            Setting("examples", NameOf("labelled data"), "records with a label, good or bad", required=True),
        ),
        has_parameters=True,
    ),
    Kind(
        "rules",
        "set of rules",
        "A cleaning program. Its examples are run when it is compiled.",
        (DOC,),
        has_parameters=True,
    ),
    _data("pool", "pool", "Records that prompts may draw on."),
    _data("exemplars", "exemplars", "Worked examples for prompts."),
    _data("labelled", "labelled data", "Records with a label, good or bad, that critics are measured on."),
    _data(
        "held_out",
        "held-out set",
        "Records that nothing is trained on. Frozen: the hash of the file stands in the spec.",
        Setting("split", Choice(("dev", "test")), "dev is for gates, test for claims", required=True),
    ),
    Kind(
        "stage",
        "stage",
        "From a model to a model: data, training, evaluation, gates, output.",
        (
            DOC,
            Setting("learner", NameOf("a model"), "the model that is trained", required=True),
            Setting("budget", QuantityOf("usd"), "what it may cost; the plan shows it beside the estimate"),
        ),
    ),
    Kind(
        "profile",
        "profile",
        "How a method is run: engine, checkpoints, scale, hardware.",
        (
            DOC,
            Setting(
                "engine", Choice(("transformers", "vllm", "mock")), "what generates and judges", required=True
            ),
            Setting("scale", SHARE, "the share of each source's count that is made (default 100 %)"),
            Setting("floor", QuantityOf("kept", 1, whole=True), "scaling goes no lower"),
            Setting("rehearsal", TruthOf(), "go on past closed gates; no verdict can be reached"),
            Setting("held_out", COUNT, "look at so many items of each held-out set; only in a rehearsal"),
            Setting("seed", NumberOf(0, whole=True), "of every random choice (default 0)"),
            Setting(
                "weights", Choice(("nf4", "int8", "bf16", "float32")), "how train steps hold the base here"
            ),
            Setting("threads", QuantityOf("threads", 1, whole=True), "CPU threads of the engine"),
            Setting("hardware", TextOf(), "for the plan's reader"),
            Setting("price", QuantityOf("usd per h"), "of the hardware"),
        ),
    ),
)

STEPS: tuple[Kind, ...] = (
    Kind(
        "generate",
        "generate step",
        "Let a model write: without input a source that runs in rounds, with input a completion of each.",
        (
            DOC,
            Setting("input", NameOf("a step"), "whose records are completed"),
            Setting("model", NameOf("a model"), "which writes", required=True),
            Setting("prompt", PROMPT_USE, "what it completes", required=True),
            Setting("sampling", SAMPLING, "how completions are drawn", required=True),
            Setting(
                "parse",
                Linked(Choice(("numbered_list",)), (("into", NameOf("a column")),)),
                "a list into records",
            ),
            Setting("into", NameOf("a column"), "the column that holds the completion"),
            Setting(
                "until",
                Linked(QuantityOf("kept", 1, whole=True), (("in", NameOf("a step")),)),
                "when rounds end",
            ),
            Setting("pilot", COUNT, "about how many items round 0 makes; never scaled"),
            Setting("at_most", QuantityOf("rounds", 1, whole=True), "when rounds end in any case"),
        ),
    ),
    Kind(
        "filter",
        "filter step",
        "Keep the records that pass rules, are not near-duplicates, and stand apart from held-out data.",
        (
            DOC,
            Setting("input", NameOf("a step"), "whose records are filtered", required=True),
            Setting("rules", ListOf(NameOf("rules")), "applied in order"),
            Setting(
                "dedup",
                Anything("near(column, similarity = 80 %)"),
                "drop near-duplicates over the whole stage",
            ),
            Setting("apart_from", ListOf(NameOf("data")), "drop records that also stand there"),
        ),
    ),
    Kind(
        "judge",
        "judge step",
        "Keep the records that a critic accepts.",
        (
            DOC,
            Setting("input", NameOf("a step"), "whose records are judged", required=True),
            Setting(
                "critic",
                Linked(NameOf("a critic"), (("by", NameOf("a model")),)),
                "who judges",
                required=True,
            ),
            Setting(
                "accept",
                Anything("good at margin >= 1.0 nats, or good at precision >= 90 %"),
                "the accept rule",
                required=True,
            ),
        ),
    ),
    Kind(
        "split",
        "split step",
        "Divide records into parts by a hash, so that one more record moves no other.",
        (
            DOC,
            Setting("input", NameOf("a step"), "whose records are divided", required=True),
            Setting("train", SHARE, "share of the part train", required=True),
            Setting("dev", SHARE, "share of the part dev", required=True),
            Setting("group_by", NameOf("a column"), "equal values stay together", required=True),
        ),
    ),
    Kind(
        "quality",
        "quality gate",
        "Look at one round before the next is paid for.",
        (
            DOC,
            Setting("on", Anything("round(0)"), "which round", required=True),
            Setting("require", ListOf(CONDITION, 1), "what must hold", required=True),
            Setting("on_failure", Choice(("stop", "close")), "end the run, or go on with the gate closed"),
        ),
    ),
    Kind(
        "evaluate",
        "evaluate step",
        "Answer held-out items in several arms and score them.",
        (
            DOC,
            Setting("needs", ListOf(NameOf("a gate")), "gates that must be open"),
            Setting("items", NameOf("a held-out set"), "what is answered", required=True),
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
            Setting("rules", ListOf(NameOf("rules")), "cleaning that every arm's answers go through alike"),
            Setting(
                "score",
                ListOf(Choice(("check",)), 1),
                "how answers are scored",
                required=True,
            ),
            Setting(
                "compare",
                Anything("arm over arm { test, alpha, smallest_effect }"),
                "the claim that is tested",
            ),
        ),
    ),
    Kind(
        "gate",
        "gate",
        "A condition that other steps may need. Missing results close it.",
        (
            DOC,
            Setting("require", CONDITION, "what must hold", required=True),
            Setting("because", TextOf(), "why"),
        ),
    ),
    Kind(
        "train",
        "train step",
        "Train an adapter on accepted records. Loss on the target's tokens only.",
        (
            DOC,
            Setting("needs", ListOf(NameOf("a gate")), "gates that must be open", required=True),
            Setting("method", Choice(("sft",)), "supervised fine-tuning", required=True),
            Setting("start", NameOf("learner, or a model"), "what training goes on from", required=True),
            Setting("data", Anything("split.part"), "what is learnt", required=True),
            Setting("prompt", PROMPT_USE, "the prompt; evaluation uses the same one", required=True),
            Setting("target", NameOf("a column"), "what is learnt to be written", required=True),
            Setting(
                "lora",
                RecordOf(
                    (
                        Setting("rank", NumberOf(1, 512, whole=True), "rank of the update", required=True),
                        Setting(
                            "alpha", NumberOf(1, 2048, whole=True), "scale is alpha / rank", required=True
                        ),
                        Setting("dropout", NumberOf(0, 0.9), "default 0"),
                        Setting(
                            "modules",
                            Choice(("all_linear", "attention", "query_value")),
                            "default all_linear",
                        ),
                    )
                ),
                "the adapter",
                required=True,
            ),
            Setting(
                "weights",
                Choice(("nf4", "int8", "bf16", "float32")),
                "how the base is held; a profile may lift it",
            ),
            Setting(
                "optimizer",
                RecordOf(
                    (
                        Setting("name", Choice(("adamw", "paged_adamw_8bit")), "default adamw"),
                        Setting("learning_rate", NumberOf(1e-8, 1), "the peak", required=True),
                        Setting("schedule", Choice(("cosine", "linear", "constant")), "default cosine"),
                        Setting("warmup", SHARE, "share of the steps (default 0 %)"),
                        Setting("weight_decay", NumberOf(0, 1), "default 0"),
                    )
                ),
                "the optimizer",
                required=True,
            ),
            Setting("epochs", NumberOf(1, 100, whole=True), "passes over the data", required=True),
            Setting("batch", COUNT, "records per optimizer step", required=True),
            Setting(
                "max_length",
                QuantityOf("tokens", 8, whole=True),
                "longer records are listed and left out",
                required=True,
            ),
            Setting(
                "stop_early",
                RecordOf(
                    (
                        Setting("on", Anything("split.part"), "what is watched", required=True),
                        Setting(
                            "patience", NumberOf(1, whole=True), "epochs without improvement", required=True
                        ),
                    )
                ),
                "stop when the watched loss no longer falls",
            ),
        ),
    ),
    Kind("output", "output", "The stage's model: output model = student if ship otherwise learner.", ()),
)
