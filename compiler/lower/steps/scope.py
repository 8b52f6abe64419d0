"""What lowering a step can see: the stage around it, and its own block as read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from compiler.diagnostics import Label, Span, article, did_you_mean, listing, respelled
from compiler.frozen import Frozen
from compiler.lower.data import lower_dataset
from compiler.lower.likeness import Likeness
from compiler.lower.lowering import DATA_KINDS, LoweredStage, Lowering
from compiler.lower.prompts import lower_prompt_use
from compiler.lower.results import StepFacts
from compiler.plan.model import AnyStep, Evaluate, Prompt, PromptUse, Role
from compiler.shapes import Ref, Values, dotted
from compiler.step_schema import STEPS
from compiler.syntax import tree

STEP_KINDS = {kind.name: kind for kind in STEPS}
GATES = ("quality", "gate", "review")
MAPS = (
    "generate",
    "compose",
    "principles",
    "critique",
    "revise",
    "negatives",
    "converse",
    "filter",
    "judge",
    "rate",
    "best",
    "compare",
    "prefer",
)
RECORDS = (*MAPS, "mix", "order")
PRINCIPLES = "principles"


# What to do about a template that is not for the kind of model that is given it.
KINDS_DIFFER = {
    "raw": "A base model is only ever given texts to go on from: write it so, with kind = raw.",
    "chat": "A chat model is given the turn of a user: write it so, with kind = chat.",
}


class Read(Frozen):
    """Records that a step reads: the step that makes them, the part if that is a split, their columns."""

    step: str
    part: str
    columns: dict[str, str]

    @property
    def id(self) -> str:
        return f"{self.step}.{self.part}" if self.part else self.step


@dataclass(slots=True)
class StageScope:
    """The stage being lowered: its steps as blocks, and what is known of those already lowered."""

    low: Lowering
    file: str
    name: str
    learner: str
    definitions: Mapping[str, tree.Definition]
    stage_of: Callable[[Ref], LoweredStage | None]
    likes: Mapping[str, Likeness] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()  # steps that were reported before they could be lowered
    guessed: set[str] = field(default_factory=set)  # steps whose columns are guessed: something was reported
    on_guesses: bool = False  # whether the step being lowered reads one of them
    columns: dict[str, dict[str, str]] = field(default_factory=dict)
    facts: dict[str, StepFacts] = field(default_factory=dict)
    done: dict[str, AnyStep] = field(default_factory=dict)
    arms: dict[str, Evaluate] = field(default_factory=dict)

    def id(self, step: str) -> str:
        return f"{self.name}.{step}"

    def step(self, ref: Ref, kinds: tuple[str, ...], what: str) -> bool:
        """Whether the name is a step of one of these kinds that was lowered; reports what it is not."""
        definition = self.definitions.get(ref.name)
        if definition is None:
            near = [n for n, d in self.definitions.items() if d.kind.value in kinds]
            if not self.low.program.may_lack_names and ref.name not in self.unread:
                self.low.found.error(
                    "SS205",
                    f'there is no step "{ref.name}" in this stage',
                    Label(ref.span, did_you_mean(ref.name, near)),
                    help=f"This must be {what}: {listing(near)}." if near else f"This must be {what}.",
                    fix=respelled(ref.span, ref.name, near),
                )
            return False
        if definition.kind.value not in kinds:
            called = STEP_KINDS[definition.kind.value].called
            self.low.found.error(
                "SS206",
                f'"{ref.name}" is {article(called)}; this must be {what}',
                Label(ref.span),
                Label(definition.name.span, "defined here"),
            )
            return False
        if ref.name in self.guessed:
            self.on_guesses = True
        return ref.name in self.done or ref.name in self.guessed

    def records(self, ref: Ref, what: str = "a step that makes records") -> Read | None:
        """The records that a reference means: `step`, `split.part`, or either of them in another stage."""
        first, *rest = ref.name.split(".")
        if first in self.definitions or not rest:
            kinds = (*RECORDS, "split") if rest else RECORDS
            if not self.step(Ref(first, ref.span), kinds, what):
                return None
            if not rest:
                return Read(self.id(first), "", self.columns[first])
            return self._read(
                ref, rest, self.id(""), self.columns, {first: self.definitions[first].kind.value}
            )
        other = self.stage_of(Ref(first, ref.span))
        if other is None:
            return None
        return self._read(ref, rest, f"{first}.", other.columns, other.kinds)

    def _read(
        self,
        ref: Ref,
        rest: list[str],
        prefix: str,
        columns: Mapping[str, Mapping[str, str]],
        kinds: Mapping[str, str],
    ) -> Read | None:
        """A path below a stage, or below a split of this one."""
        found = self.low.found
        path = ref.name.split(".") if prefix == self.id("") else rest
        step, *parts = path
        if step not in kinds or len(parts) > 1:
            near = [name for name, kind in kinds.items() if kind in (*RECORDS, "split")]
            found.error(
                "SS205",
                f'there is no step "{".".join(path)}" in stage "{prefix[:-1]}"',
                Label(ref.end, did_you_mean(step, near)),
            )
            return None
        if kinds[step] == "split":
            if not parts or f"{step}.{parts[0]}" not in columns:
                known = [name.partition(".")[2] for name in columns if name.startswith(f"{step}.")]
                found.error(
                    "SS421",
                    f'"{step}" has no part "{parts[0]}"'
                    if parts
                    else f'"{step}" is a split: name a part of it',
                    Label(ref.end, did_you_mean(parts[0], known) if parts else ""),
                    help=f"Its parts are {listing(known)}: {step}.{known[0]}." if known else "",
                )
                return None
            return Read(prefix + step, parts[0], dict(columns[f"{step}.{parts[0]}"]))
        if not parts and kinds[step] in RECORDS and step not in columns:
            return None  # it was reported where it stands
        if parts or kinds[step] not in RECORDS:
            found.error("SS206", f'"{ref.name}" is no step that makes records', ref.span)
            return None
        return Read(prefix + step, "", dict(columns[step]))

    def model(self, ref: Ref) -> str | None:
        """A model's role, the learner's, the id of the train step that makes it, or of a stage's output."""
        if ref.name == "learner":
            return self.learner
        if "." in ref.name:
            return lower_stage_model(self.low, ref, self.stage_of)
        if ref.name in self.unread:
            return None
        if ref.name in self.definitions:
            return self.id(ref.name) if self.step(ref, ("train",), "a model") else None
        trained = [name for name, d in self.definitions.items() if d.kind.value == "train"]
        symbol = self.low.symbol(self.file, ref, ("model",), "model", ("learner", *trained))
        return lower_model(self.low, self.file, ref) if symbol else None

    def before(self, id: str) -> list[AnyStep]:
        """The step with this id and those of this stage whose records go into it, nearest first."""
        steps = {step.id: step for step in self.done.values()}
        found: list[AnyStep] = []
        waiting = [id]
        while waiting:
            step = steps.get(waiting.pop(0))
            if step is not None and step not in found:
                found.append(step)
                waiting += step.inputs
        return found

    def kind_of(self, model: str) -> str:
        """raw or chat, or nothing of a model that was reported; a trained model stays what its base is."""
        return self.low.model_kinds.get(model) or self.low.model_kinds.get(self.learner, "")

    def prompt(self, node: tree.Node, columns: Mapping[str, str], model: str | None) -> PromptUse | None:
        """A prompt for a model; without one it is a template that is only filled in."""
        use = lower_prompt_use(self.low, self.file, node, columns, self.columns_of_sources, self.name)
        if use is None or model is None:
            return use
        prompt = self.low.prompts[use.prompt]
        if isinstance(prompt, Prompt) and self.kind_of(model) not in ("", prompt.kind):
            self.low.found.error(
                "SS604",
                f'prompt "{use.prompt}" is for {prompt.kind} models, and "{model}" is {self.kind_of(model)}',
                node.span,
                help=KINDS_DIFFER[self.kind_of(model)],
            )
            return None
        return use

    def columns_of_sources(self) -> dict[str, dict[str, str]]:
        """Columns of every map step, for prompts that draw on what earlier rounds kept.

        A growing pool reads a step that comes later in the text of the graph, so its columns are
        found by name: the column that the stage's source writes.
        """
        return {
            name: {}
            if name in self.guessed
            else self.columns[name]
            if name in self.columns
            else self.grown(name)
            for name, d in self.definitions.items()
            if d.kind.value in MAPS
        }

    def guess(self, step: tree.Definition) -> None:
        """Columns of a step that was reported, from what it reads and what it says that it writes."""
        name = step.name.value
        fields = step.body.fields() if isinstance(step.body, tree.Block) else ()
        columns: dict[str, str] = {f"{name}_score": "number"}
        for entry in fields:
            match entry:
                case tree.Field(name=tree.Name(value="input" | "data"), value=source):
                    ref = dotted(source)
                    columns |= self.columns.get(ref.name if ref else "", {})
                case tree.Field(name=tree.Name(value="into"), value=tree.Name(value=column)):
                    columns |= {column: "text", finish_column(column, columns): "finish_reason"}
                case tree.Field(name=tree.Name(value="parse")):
                    columns |= self.grown(name)
        self.columns[name] = columns
        if step.kind.value == "split":
            self.columns |= {f"{name}.{part}": columns for part in ("train", "dev")}
        self.guessed.add(name)

    def grown(self, step: str) -> dict[str, str]:
        """The columns that a step will have, read from its chain of inputs before it is lowered."""
        seen: set[str] = set()
        while step in self.definitions and step not in seen:
            seen.add(step)
            body = self.definitions[step].body
            fields = {f.name.value: f.value for f in body.fields()} if isinstance(body, tree.Block) else {}
            match fields:
                case {"parse": tree.Phrase(links=(("into", tree.Name(value=column)),))}:
                    return {**self._about(fields), column: "text"}
                case {"parse": tree.Configured(settings=settings)}:
                    return {**self._about(fields), **{f.name.value: "text" for f in settings.fields()}}
                case {"input": tree.Name(value=before)}:
                    step = before
                case {"into": tree.Name(value=column)}:
                    return {column: "text", "finish": "finish_reason"}
                case _:
                    return {}
        return {}

    def _about(self, fields: Mapping[str, tree.Node]) -> dict[str, str]:
        """The columns of the data that a source goes by."""
        match fields.get("about"):
            case tree.Name(value=name, span=span):
                symbol = self.low.program.lookup(self.file, name)
                known = symbol is not None and symbol.kind in DATA_KINDS
                dataset = lower_dataset(self.low, self.file, Ref(name, span)) if known else None
                return dict(dataset.columns) if dataset else {}
            case _:
                return {}


