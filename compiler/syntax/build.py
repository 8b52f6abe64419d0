"""From Lark's rules to our tree: one method per rule, called while the parser reduces it."""

from __future__ import annotations

import re
from typing import Any, cast

from lark import Token

from compiler.diagnostics import Diagnostics, Fix, Label, Span, did_you_mean, listing, respelled
from compiler.syntax import tree
from compiler.syntax.operators import Row
from compiler.syntax.strings import read_string, read_text_block
from compiler.units import UNITS, WELL_WRITTEN, split_quantity

RELATED = object()  # marks what stands in a head after its columns
LARGEST = 1e15  # beyond it a float no longer tells whole numbers apart


def _number(text: str) -> float | int:
    text = text.replace("_", "")
    value = float(text)
    return value if any(mark in text for mark in ".eE") or abs(value) > LARGEST else int(text)


def _start(child: Any) -> int:
    return cast(int, child.start_pos) if isinstance(child, Token) else cast(int, child.span.start)


def _end(child: Any) -> int:
    return cast(int, child.end_pos) if isinstance(child, Token) else cast(int, child.span.end)


class Builder:
    """Children arrive built, except tokens. Punctuation is among them only where a place needs it.

    One parser serves all files, so what is being read is told by `begin`.
    """

    def __init__(self) -> None:
        self.begin("", Diagnostics())

    def begin(self, file: str, found: Diagnostics) -> None:
        self.file = file
        self.found = found

    def _value(self, digits: str, token: Token) -> float | int:
        if not WELL_WRITTEN.fullmatch(digits):
            self._odd(digits, self._at(token))
            return 0
        value = _number(digits)
        if abs(value) > LARGEST:
            self.found.error("SS118", "this number is too large", self._at(token))
            return 0
        return value

    def _odd(self, written: str, span: Span) -> None:
        digits = re.sub(r"^(-?)0+(?=\d)", r"\1", written.replace("_", ""))
        fits = WELL_WRITTEN.fullmatch(digits)
        self.found.error(
            "SS120",
            f'"{written}" is not how a number is written',
            span,
            help="A number is written 1000, 1_000, 0.5 or 1e-4; a unit follows it.",
            fix=Fix(Span(span.file, span.start, span.start + len(written)), digits, certain=False)
            if fits
            else None,
        )

    def _at(self, token: Token) -> Span:
        return Span(self.file, cast(int, token.start_pos), cast(int, token.end_pos))

    def _over(self, children: list[Any]) -> Span:
        return Span(self.file, _start(children[0]), _end(children[-1]))

    def _name(self, token: Token) -> tree.Name:
        return tree.Name(str(token), self._at(token))

    def _text(self, token: Token) -> tree.Text:
        read = read_text_block if token.type == "TEXT" else read_string
        return read(str(token), self._at(token))

    def _regex(self, token: Token) -> tree.Regex:
        return tree.Regex(str(token)[1:-1].replace("\\/", "/"), self._at(token))

    # file level

    def start(self, children: list[Any]) -> tree.File:
        language = next((c for c in children if isinstance(c, tree.Number)), None)
        imports = tuple(c for c in children if isinstance(c, tree.Import))
        definitions = tuple(c for c in children if isinstance(c, tree.Definition))
        return tree.File(language, imports, definitions, ())

    def header(self, children: list[Any]) -> tree.Number:
        return tree.Number(self._value(children[0], children[0]), self._at(children[0]))

    def import_(self, children: list[Any]) -> tree.Import:
        _, path, *names = children
        return tree.Import(self._text(path), tuple(map(self._name, names)), self._over(children))

    def definition(self, children: list[Any]) -> tree.Definition:
        kind, name, *rest, body = children
        parameters: tuple[tree.Parameter, ...] = ()
        relation: tuple[str, tree.Name] | None = None
        for part in rest:
            if part and part[0] is RELATED:
                relation = part[1:]
            else:
                parameters = part
        return tree.Definition(
            self._name(kind), self._name(name), parameters, relation, body, self._over(children)
        )

    def params(self, children: list[Any]) -> tuple[tree.Parameter, ...]:
        return tuple(children)

    def param(self, children: list[Any]) -> tree.Parameter:
        return tree.Parameter(self._name(children[0]), self._name(children[1]))

    def relation(self, children: list[Any]) -> tuple[object, str, tree.Name]:
        return RELATED, str(children[0]), self._name(children[1])

    # entries

    def block(self, children: list[Any]) -> tree.Block:
        return tree.Block(tuple(children[1:-1]), self._over(children))

    def record(self, children: list[Any]) -> tree.Block:
        return cast(tree.Block, children[0])

    def field(self, children: list[Any]) -> tree.Field:
        return tree.Field(self._name(children[0]), children[1], self._over(children))

    def reject(self, children: list[Any]) -> tree.Reject:
        return tree.Reject(self._text(children[1]), children[2], self._over(children))

    def cut_at(self, children: list[Any]) -> tree.CutAt:
        return tree.CutAt(self._text(children[1]), self._over(children))

    def cut_before(self, children: list[Any]) -> tree.CutBefore:
        return tree.CutBefore(self._regex(children[1]), self._over(children))

    def trim(self, children: list[Any]) -> tree.TrimEnds:
        return tree.TrimEnds(self._over(children))

    def example(self, children: list[Any]) -> tree.Example:
        _, verdict, *sink, block = children
        named = self._text(sink[0]) if sink else None
        return tree.Example(self._name(verdict), named, block, self._over(children))

    def allow(self, children: list[Any]) -> tree.Allow:
        _, code, word, reason, _ = children
        return tree.Allow(self._name(code), self._name(word), self._text(reason), self._over(children))

    # expressions

    def configured(self, children: list[Any]) -> tree.Configured:
        return tree.Configured(children[0], children[1], self._over(children))

    def phrase(self, children: list[Any]) -> tree.Phrase:
        head, *links = children
        span = Span(self.file, head.span.start, links[-1][1].span.end)
        return tree.Phrase(head, tuple(links), span)

    def link(self, children: list[Any]) -> tuple[str, tree.Node]:
        return str(children[0]), children[1]

    def operators(self, children: list[Any]) -> tree.Node:
        parts = [self._regex(c) if isinstance(c, Token) and c.type == "REGEX" else c for c in children]
        return Row(parts, self.file, self.found).expression()

    def attribute(self, children: list[Any]) -> tree.Attribute:
        return tree.Attribute(children[0], self._name(children[1]), self._over(children))

    def named(self, children: list[Any]) -> tuple[tree.Name, tree.Node]:
        return self._name(children[0]), children[1]

    def call(self, children: list[Any]) -> tree.Call:
        function, *arguments, _ = children
        plain = tuple(a for a in arguments if not isinstance(a, tuple))
        named = tuple(a for a in arguments if isinstance(a, tuple))
        seen: set[str] = set()
        for name, _value in named:
            if name.value in seen:
                self.found.error("SS309", f'"{name.value}" is set twice', name.span)
            seen.add(name.value)
        return tree.Call(function, plain, named, self._over(children))

    def name(self, children: list[Any]) -> tree.Name:
        return self._name(children[0])

    def quantity(self, children: list[Any]) -> tree.Quantity:
        digits, unit = split_quantity(str(children[0]))
        return tree.Quantity(self._value(digits, children[0]), unit, self._at(children[0]))

    def odd(self, children: list[Any]) -> tree.Number:
        """Not a number, or one whose unit is misspelt and stands close to it."""
        written, span = str(children[0]), self._at(children[0])
        unit = re.fullmatch(r"-?(?:[1-9]\d*|\d+\.\d+)((?![eE][\d_]*$)[A-Za-z]\w*)", written)
        if unit is None:
            self._odd(written, span)
        else:
            place = Span(span.file, span.start + unit.start(1), span.end)
            self.found.error(
                "SS114",
                f'"{unit.group(1)}" is not a unit',
                Label(place, did_you_mean(unit.group(1), UNITS)),
                help=f"Units are {listing(UNITS)}.",
                fix=respelled(place, unit.group(1), UNITS),
            )
        return tree.Number(0, span)

    def range(self, children: list[Any]) -> tree.Range:
        low, _, high = str(children[0]).partition("..")
        return tree.Range(int(low), int(high), self._at(children[0]))

    def number(self, children: list[Any]) -> tree.Number:
        return tree.Number(self._value(children[0], children[0]), self._at(children[0]))

    def text(self, children: list[Any]) -> tree.Text:
        return self._text(children[0])

    def string(self, children: list[Any]) -> tree.Text:
        return self._text(children[0])

    def regex(self, children: list[Any]) -> tree.Regex:
        return self._regex(children[0])

    def truth(self, children: list[Any]) -> tree.Truth:
        return tree.Truth(children[0] == "true", self._at(children[0]))

    def list_(self, children: list[Any]) -> tree.Items:
        return tree.Items(tuple(children[1:-1]), self._over(children))
