"""What steps share and name: rules, prompts, constitutions, critics, data; and conditions."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Literal

from compiler.plan.model.base import Part, Tagged


class Expression(Part):
    """An operator or function applied to arguments; `expressions.evaluate` gives it meaning.

    Constants are plain values. A share ("5 %") has become a fraction (0.05); other quantities are
    in the base unit of their kind (tokens, nats, seconds, usd, GiB).
    """

    op: str
    args: tuple[Expression | float | int | bool | str, ...] = ()


class Requirement(Part):
    """A condition over measured results, and the words the author wrote it in."""

    condition: Expression
    text: str


class Rejection(Part):
    """Send the record to the sink `name` when the condition holds; the first that holds wins."""

    op: Literal["reject"] = "reject"
    name: str
    when: Expression


class Cut(Part):
    """Cut the subject at a literal (`at`) or before a match of a regular expression (`before`)."""

    op: Literal["cut"] = "cut"
    at: str | None = None
    before: str | None = None


class Trim(Part):
    """Strip white space from both ends of the subject."""

    op: Literal["trim"] = "trim"


RuleStatement = Annotated[Rejection | Cut | Trim, Tagged("op")]


class Rules(Part):
    """A cleaning program over one record. The first column is the subject that cuts change."""

    columns: dict[str, str]
    subject: str
    statements: tuple[RuleStatement, ...]


class Sample(Part):
    """`count` items drawn without replacement, per rendered prompt, from the union of datasets.

    `sources` names data files and, for pools that grow, steps (their kept records of earlier
    rounds).
    """

    variable: str
    sources: tuple[str, ...]
    count: int


class Prompt(Part):
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


class PromptUse(Part):
    """A prompt as one step calls it: the samples given by the call come on top of its own.

    `columns` names the record's column for each of the prompt's that is called otherwise there.
    """

    prompt: str
    samples: tuple[Sample, ...] = ()
    columns: dict[str, str] = field(default_factory=dict)


class RulesUse(Part):
    """Rules as one step applies them; `columns` as in PromptUse."""

    rules: str
    columns: dict[str, str] = field(default_factory=dict)


class Principle(Part):
    category: str
    text: str


class Constitution(Part):
    """Principles by id. What is sampled of them is recorded with each record."""

    principles: dict[str, Principle]
    doc: str = ""


class PrincipleSample(Part):
    """From `least` to `most` principles for each record, by a hash per record and principle.

    With `balanced`, categories take turns, so that a category with many principles is not drawn more.
    """

    constitution: str
    least: int
    most: int
    balanced: bool = False


class LabelMethod(Part):
    """Judge by the log-probabilities of two one-token labels after the template.

    The score is log p(good) - log p(bad) in nats; with `both_orders` the mean over the two
    orders in which the template shows the labels (`first`, `second` in the template).
    """

    method: Literal["labels"] = "labels"
    template: str
    good: str
    bad: str
    both_orders: bool = True


class LikelihoodGainMethod(Part):
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


class RatingMethod(Part):
    """Judge on a scale: the score is the expected position of the label, from 1 to the number of labels.

    Taken over the log-probabilities of the labels after the template (one token each, worst first).
    """

    method: Literal["rating"] = "rating"
    template: str
    labels: tuple[str, ...]


CriticMethod = Annotated[LabelMethod | LikelihoodGainMethod | RatingMethod, Tagged("method")]


class Critic(Part):
    """Methods in order of preference, and the labelled examples that decide which one can judge."""

    columns: dict[str, str]
    methods: tuple[CriticMethod, ...]
    examples: str
    doc: str = ""


class CriticUse(Part):
    """A critic as one step asks it: which model judges, and `columns` as in PromptUse."""

    critic: str
    model: str
    columns: dict[str, str] = field(default_factory=dict)


class Accept(Part):
    """Accept a record when its score reaches a margin, or a threshold that was calibrated: for a precision,
    or for the best agreement (Cohen's kappa) with the labels."""

    by: Literal["margin", "precision", "kappa"]
    at_least: float


class Dataset(Part):
    """A data file that the plan carries as a blob; `columns` includes those it must have."""

    role: Literal["pool", "exemplars", "labelled", "held_out"]
    columns: dict[str, str]
    sha256: str
    items: int
    split: Literal["dev", "test"] | None = None
    doc: str = ""
