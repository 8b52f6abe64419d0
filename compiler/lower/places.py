"""Where everything that a plan holds stands in the source: steps, definitions, and each of their fields."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.diagnostics import Span
from compiler.lower.lowering import Lowering
from compiler.resolve import profiles_name
from compiler.syntax import tree

Place = tuple[str, Span]


def all_places(low: Lowering, profile: str) -> dict[str, Span]:
    """Places by name: `stage.step` and `stage.step.field` for steps, `critic name.field` for definitions.

    Fields inside of others are joined by dots, entries of lists have a number: `methods[0].given`.
    """
    symbols = [symbol for _, symbol in sorted(low.owners.items())]
    bound = low.program.lookup(profiles_name(low.program), profile)
    places = dict(low.places)
    for symbol in [*symbols, *([bound] if bound else [])]:
        definition = symbol.definition
        name = f"{symbol.kind} {definition.name.value}"
        places[name] = definition.name.span
        places.update(_within(name, definition.body))
        if symbol.kind == "stage" and isinstance(definition.body, tree.Block):
            for step in definition.body.entries:
                if isinstance(step, tree.Definition):
                    places.update(_within(f"{definition.name.value}.{step.name.value}", step.body))
    return places


def _within(owner: str, node: tree.Node) -> Iterator[Place]:
    match node:
        case tree.Block():
            yield from _entries(owner, node)
        case tree.Items(items=items):
            for number, item in enumerate(items):
                yield f"{owner}[{number}]", item.span
                yield from _within(f"{owner}[{number}]", item)
        case tree.Configured(settings=settings):
            yield from _entries(owner, settings)


def _entries(owner: str, block: tree.Block) -> Iterator[Place]:
    statements = 0
    for entry in block.entries:
        match entry:
            case tree.Field(name=name, value=value):
                yield f"{owner}.{name.value}", name.span
                yield from _within(f"{owner}.{name.value}", value)
            case tree.Definition(kind=tree.Name(value="model"), name=name, body=body):
                yield f"{owner}.models.{name.value}", name.span
                yield from _within(f"{owner}.models.{name.value}", body)
            case tree.Reject() | tree.CutAt() | tree.CutBefore() | tree.TrimEnds():
                yield f"{owner}.statements[{statements}]", entry.span
                statements += 1