class StepBody(Frozen):
    """One step's block as read. `base` are the plan fields that all steps share."""

    scope: StageScope
    definition: tree.Definition
    values: Values

    @property
    def name(self) -> str:
        return self.definition.name.value

    @property
    def place(self) -> Span:
        return self.definition.name.span

    def base(self, columns: Mapping[str, str], *inputs: str, part: str = "") -> dict[str, Any]:
        doc = " ".join(self.values.text("doc").split())
        like = self.scope.likes.get(self.name)
        needs = [
            self.scope.id(ref.name)
            for ref in self.values.get("needs", ())
            if self.scope.step(ref, GATES, "a gate")
        ]
        return {
            "id": self.scope.id(self.name),
            "doc": doc,
            "inputs": inputs,
            "part": part,
            "needs": tuple(sorted(needs)),
            "columns": dict(columns),
            "limit_seconds": self.values.get("limit"),
            "like": like.name if like else "",
            "overrides": like.overrides if like else (),
            "because": " ".join(self.values.text("because").split()),
        }

    def from_input(self, read: Read, columns: Mapping[str, str]) -> dict[str, Any]:
        """`base` for a step that reads one input."""
        return self.base(columns, read.step, part=read.part)

    def input(self) -> Read | None:
        return self.scope.records(self.values.get("input"))

    def model(self, node: tree.Node) -> str | None:
        """The model that a name or a path means."""
        ref = dotted(node)
        return self.scope.model(ref) if ref else None

    def new_column(self, ref: Ref, columns: Mapping[str, str]) -> bool:
        """Whether a column may be added under this name; reports one that is there."""
        if ref.name in columns:
            self.scope.low.found.error("SS325", f'the records already have a column "{ref.name}"', ref.span)
        return ref.name not in columns

    def text_column(self, ref: Ref, columns: Mapping[str, str]) -> bool:
        """Whether this is a text column of the records; reports what it is instead."""
        if columns.get(ref.name) != "text":
            self.not_a_text(ref, columns)
        return columns.get(ref.name) == "text"

    def not_a_text(self, ref: Ref, columns: Mapping[str, str]) -> None:
        texts = [name for name, type_ in columns.items() if type_ == "text"]
        type_ = columns.get(ref.name)
        self.scope.low.found.error(
            "SS417",
            f'"{ref.name}" is a {type_.replace("_", " ")}, not a text'
            if type_
            else f'"{ref.name}" is not a column here',
            Label(ref.span, did_you_mean(ref.name, texts)),
            help=f"The text columns here are {listing(texts)}.",
            fix=None if type_ else respelled(ref.span, ref.name, texts),
        )


