"""What lowering a step can see: the stage around it, and its own block as read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from compiler.diagnostics import Label, Span, article, did_you_mean, listing, respelled
from compiler.lower.conditions import StepFacts
from compiler.lower.lowering import Lowering
from compiler.lower.prompts import lower_prompt_use
from compiler.plan.model import AnyStep, Evaluate, Prompt, PromptUse, Role
from compiler.schema import STEPS
from compiler.shapes import Ref, Values
from compiler.syntax import tree

STEP_KINDS = {kind.name: kind for kind in STEPS}
GATES = ("quality", "gate")
MAPS = ("generate", "filter", "judge")


@dataclass(slots=True)
class StageScope:
    """The stage being lowered: its steps as blocks, and what is known of those already lowered."""

    low: Lowering
    file: str
    name: str
    learner: str
    definitions: Mapping[str, tree.Definition]
    unread: frozenset[str] = frozenset()  # steps that were reported before they could be lowered
    columns: dict[str, dict[str, str]] = field(default_factory=dict)
    facts: dict[str, StepFacts] = field(default_factory=dict)
    parts: dict[str, tuple[str, ...]] = field(default_factory=dict)
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
        return ref.name in self.done

    def model(self, ref: Ref) -> str | None:
        """A model's name, the learner's, or the id of the train step that makes it."""
        if ref.name == "learner":
            return self.learner
        if ref.name in self.definitions:
            return self.id(ref.name) if self.step(ref, ("train",), "a model") else None
        symbol = self.low.symbol(self.file, ref, ("model",), "model")
        return lower_model(self.low, self.file, ref) if symbol else None

    def kind_of(self, model: str) -> str:
        """raw or chat; a trained model stays what its base is."""
        role = self.low.models.get(model) or self.low.models.get(self.learner)
        return role.kind if role else "raw"

    def prompt(self, node: tree.Node, columns: Mapping[str, str], model: str) -> PromptUse | None:
        use = lower_prompt_use(self.low, self.file, node, columns, self.columns_of_sources(), self.name)
        if use is None:
            return None
        prompt = self.low.prompts[use.prompt]
        if isinstance(prompt, Prompt) and prompt.kind != self.kind_of(model):
            self.low.found.error(
                "SS604",
                f'prompt "{use.prompt}" is for {prompt.kind} models, and "{model}" is {self.kind_of(model)}',
                node.span,
                help="A base model is only ever given completion prompts.",
            )
            return None
        return use

    def columns_of_sources(self) -> dict[str, dict[str, str]]:
        """Columns of every map step, for prompts that draw on what earlier rounds kept.

        A growing pool reads a step that comes later in the text of the graph, so its columns are
        found by name: the column that the stage's source writes.
        """
        return {
            name: self.columns.get(name, self.grown(name))
            for name, d in self.definitions.items()
            if d.kind.value in MAPS
        }

    def grown(self, step: str) -> dict[str, str]:
        """The columns that a step will have, read from its chain of inputs before it is lowered."""
        seen: set[str] = set()
        while step in self.definitions and step not in seen:
            seen.add(step)
            body = self.definitions[step].body
            fields = {f.name.value: f.value for f in body.fields()} if isinstance(body, tree.Block) else {}
            match fields:
                case {"parse": tree.Phrase(links=(("into", tree.Name(value=column)),))}:
                    return {column: "text"}
                case {"input": tree.Name(value=before)}:
                    step = before
                case {"into": tree.Name(value=column)}:
                    return {column: "text", "finish": "finish_reason"}
                case _:
                    return {}
        return {}


@dataclass(frozen=True, slots=True)
class StepBody:
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

    def base(self, columns: Mapping[str, str], *inputs: str) -> dict[str, Any]:
        doc = " ".join(self.values.text("doc").split())
        needs = [
            self.scope.id(ref.name)
            for ref in self.values.get("needs", ())
            if self.scope.step(ref, GATES, "a gate")
        ]
        return {
            "id": self.scope.id(self.name),
            "doc": doc,
            "inputs": inputs,
            "needs": tuple(sorted(needs)),
            "columns": dict(columns),
        }

    def input(self) -> tuple[str, dict[str, str]] | None:
        ref: Ref = self.values.get("input")
        if not self.scope.step(ref, MAPS, "a step that makes records"):
            return None
        return self.scope.id(ref.name), self.scope.columns[ref.name]

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
    return ref.name
