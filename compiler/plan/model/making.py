"""Steps that make records: models write, and people's templates are filled."""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from compiler.plan.model.base import Part, later
from compiler.plan.model.definitions import PrincipleSample, PromptUse


class Sampling(Part):
    """How completions are drawn. temperature 0 is greedy."""

    max_tokens: int
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    repetition_penalty: float = 1.0


class Step(Part):
    """What every step has. `id` is `stage.name`; `inputs` are the step ids whose records it reads.

    `part` is the part of the first input that is read, where that is a split. `overrides` are the fields
    that differ from what the step was written like, and `because` says why.
    """

    id: str
    doc: str = ""
    inputs: tuple[str, ...] = ()
    part: str = ""
    needs: tuple[str, ...] = ()
    columns: dict[str, str] = field(default_factory=dict)
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
# A round after the pilot asks for at most so many times as much.
LATER_ROUND = 10


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
    fields: dict[str, str] = field(default_factory=dict)
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


class Speaker(Part):
    """One side of a conversation: a model and the prompt that shows it the turns so far."""

    model: str
    prompt: PromptUse


class Converse(Step):
    """Conversations of `turns` turns, or of `least_turns` to `turns`, by a hash of the record; the record's
    `opening` is the first thing that the user says.

    The column `turns` holds what was said before the last reply (`user` and `assistant` in each); `into`
    is the last reply.
    """

    kind: Literal["converse"] = "converse"
    opening: str
    user: Speaker
    assistant: Speaker
    turns: int
    least_turns: int | None = later(None)
    sampling: Sampling
    into: str
    finish: str
