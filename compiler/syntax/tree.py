"""The tree that parsing yields: every node knows its place in the source.

Nodes are made by the thousand, so their methods are generated and not those of `Frozen`: dearer to declare,
quicker to make.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from compiler.diagnostics import Span


@dataclass(frozen=True)
class Name:
    value: str
    span: Span


@dataclass(frozen=True)
class Number:
    value: float | int
    span: Span


@dataclass(frozen=True)
class Quantity:
    """`value` as written, not yet in a base unit."""

    value: float | int
    unit: str
    span: Span


@dataclass(frozen=True)
class Range:
    """`low..high`, both included."""

    low: int
    high: int
    span: Span


@dataclass(frozen=True)
class Text:
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


@dataclass(frozen=True)
class Regex:
    pattern: str
    span: Span


@dataclass(frozen=True)
class Truth:
    value: bool
    span: Span


@dataclass(frozen=True)
class Items:
    items: tuple[Node, ...]
    span: Span


@dataclass(frozen=True)
class Attribute:
    of: Node
    name: Name
    span: Span


@dataclass(frozen=True)
class Call:
    function: Node
    arguments: tuple[Node, ...]
    named: tuple[tuple[Name, Node], ...]
    span: Span


@dataclass(frozen=True)
class Operation:
    """`or`, `and`, `not`, `+`, `matches` or a comparison."""

    op: str
    operands: tuple[Node, ...]
    span: Span


@dataclass(frozen=True)
class Phrase:
    """`head word expression word expression ...`, as in `critic by model`."""

    head: Node
    links: tuple[tuple[str, Node], ...]
    span: Span


@dataclass(frozen=True)
class Configured:
    """An expression followed by a block of settings."""

    head: Node
    settings: Block
    span: Span


@dataclass(frozen=True)
class Field:
    name: Name
    value: Node
    span: Span


@dataclass(frozen=True)
class Parameter:
    name: Name
    type: Name


@dataclass(frozen=True)
class Definition:
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


@dataclass(frozen=True)
class Reject:
    name: Text
    when: Node
    span: Span


@dataclass(frozen=True)
class CutAt:
    literal: Text
    span: Span


@dataclass(frozen=True)
class CutBefore:
    pattern: Regex
    span: Span


@dataclass(frozen=True)
class TrimEnds:
    span: Span


@dataclass(frozen=True)
class Example:
    """`example keep {...}` or `example reject "sink" {...}`."""

    verdict: Name
    sink: Text | None
    block: Block
    span: Span


@dataclass(frozen=True)
class Allow:
    """`allow(CODE, because = "...")`: a warning that may stand."""

    code: Name
    word: Name
    reason: Text
    span: Span


Entry = Field | Definition | Reject | CutAt | CutBefore | TrimEnds | Example | Allow


@dataclass(frozen=True)
class Block:
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


@dataclass(frozen=True)
class Import:
    path: Text
    names: tuple[Name, ...]
    span: Span


@dataclass(frozen=True)
class File:
    """`damaged` are the definitions from which something could not be read, and parts outside of any."""

    language: Number | None
    imports: tuple[Import, ...]
    definitions: tuple[Definition, ...]
    damaged: tuple[Span, ...]
