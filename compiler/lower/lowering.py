"""What all lowering shares: the program, the diagnostics, and each definition lowered at most once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from compiler.diagnostics import Diagnostics, Label, Span, article, did_you_mean, respelled
from compiler.frozen import Frozen
from compiler.plan.model import Blob, Constitution, Critic, Dataset, Prompt, Role, Rules, Stage
from compiler.resolve import Program, Symbol
from compiler.schema import COLUMN_TYPES, TOP_LEVEL
from compiler.shapes import Ref, Values, read_block
from compiler.syntax import tree

KINDS = {kind.name: kind for kind in TOP_LEVEL}
DATA_KINDS = ("pool", "exemplars", "labelled", "held_out")


class LoweredStage(Frozen):
    """A stage, and what later stages can name of it: columns by step (and `split.part`), and its outputs."""

    stage: Stage
    symbol: Symbol
    columns: dict[str, dict[str, str]]
    kinds: dict[str, str]


@dataclass(slots=True)
class Lowering:
    """Tables of what has been lowered, by name; None stands for "tried, and reported why not"."""

    program: Program
    found: Diagnostics
    models: dict[str, Role] = field(default_factory=dict)
    datasets: dict[str, Dataset | None] = field(default_factory=dict)
    records: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    blobs: dict[str, Blob] = field(default_factory=dict)
    prompts: dict[str, Prompt | None] = field(default_factory=dict)
    rules: dict[str, Rules | None] = field(default_factory=dict)
    critics: dict[str, Critic | None] = field(default_factory=dict)
    critic_kinds: dict[str, str] = field(default_factory=dict)  # raw or chat: of the models that can judge
    constitutions: dict[str, Constitution | None] = field(default_factory=dict)
    stages: dict[str, LoweredStage | None] = field(default_factory=dict)
    waiting: list[Ref] = field(default_factory=list)  # stages that are being lowered, outermost first
    model_kinds: dict[str, str] = field(default_factory=dict)  # of roles, train steps and outputs
    places: dict[str, Span] = field(default_factory=dict)
    used: set[tuple[str, str]] = field(default_factory=set)
    uses: dict[Span, Span] = field(default_factory=dict)  # of what a constant's list holds
    owners: dict[tuple[str, str], Symbol] = field(default_factory=dict)
    outside: dict[str, frozenset[str]] = field(default_factory=dict)  # by file: steps beside its stages

    def symbol(
        self, file: str, ref: Ref, kinds: tuple[str, ...], what: str, also: Iterable[str] = ()
    ) -> Symbol | None:
        """The definition that a name means; reports a name that is unknown or of another kind. `also` are
        other names that could have been meant."""
        symbol = self.program.lookup(file, ref.name)
        if symbol is None:
            if not self.program.may_lack_names and not self.program.imports(file, ref.name):
                near = {n for n, s in self.program.scopes[file].items() if s.kind in kinds}
                near.update(also)
                self.found.error(
                    "SS205",
                    f'there is no {what} "{ref.name}"',
                    Label(ref.span, did_you_mean(ref.name, near)),
                    fix=respelled(ref.span, ref.name, near),
                )
            return None
        if symbol.kind not in kinds:
            if symbol.kind not in KINDS:
                return None  # its kind was reported
            called = KINDS[symbol.kind].called
            self.found.error(
                "SS206",
                f'"{ref.name}" is {article(called)}, not {article(what)}',
                Label(ref.span),
                Label(symbol.definition.name.span, "defined here"),
            )
            return None
        first = self.owners.setdefault((symbol.kind, ref.name), symbol)
        if first.file != symbol.file:
            self.found.error(
                "SS207",
                f'two different definitions are called "{ref.name}" in one plan',
                Label(symbol.definition.name.span),
                Label(first.definition.name.span, "the other"),
            )
            return None
        self.used.add((symbol.file, symbol.definition.name.value))
        return symbol

    def body(self, symbol: Symbol) -> Values | None:
        """The fields of a definition's block."""
        definition = symbol.definition
        if not isinstance(definition.body, tree.Block):
            self.found.error(
                "SS311",
                f"{article(KINDS[symbol.kind].called)} is written with a block {{ ... }}",
                definition.body.span,
            )
            return None
        kind = KINDS[symbol.kind]
        owner = f'{kind.called} "{definition.name.value}"'
        return read_block(
            definition.body,
            kind.settings,
            owner,
            definition.name.span,
            self.found,
            symbol.kind not in ("rules", "constitution"),
        )

    def parameters(self, symbol: Symbol) -> dict[str, str] | None:
        """Column names and types of a definition, in order."""
        columns: dict[str, str] = {}
        for parameter in symbol.definition.parameters:
            name, type_ = parameter.name.value, parameter.type.value
            if name in columns:
                self.found.error("SS204", f'the column "{name}" is named twice', parameter.name.span)
                return None
            if type_ not in COLUMN_TYPES:
                self.found.error(
                    "SS312",
                    f'"{type_}" is not a column type',
                    Label(parameter.type.span, did_you_mean(type_, COLUMN_TYPES)),
                    help=f"Column types are {', '.join(COLUMN_TYPES)}.",
                    fix=respelled(parameter.type.span, type_, COLUMN_TYPES),
                )
                return None
            columns[name] = type_
        if not columns:
            self.found.error(
                "SS313",
                f'"{symbol.definition.name.value}" must say which columns it reads',
                symbol.definition.name.span,
                help=f"Write {symbol.kind} {symbol.definition.name.value}(instruction: text) {{ ... }}.",
            )
            return None
        return columns
