"""What a field may hold. A shape reads a node into a plain value or reports why it cannot.

Shapes know nothing of names: a name is read as a `Ref`, and the lowering of its block looks it up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from typing import Any, Protocol

from compiler.diagnostics import Diagnostics, Fix, Label, Span, did_you_mean, listing, respelled
from compiler.frozen import Frozen
from compiler.plan.counting import counted
from compiler.syntax import tree
from compiler.units import UNITS, dimension, in_base_unit, meant, spelling, unit_is_certain


class Bad:
    """What a shape returns when it has reported an error."""


BAD = Bad()


class Ref(Frozen):
    """A name, or names joined by dots; `last` is the place of the last of them."""

    name: str
    span: Span
    last: Span | None = None

    @property
    def end(self) -> Span:
        return self.last or self.span


class Filed(Frozen):
    """`file("path", sha256 = "...")`."""

    path: tree.Text
    sha256: tree.Text | None
    span: Span


class Shape(Protocol):
    @property
    def says(self) -> str: ...

    def read(self, node: tree.Node, found: Diagnostics) -> Any: ...


def written(node: tree.Node) -> str:
    """How a message calls what stands in the source."""
    match node:
        case tree.Name(value=name):
            return f'the name "{name}"'
        case tree.Number(value=value):
            return f"the number {value}"
        case tree.Quantity(value=value, unit=unit):
            return f"{value} {unit}"
        case tree.Range(low=low, high=high):
            return f"the range {low}..{high}"
        case tree.Text():
            return "a text"
        case tree.Regex():
            return "a regular expression"
        case tree.Truth(value=value):
            return "true" if value else "false"
        case tree.Items():
            return "a list"
        case tree.Block():
            return "a block of settings"
        case tree.Call():
            return "a call"
        case _:
            return "an expression"


def _expected(
    shape: Shape, node: tree.Node, found: Diagnostics, help: str = "", fix: Fix | None = None
) -> Bad:
    found.error("SS301", f"this must be {shape.says}, not {written(node)}", node.span, help=help, fix=fix)
    return BAD


class NumberOf(Frozen):
    """A bare number, `low` and `high` included."""

    low: float = 0.0
    high: float = float("inf")
    whole: bool = False

    @property
    def says(self) -> str:
        kind = "a whole number" if self.whole else "a number"
        return f"{kind}{_bounds(self.low, self.high)}"

    def read(self, node: tree.Node, found: Diagnostics) -> Any:
        if not isinstance(node, tree.Number):
            return _expected(self, node, found)
        if self.whole and not isinstance(node.value, int):
            return _expected(self, node, found)
        if not self.low <= node.value <= self.high:
            found.error("SS302", f"{node.value} is out of bounds: this must be {self.says}", node.span)
            return BAD
        return node.value


class QuantityOf(Frozen):
    """A number with a unit of one dimension; read in the dimension's base unit."""

    dimension: str
    low: float = 0.0
    high: float = float("inf")
    whole: bool = False

    @property
    def spelling(self) -> str:
        return spelling(self.dimension)

    @property
    def says(self) -> str:
        return f"a quantity in {self.spelling}"

    def read(self, node: tree.Node, found: Diagnostics) -> Any:
        if isinstance(node, tree.Number):
            value, text = node.value, meant(node.value, self.dimension)
            found.error(
                "SS303",
                f"{value} needs a unit here: {self.spelling}",
                Label(node.span, f"write {text}"),
                fix=Fix(node.span, text, unit_is_certain(self.dimension, value)),
            )
            return BAD
        if not isinstance(node, tree.Quantity):
            return _expected(self, node, found)
        if dimension(node.unit) != self.dimension:
            found.error("SS304", f"this must be in {self.spelling}, not in {node.unit}", node.span)
            return BAD
        value = in_base_unit(node.value, node.unit)
        if self.whole and value != int(value):
            found.error("SS302", f"this must be a whole number of {self.spelling}", node.span)
            return BAD
        if not self.low <= value <= self.high:
            shown = node.value if node.unit != "%" else f"{node.value} %"
            found.error(
                "SS302", f"{shown} is out of bounds{_bounds(self.low, self.high, node.unit)}", node.span
            )
            return BAD
        return int(value) if self.whole else float(value)


def _bounds(low: float, high: float, unit: str = "") -> str:
    factor = UNITS[unit][1] if unit else 1
    low, high = low / factor, high / factor
    tail = f" {unit}" if unit else ""
    if high == float("inf"):
        return f" of at least {low:g}{tail}" if low > 0 else ""
    return f" from {low:g} to {high:g}{tail}"


class TextOf(Frozen):
    says: str = "a text"

    def read(self, node: tree.Node, found: Diagnostics) -> Any:
        return (
            node
            if isinstance(node, tree.Text)
            else _expected(self, node, found, help="Texts stand in quotes.")
        )


