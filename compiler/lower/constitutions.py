"""Constitutions: principles by name, each with a category and one sentence."""

from __future__ import annotations

from compiler.diagnostics import Label
from compiler.lower.lowering import Lowering
from compiler.plan.model import Constitution, Principle
from compiler.resolve import Symbol
from compiler.schema import PRINCIPLE
from compiler.shapes import Ref, read_block
from compiler.syntax import tree


def lower_constitution(low: Lowering, file: str, ref: Ref) -> Constitution | None:
    symbol = low.symbol(file, ref, ("constitution",), "constitution")
    if symbol is None:
        return None
    if ref.name not in low.constitutions:
        low.constitutions[ref.name] = _constitution(low, symbol)
    return low.constitutions[ref.name]


def _constitution(low: Lowering, symbol: Symbol) -> Constitution | None:
    body = low.body(symbol)
    block = symbol.definition.body
    if body is None or not body.complete or not isinstance(block, tree.Block):
        return None
    principles: dict[str, Principle] = {}
    places: dict[str, tree.Name] = {}
    texts: dict[str, str] = {}
    complete = True
    for entry in block.entries:
        if isinstance(entry, tree.Field):
            continue
        if not isinstance(entry, tree.Definition) or entry.kind.value != "principle":
            low.found.error("SS307", "only principles can stand in a constitution", entry.span)
            complete = False
            continue
        name = entry.name
        if name.value in places:
            low.found.error(
                "SS204",
                f'"{name.value}" is defined twice',
                Label(name.span),
                Label(places[name.value].span, "first here"),
            )
            complete = False
            continue
        places[name.value] = name
        principle = _principle(low, entry)
        if principle is None:
            complete = False
            continue
        same = texts.setdefault(principle.text, name.value)
        if same != name.value:
            low.found.error(
                "SS350",
                f'"{name.value}" says the same as "{same}"',
                Label(name.span),
                Label(places[same].span, "this one"),
            )
            complete = False
        principles[name.value] = principle
    if complete and not principles:
        low.found.error("SS351", "a constitution holds at least one principle", symbol.definition.name.span)
    return Constitution(principles=principles, doc=body.text("doc")) if complete and principles else None


def _principle(low: Lowering, entry: tree.Definition) -> Principle | None:
    if not isinstance(entry.body, tree.Block):
        low.found.error("SS311", "a principle is written with a block { ... }", entry.body.span)
        return None
    values = read_block(entry.body, PRINCIPLE, f'principle "{entry.name.value}"', entry.name.span, low.found)
    if not values.complete:
        return None
    return Principle(category=values.get("category").name, text=" ".join(values.text("text").split()))
