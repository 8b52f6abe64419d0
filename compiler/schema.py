"""The blocks of the language and their fields. Messages and the reference page are made from these tables."""

from __future__ import annotations

from compiler.frozen import Frozen
from compiler.shapes import (
    Anything,
    Choice,
    FileOf,
    ListOf,
    NameOf,
    NumberOf,
    PathOf,
    QuantityOf,
    RecordOf,
    Setting,
    TextOf,
    TruthOf,
)

COLUMN_TYPES = ("text", "number", "finish_reason", "check", "label", "items", "principles", "turns")
# Column types that are lists, with the columns of what is listed
LISTS = {
    "principles": {"id": "text", "category": "text", "text": "text"},
    "turns": {"user": "text", "assistant": "text"},
}

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

GPU = RecordOf(
    (
        Setting(
            "name", TextOf(), 'such as "H100 80GB"; what is known by name need not be said', required=True
        ),
        Setting("memory", QuantityOf("memory", 1), "what programs can have of it"),
        Setting("speed", QuantityOf("computing speed", 1), "dense products of bf16"),
        Setting("bandwidth", QuantityOf("bandwidth", 0.01), "of its memory"),
        Setting("price", QuantityOf("usd per h"), "of one"),
        Setting(
            "number", QuantityOf("gpus", 1, whole=True), "rented together (default 1); a run computes on one"
        ),
    )
)

SAMPLE = Anything("sample(pool, number)")

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
    Setting(
        "lead", TextOf(), 'what stands between context and target (default " ", and nothing for a chat model)'
    ),
    Setting("tail", TextOf(), "what follows a whole target, and is scored with it (default nothing)"),
)
RATING = (
    Setting("template", TextOf(), "ends where the label comes", required=True),
    Setting(
        "labels",
        ListOf(TextOf(), 2),
        "from the worst to the best, one token each; the score is the expected position",
        required=True,
    ),
)
CRITIC_METHODS = {"labels": LABELS, "likelihood_gain": LIKELIHOOD_GAIN, "rating": RATING}


class Kind(Frozen):
    """One kind of block: what a message calls it, what it is for, and its fields.

    `relation` is the word that may stand in its head: `stage B after A`.
    """

    name: str
    called: str
    doc: str
    settings: tuple[Setting, ...]
    has_parameters: bool = False
    relation: str = ""
    written: str = ""  # how it is written, where that is not a name and a block


PRINCIPLE = (
    Setting(
        "category", NameOf("a category"), "such as harmlessness; samples can be balanced by it", required=True
    ),
    Setting("text", TextOf(), "one plain sentence", required=True),
)
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
            Setting(
                "lead",
                TextOf(),
                'what stands between prompt and completion (default " ", and nothing for a chat model)',
            ),
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
                ListOf(Anything("labels { ... }, likelihood_gain { ... } or rating { ... }"), 1),
                "best first",
                required=True,
            ),
            Setting("examples", NameOf("labelled data"), "records with a label, good or bad", required=True),
            Setting("kind", Choice(("raw", "chat")), "the kind of model that judges (default raw)"),
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
    Kind("constitution", "constitution", "Principles that critics and critiques go by.", (DOC,)),
    Kind(
        "constant",
        "constant",
        "A value, or a list, under a name, so that it stands in one place: constant pilot_size = 200 items.",
        (),
        written="constant NAME = VALUE",
    ),
    Kind(
        "preset",
        "preset",
        "Fields that steps of one kind share: preset qlora for train { ... }.",
        (),
        relation="for",
        written="preset NAME for KIND { ... }",
    ),
    Kind(
        "stage",
        "stage",
        "From a model to a model: data, training, evaluation, gates, output.",
        (
            DOC,
            Setting(
                "learner",
                PathOf("a model"),
                "the model that is trained: a role, or stage.model",
                required=True,
            ),
            Setting("budget", QuantityOf("usd"), "what it may cost; the plan shows it beside the estimate"),
            Setting("status", Choice(("draft", "pilot", "release")), "how far it has come (default draft)"),
            Setting(
                "promises",
                ListOf(NameOf("a step kind")),
                "kinds of step that its description speaks of; one that is not there is an error",
            ),
        ),
        relation="after",
    ),
    Kind(
        "pipeline",
        "pipeline",
        "Stages that are run as one.",
        (
            DOC,
            Setting("stages", ListOf(NameOf("a stage"), 1), "all of them, in any order", required=True),
            Setting("budget", QuantityOf("usd"), "what all of them together may cost"),
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
            Setting("gpu", GPU, "the GPU, where there is one: memory, speed and money are estimated from it"),
            Setting("hardware", TextOf(), "for the plan's reader (default the GPU's name)"),
            Setting("price", QuantityOf("usd per h"), "of hardware without a GPU"),
        ),
    ),
)