class ReasonOf(Frozen):
    """Why something is so. A reader is to be told, and white space tells nothing."""

    says: str = "a text"

    def read(self, node: tree.Node, found: Diagnostics) -> Any:
        if isinstance(node, tree.Text) and not node.value.strip():
            found.error("SS364", "this reason is empty", node.span, help="Say why, or leave it out.")
            return BAD
        return TextOf().read(node, found)


class TruthOf(Frozen):
    says: str = "true or false"

    def read(self, node: tree.Node, found: Diagnostics) -> Any:
        return node.value if isinstance(node, tree.Truth) else _expected(self, node, found)


class Choice(Frozen):
    words: tuple[str, ...]

    @property
    def says(self) -> str:
        return listing(self.words).replace(" and ", " or ")

    def read(self, node: tree.Node, found: Diagnostics) -> Any:
        if not isinstance(node, tree.Name):
            return _expected(self, node, found)
        if node.value not in self.words:
            found.error(
                "SS305",
                f'"{node.value}" is not known here',
                Label(node.span, did_you_mean(node.value, self.words)),
                help=f"Write {self.says}.",
                fix=respelled(node.span, node.value, self.words),
            )
            return BAD
        return node.value


class NameOf(Frozen):
    """A reference; `what` says to what."""

    what: str

    @property
    def says(self) -> str:
        return f"the name of {self.what}"

    def read(self, node: tree.Node, found: Diagnostics) -> Any:
        return Ref(node.value, node.span) if isinstance(node, tree.Name) else _expected(self, node, found)


class PathOf(Frozen):
    """A reference that may reach into a split or another stage: `good`, `data.train`, `stage.model`."""

    what: str

    @property
    def says(self) -> str:
        return f"the name of {self.what}"

    def read(self, node: tree.Node, found: Diagnostics) -> Any:
        path = dotted(node)
        return _expected(self, node, found) if path is None else path


def dotted(node: tree.Node) -> Ref | None:
    """A name, or names joined by dots, as one reference."""
    match node:
        case tree.Name(value=value, span=span):
            return Ref(value, span)
        case tree.Attribute(of=of, name=name, span=span):
            before = dotted(of)
            return before and Ref(f"{before.name}.{name.value}", span, name.span)
        case _:
            return None


class ListOf(Frozen):
    item: Shape
    at_least: int = 0

    @property
    def says(self) -> str:
        return f"a list, each {self.item.says}"

    def read(self, node: tree.Node, found: Diagnostics) -> Any:
        if not isinstance(node, tree.Items):
            return _expected(self, node, found, help="Lists stand in [ ].")
        if len(node.items) < self.at_least:
            found.error("SS302", f"this list needs at least {counted(self.at_least, 'entry')}", node.span)
            return BAD
        values = [self.item.read(item, found) for item in node.items]
        return BAD if any(value is BAD for value in values) else tuple(values)


class Linked(Frozen):
    """A phrase: a head and, after given words, tails: `critic by model`."""

    head: Shape
    links: tuple[tuple[str, Shape], ...]

    @property
    def says(self) -> str:
        return " ".join([_hole(self.head), *(f"{word} {_hole(shape)}" for word, shape in self.links)])

    def read(self, node: tree.Node, found: Diagnostics) -> Any:
        words = tuple(word for word, _ in self.links)
        if not isinstance(node, tree.Phrase) or tuple(word for word, _ in node.links) != words:
            return _expected(self, node, found)
        values = [self.head.read(node.head, found)]
        values += [
            shape.read(part, found) for (_, shape), (_, part) in zip(self.links, node.links, strict=True)
        ]
        return BAD if any(value is BAD for value in values) else tuple(values)


def _hole(shape: Shape) -> str:
    """A shape as a gap in an example: `CRITIC by MODEL`, `NUMBER kept in STEP`."""
    if isinstance(shape, NameOf | PathOf):
        return shape.what.split()[-1].upper()
    return f"NUMBER {shape.spelling}" if isinstance(shape, QuantityOf) else shape.says


class FileOf(Frozen):
    says: str = 'file("path", sha256 = "...")'

    def read(self, node: tree.Node, found: Diagnostics) -> Any:
        if not (
            isinstance(node, tree.Call)
            and isinstance(node.function, tree.Name)
            and node.function.value == "file"
            and len(node.arguments) == 1
            and isinstance(node.arguments[0], tree.Text)
        ):
            return _expected(self, node, found)
        sha: tree.Text | None = None
        for name, value in node.named:
            if name.value != "sha256" or not isinstance(value, tree.Text):
                found.error("SS306", f'file() takes a path and sha256, not "{name.value}"', name.span)
                return BAD
            sha = value
        return Filed(node.arguments[0], sha, node.span)


