"""Constants: a value that stands in one place and is used under its name in others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from compiler.diagnostics import Label, Span
from compiler.lower.lowering import Lowering
from compiler.resolve import Symbol
from compiler.syntax import tree

VALUES = (tree.Number, tree.Quantity, tree.Text, tree.Truth, tree.Range, tree.Regex)


def _is_value(body: tree.Node) -> bool:
    if isinstance(body, tree.Items):
        return all(isinstance(item, (*VALUES, tree.Name)) for item in body.items)
    return isinstance(body, VALUES)


def fill_in_constants(low: Lowering) -> None:
    """Put each constant's value where its name stands, in every file that can see it.

    The value gets the place of the name, so that a wrong value is reported where it is used. A list within a
    list is spliced in. What stands in a list keeps its own place, and means what it means where the constant
    was written.
    """
    program = low.program
    for name, file in program.files.items():
        values: dict[str, tree.Node] = {}
        for word, symbol in program.scopes[name].items():
            if symbol.kind != "constant":
                continue
            if _is_value(symbol.definition.body):
                values[word] = symbol.definition.body
            elif symbol.file == name:
                low.found.error(
                    "SS369",
                    "a constant is a number, a quantity, a text, true or false, or a list of values or names",
                    symbol.definition.body.span,
                    help="For example constant pilot_size = 200 items.",
                )
        if values:
            filled = Filler(values, program.sources[name].text)
            program.files[name] = replace(file, definitions=tuple(map(filled.definition, file.definitions)))
            low.uses.update(filled.uses)
            for word, symbol in list(program.scopes[name].items()):
                if symbol.file == name and symbol.kind != "constant":
                    definition = next(
                        d for d in program.files[name].definitions if d.name == symbol.definition.name
                    )
                    _redefine(low, symbol.definition, definition)
                elif symbol.kind == "constant" and word in filled.used:
                    low.used.add((symbol.file, symbol.definition.name.value))
                    _bring(low, symbol, name)


def label_uses(low: Lowering) -> None:
    """What is wrong in a constant's list is reported there; where the list is used is shown beside it."""
    for number, item in enumerate(low.found.items):
        used = low.uses.get(item.labels[0].span) if item.labels else None
        if used is not None:
            low.found.items[number] = replace(item, labels=(*item.labels, Label(used, "used here")))


def _bring(low: Lowering, constant: Symbol, file: str) -> None:
    """The names in a constant's list, for a file that has no such names of its own."""
    body = constant.definition.body
    for item in body.items if isinstance(body, tree.Items) else ():
        if isinstance(item, tree.Name):
            meant = low.program.lookup(constant.file, item.value)
            if meant is not None:
                low.program.scopes[file].setdefault(item.value, meant)


def _redefine(low: Lowering, old: tree.Definition, new: tree.Definition) -> None:
    """Every file that can see a definition sees it filled in."""
    for scope in low.program.scopes.values():
        for word, symbol in scope.items():
            if symbol.definition is old:
                scope[word] = replace(symbol, definition=new)


class Filler:
    """Replaces names by values in the places where an expression can stand."""

    def __init__(self, values: Mapping[str, tree.Node], text: str) -> None:
        self.values = values
        self.text = text
        self.used: set[str] = set()
        self.uses: dict[Span, Span] = {}  # of what stands in a list: where the list is used first

    def definition(self, definition: tree.Definition) -> tree.Definition:
        """Most definitions name no constant, and stay as they are."""
        text = self.text[definition.span.start : definition.span.end]
        if not any(name in text for name in self.values):
            return definition
        return replace(definition, body=self.node(definition.body))

    def node(self, node: tree.Node) -> tree.Node:
        match node:
            case tree.Name(value=name, span=span) if name in self.values:
                self.used.add(name)
                self._uses(self.values[name], span)
                return _at(self.values[name], span)
            case tree.Items(items=items):
                return replace(node, items=tuple(part for item in items for part in self.parts(item)))
            case tree.Call(arguments=arguments, named=named):
                return replace(
                    node,
                    arguments=tuple(map(self.node, arguments)),
                    named=tuple((name, self.node(value)) for name, value in named),
                )
            case tree.Operation(operands=operands):
                return replace(node, operands=tuple(map(self.node, operands)))
            case tree.Phrase(head=head, links=links):
                return replace(
                    node, head=self.node(head), links=tuple((word, self.node(part)) for word, part in links)
                )
            case tree.Configured(head=head, settings=settings):
                return replace(node, head=self.node(head), settings=self.block(settings))
            case tree.Block():
                return self.block(node)
            case _:
                return node

    def parts(self, item: tree.Node) -> tuple[tree.Node, ...]:
        filled = self.node(item)
        if isinstance(item, tree.Name) and isinstance(filled, tree.Items):
            return filled.items
        return (filled,)

    def _uses(self, value: tree.Node, place: Span) -> None:
        for part in value.items if isinstance(value, tree.Items) else ():
            self.uses.setdefault(part.span, place)

    def block(self, block: tree.Block) -> tree.Block:
        return replace(block, entries=tuple(map(self.entry, block.entries)))

    def entry(self, entry: tree.Entry) -> tree.Entry:
        match entry:
            case tree.Field(value=value):
                return replace(entry, value=self.node(value))
            case tree.Definition():
                return self.definition(entry)
            case tree.Reject(when=when):
                return replace(entry, when=self.node(when))
            case tree.Example(block=block):
                return replace(entry, block=self.block(block))
            case _:
                return entry


def _at(node: tree.Node, span: Span) -> tree.Node:
    return replace(node, span=span)
