"""The tree that parsing yields: every node knows its place in the source."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.diagnostics import Span
from compiler.frozen import Plentiful
from compiler.syntax.strings import string_places


class Name(Plentiful):
    value: str
    span: Span


class Number(Plentiful):
    value: float | int
    span: Span


class Quantity(Plentiful):
    """`value` as written, not yet in a base unit."""

    value: float | int
    unit: str
    span: Span


class Range(Plentiful):
    """`low..high`, both included."""

    low: int
    high: int
    span: Span


class Text(Plentiful):
    """A string: what it means, and how it is `written`, with its quotes."""

    value: str
    span: Span
    written: str

    def place(self, start: int, end: int | None = None) -> Span:
        """The source place of characters `start` up to `end` of the value."""
        places = string_places(self.written)
        if not places:
            return self.span
        first = places[min(start, len(places) - 1)]
        last = places[min(max((end or start + 1) - 1, start), len(places) - 1)]
        return Span(self.span.file, self.span.start + first, self.span.start + last + 1)


class Regex(Plentiful):
    pattern: str
    span: Span


class Truth(Plentiful):
    value: bool
    span: Span


class Items(Plentiful):
    items: tuple[Node, ...]
    span: Span


class Attribute(Plentiful):
    of: Node
    name: Name
    span: Span


class Call(Plentiful):
    function: Node
    arguments: tuple[Node, ...]
    named: tuple[tuple[Name, Node], ...]
    span: Span


class Operation(Plentiful):
    """`or`, `and`, `not`, `+`, `matches` or a comparison."""

    op: str
    operands: tuple[Node, ...]
    span: Span


class Phrase(Plentiful):
    """`head word expression word expression ...`, as in `critic by model`."""

    head: Node
    links: tuple[tuple[str, Node], ...]
    span: Span


class Configured(Plentiful):
    """An expression followed by a block of settings."""

    head: Node
    settings: Block
    span: Span


class Field(Plentiful):
    name: Name
    value: Node
    span: Span


class Parameter(Plentiful):
    name: Name
    type: Name


class Definition(Plentiful):
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


class Reject(Plentiful):
    name: Text
    when: Node
    span: Span


class CutAt(Plentiful):
    literal: Text
    span: Span


class CutBefore(Plentiful):
    pattern: Regex
    span: Span


class TrimEnds(Plentiful):
    span: Span


class Example(Plentiful):
    """`example keep {...}` or `example reject "sink" {...}`."""

    verdict: Name
    sink: Text | None
    block: Block
    span: Span


class Allow(Plentiful):
    """`allow(CODE, because = "...")`: a warning that may stand."""

    code: Name
    word: Name
    reason: Text
    span: Span


Entry = Field | Definition | Reject | CutAt | CutBefore | TrimEnds | Example | Allow


class Block(Plentiful):
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


class Import(Plentiful):
    path: Text
    names: tuple[Name, ...]
    span: Span


class File(Plentiful):
    """`damaged` are the definitions from which something could not be read, and parts outside of any."""

    language: Number | None
    imports: tuple[Import, ...]
    definitions: tuple[Definition, ...]
    damaged: tuple[Span, ...]