class Anything(Frozen):
    """An expression whose meaning the lowering decides."""

    says: str

    def read(self, node: tree.Node, found: Diagnostics) -> Any:  # noqa: ARG002
        return node


class Setting(Frozen):
    """One field of a block: its shape, whether it must be there, and a line of documentation."""

    name: str
    shape: Shape
    doc: str
    required: bool = False


class Values(Frozen):
    """The fields of one block as read; absent and bad ones are not in it."""

    values: Mapping[str, Any]
    places: Mapping[str, Span]
    span: Span
    complete: bool = field(default=True)

    def get(self, name: str, default: Any = None) -> Any:
        return self.values.get(name, default)

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def place(self, name: str) -> Span:
        return self.places.get(name, self.span)

    def text(self, name: str) -> str:
        value = self.values.get(name)
        return value.value if isinstance(value, tree.Text) else ""


class RecordOf(Frozen):
    settings: tuple[Setting, ...]
    says: str = "a block of settings { ... }"

    def read(self, node: tree.Node, found: Diagnostics) -> Any:
        if not isinstance(node, tree.Block):
            return _expected(self, node, found)
        values = read_block(node, self.settings, "this block", node.span, found)
        return values if values.complete else BAD


def misspelt(node: tree.Node, words: Iterable[str]) -> tuple[Label, Fix | None]:
    """The name in an expression that seems to be one of these words, or else all of it."""
    words = tuple(words)
    for name in _names(node):
        fix = None if name.value in words else respelled(name.span, name.value, words)
        if fix:
            return Label(name.span, f'did you mean "{fix.text}"?'), fix
    return Label(node.span), None


def _names(node: tree.Node) -> Iterator[tree.Name]:
    match node:
        case tree.Name():
            yield node
        case tree.Operation(operands=inner):
            yield from (name for part in inner for name in _names(part))
        case tree.Phrase(head=head, links=links):
            yield from (name for part in (head, *(part for _, part in links)) for name in _names(part))
        case tree.Call(function=function, arguments=arguments, named=named):
            yield from _names(function)
            yield from (name for word, _ in named for name in (word,))
            yield from (name for part in arguments for name in _names(part))
        case _:
            return


def _no_field(entry: tree.Entry, owner: str, found: Diagnostics) -> None:
    """Something that stands among fields; `compare = tuned ovr raw { ... }` reads as a field and a block."""
    word = entry.kind if isinstance(entry, tree.Definition) else None
    fix = None
    if word is not None:
        from compiler.syntax.grammar import tables  # only where something is wrong

        joining = [one for one, kinds in tables().words.items() if "WORD" in kinds]
        fix = respelled(word.span, word.value, joining)
    found.error(
        "SS307",
        f"only fields can stand in {owner}",
        Label(word.span, f'did you mean "{fix.text}"?') if word and fix else entry.span,
        fix=fix,
    )


def read_block(
    block: tree.Block,
    settings: tuple[Setting, ...],
    owner: str,
    owner_span: Span,
    found: Diagnostics,
    only_fields: bool = True,
) -> Values:
    """Read the fields of a block by its settings; unknown, repeated and missing ones are errors.

    Where other entries may stand (steps, rule statements), `only_fields` is off and the caller reads them.
    """
    known = {setting.name: setting for setting in settings}
    values: dict[str, Any] = {}
    places: dict[str, Span] = {}
    complete = True
    meant: set[str] = set()  # fields that a misspelt one seems to be
    named = {entry.name.value for entry in block.entries if isinstance(entry, tree.Field)}
    for entry in block.entries:
        if not isinstance(entry, tree.Field):
            if only_fields:
                _no_field(entry, owner, found)
                complete = False
            continue
        name = entry.name.value
        if name not in known:
            fix = respelled(entry.name.span, name, known.keys() - named)
            found.error(
                "SS308",
                f'{owner} has no field "{name}"',
                Label(entry.name.span, did_you_mean(name, known)),
                help=f"It has {listing(known)}.",
                fix=fix,
            )
            complete = False
            meant.add(fix.text if fix else "")
            continue
        if name in places:
            found.error(
                "SS309", f'"{name}" is set twice', Label(entry.name.span), Label(places[name], "first here")
            )
            continue
        places[name] = entry.value.span
        value = known[name].shape.read(entry.value, found)
        if value is BAD:
            complete = False
        else:
            values[name] = value
    for setting in settings:
        if not setting.required or setting.name in places:
            continue
        complete = False
        if setting.name not in meant:
            found.error(
                "SS310",
                f'{owner} needs the field "{setting.name}"',
                owner_span,
                help=f"{setting.name} is {setting.shape.says}: {setting.doc}",
            )
    return Values(values, places, block.span, complete)