def lower_model(low: Lowering, file: str, ref: Ref) -> str | None:
    symbol = low.symbol(file, ref, ("model",), "model")
    if symbol is None:
        return None
    if ref.name not in low.models:
        body = low.body(symbol)
        if body is None or not body.complete:
            return None
        low.models[ref.name] = Role(kind=body.get("kind"), doc=body.text("doc"))
        low.model_kinds[ref.name] = body.get("kind")
    return ref.name


def lower_stage_model(low: Lowering, ref: Ref, stage_of: Callable[[Ref], LoweredStage | None]) -> str | None:
    """`stage.model`: the id of what another stage gives out."""
    first, _, output = ref.name.partition(".")
    other = stage_of(Ref(first, ref.span))
    if other is None:
        return None
    outputs = [name for name, kind in other.kinds.items() if kind == "output"]
    if output not in outputs:
        low.found.error(
            "SS340",
            f'stage "{first}" gives out no model "{output}"',
            Label(ref.end, did_you_mean(output, outputs)),
            help=f"Write {first}.{outputs[0]}." if outputs else "It has no output.",
            fix=respelled(ref.span, ref.name, [f"{first}.{name}" for name in outputs]),
        )
        return None
    return f"{first}.{output}"


def shared_columns(before: Mapping[str, str] | None, columns: Mapping[str, str]) -> dict[str, str]:
    """The columns that all of several sets of records have; `before` is None for the first of them."""
    return {n: t for n, t in columns.items() if before is None or before.get(n) == t}


def finish_column(into: str, columns: Mapping[str, str]) -> str:
    """How the column is called that says how a completion ended: the first one of a record is `finish`."""
    return "finish" if "finish" not in columns else f"{into}_finish"


def finish_of(column: str, columns: Mapping[str, str]) -> str:
    """The column that says how a text ended, or nothing where no model wrote it."""
    own = f"{column}_finish"
    return own if own in columns else "finish" if "finish" in columns else ""
