"""The tree that parsing yields: every node knows its place in the source."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.diagnostics import Span
from compiler.frozen import Frozen


class Name(Frozen):
    value: str
    span: Span


class Number(Frozen):
    value: float | int
    span: Span


class Quantity(Frozen):
    """`value` as written, not yet in a base unit."""

    value: float | int
    unit: str
    span: Span


class Range(Frozen):
    """`low..high`, both included."""

    low: int
    high: int
    span: Span


class Text(Frozen):
    """A string. `offsets[i]` is where character i of `value` stands in the source."""

    value: str
    span: Span
    offsets: tuple[int, ...]

    def place(self, start: int, end: int | None = None) -> Span:
        """The source place of characters `start` up to `end` of the value."""
        if not self.offsets:
            return self.span
        first = self.offsets[min(start, len(self.offsets) - 1)]
        last = self.offsets[min(max((end or start + 1) - 1, start), len(self.offsets) - 1)]
        return Span(self.span.file, first, last + 1)


class Regex(Frozen):
    pattern: str
    span: Span


class Truth(Frozen):
    value: bool
    span: Span


class Items(Frozen):
    items: tuple[Node, ...]
    span: Span


class Attribute(Frozen):
    of: Node
    name: Name
    span: Span


class Call(Frozen):
    function: Node
    arguments: tuple[Node, ...]
    named: tuple[tuple[Name, Node], ...]
    span: Span


class Operation(Frozen):
    """`or`, `and`, `not`, `+`, `matches` or a comparison."""

    op: str
    operands: tuple[Node, ...]
    span: Span


class Phrase(Frozen):
    """`head word expression word expression ...`, as in `critic by model`."""

    head: Node
    links: tuple[tuple[str, Node], ...]
    span: Span


class Configured(Frozen):
    """An expression followed by a block of settings."""

    head: Node
    settings: Block
    span: Span


class Field(Frozen):
    name: Name
    value: Node
    span: Span


class Parameter(Frozen):
    name: Name
    type: Name


class Definition(Frozen):
    """`kind name(parameters) word other { ... }`; `relation` is the word (after, like, for) and the other."""

    kind: Name
    name: Name
    parameters: tuple[Parameter, ...]
    relation: tuple[str, Name] | None
    body: Node
    span: Span

    def related(self, word: str) -> Name | None:
        """What stands after this word in the head."""
        return self.relation[1] if self.relation and self.relation[0] == word else None


class Reject(Frozen):
    name: Text
    when: Node
    span: Span


class CutAt(Frozen):
    literal: Text
    span: Span


class CutBefore(Frozen):
    pattern: Regex
    span: Span


class TrimEnds(Frozen):
    span: Span


class Example(Frozen):
    """`example keep {...}` or `example reject "sink" {...}`."""

    verdict: Name
    sink: Text | None
    block: Block
    span: Span


class Allow(Frozen):
    """`allow(CODE, because = "...")`: a warning that may stand."""

    code: Name
    word: Name
    reason: Text
    span: Span


Entry = Field | Definition | Reject | CutAt | CutBefore | TrimEnds | Example | Allow


class Block(Frozen):
    entries: tuple[Entry, ...]
    span: Span

    def fields(self) -> Iterator[Field]:
        return (entry for entry in self.entries if isinstance(entry, Field))


Node = (
    Name
    | Number
    | Quantity
    | Range
    | Text
    | Regex
    | Truth
    | Items
    | Attribute
    | Call
    | Operation
    | Phrase
    | Configured
    | Block
)


class Import(Frozen):
    path: Text
    names: tuple[Name, ...]
    span: Span


class File(Frozen):
    """`damaged` are the definitions from which something could not be read, and parts outside of any."""

    language: Number | None
    imports: tuple[Import, ...]
    definitions: tuple[Definition, ...]
    damaged: tuple[Span, ...]
