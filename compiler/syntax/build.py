"""From tokens and rules to our tree: one method per kind of token and per rule, called as they are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from compiler.diagnostics import Diagnostics, Fix, Label, Span, did_you_mean, listing, respelled
from compiler.syntax import tree
from compiler.syntax.operators import Row, Sign
from compiler.syntax.strings import string_value
from compiler.units import UNITS, WELL_WRITTEN, split_quantity

RELATED = object()  # marks what stands in a head after its columns
LARGEST = 1e15  # beyond it a float no longer tells whole numbers apart
SIGNS = ("OR", "AND", "NOT", "MATCHES", "PLUS", "COMPARE")
# These have a place and no value of their own: where an entry, a list, a block or a call begins or ends.
EDGES = (
    *("LANGUAGE", "FROM", "REJECT", "CUT", "TRIM", "EXAMPLE", "ALLOW"),
    *("LBRACE", "RBRACE", "LSQB", "RSQB", "RPAR"),
)


def _number(text: str) -> float | int:
    text = text.replace("_", "")
    value = float(text)
    return value if any(mark in text for mark in ".eE") or abs(value) > LARGEST else int(text)


class Builder:
    """Values of tokens of one place are spans, or nodes. What is being read is told by `begin`."""

    def __init__(self) -> None:
        self.begin("", Diagnostics())

    def begin(self, file: str, found: Diagnostics, meant: Mapping[str, str] | None = None) -> None:
        """`meant` are misspelt words, and the words that they are read as."""
        self.file = file
        self.found = found
        self.meant = meant or {}

    def tokens(self) -> dict[str, Callable[[str, int, int], Any]]:
        """What makes a value of a token, by its kind."""
        return {
            **dict.fromkeys(EDGES, self._edge),
            **{kind: self._sign(kind) for kind in SIGNS},
            "NAME": self._name,
            "WORD": self._word,
            "RELATION": self._word,
            "STRING": self._text,
            "TEXT": self._text,
            "REGEX": self._regex,
            "NUMBER": self._number,
            "QUANTITY": self._quantity,
            "RANGE": self._range,
            "ODD": self._not_a_number,
            "TRUTH": self._truth,
        }

    def rule(self, name: str) -> Callable[[Sequence[Any]], Any]:
        """What makes a value of a rule's children, by the rule's name."""
        return cast(Callable[[Sequence[Any]], Any], getattr(self, name))

    def _edge(self, _: str, start: int, end: int) -> Span:
        return Span(self.file, start, end)

    def _sign(self, kind: str) -> Callable[[str, int, int], Sign]:
        def sign(written: str, start: int, end: int) -> Sign:
            return Sign(kind, self.meant.get(written, written), Span(self.file, start, end))

        return sign

    def _name(self, written: str, start: int, end: int) -> tree.Name:
        return tree.Name(written, Span(self.file, start, end))

    def _word(self, written: str, _start: int, _end: int) -> str:
        return self.meant.get(written, written)

    def _text(self, written: str, start: int, end: int) -> tree.Text:
        return tree.Text(string_value(written), Span(self.file, start, end), written)

    def _regex(self, written: str, start: int, end: int) -> tree.Regex:
        return tree.Regex(written[1:-1].replace("\\/", "/"), Span(self.file, start, end))

    def _truth(self, written: str, start: int, end: int) -> tree.Truth:
        return tree.Truth(self.meant.get(written, written) == "true", Span(self.file, start, end))

    # numbers

    def _number(self, written: str, start: int, end: int) -> tree.Number:
        span = Span(self.file, start, end)
        return tree.Number(self._value(written, span), span)

    def _quantity(self, written: str, start: int, end: int) -> tree.Quantity:
        digits, unit = split_quantity(written)
        span = Span(self.file, start, end)
        return tree.Quantity(self._value(digits, span), unit, span)

    def _range(self, written: str, start: int, end: int) -> tree.Range:
        low, _, high = written.partition("..")
        return tree.Range(int(low), int(high), Span(self.file, start, end))

    def _value(self, digits: str, span: Span) -> float | int:
        if not WELL_WRITTEN.fullmatch(digits):
            self._odd(digits, span)
            return 0
        value = _number(digits)
        if abs(value) > LARGEST:
            self.found.error("SS118", "this number is too large", span)
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

    def _not_a_number(self, written: str, start: int, end: int) -> tree.Number:
        """Not a number, or one whose unit is misspelt and stands close to it."""
        span = Span(self.file, start, end)
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

    # file level

    def start(self, children: Sequence[Any]) -> tree.File:
        language = next((c for c in children if isinstance(c, tree.Number)), None)
        imports = tuple(c for c in children if isinstance(c, tree.Import))
        definitions = tuple(c for c in children if isinstance(c, tree.Definition))
        return tree.File(language, imports, definitions, ())

    def header(self, children: Sequence[Any]) -> tree.Number:
        return cast(tree.Number, children[1])

    def import_(self, children: Sequence[Any]) -> tree.Import:
        begin, path, *names = children
        return tree.Import(path, tuple(names), begin.to(names[-1].span))

    def definition(self, children: Sequence[Any]) -> tree.Definition:
        kind, name, *rest, body = children
        parameters: tuple[tree.Parameter, ...] = ()
        relation: tuple[str, tree.Name] | None = None
        for part in rest:
            if part and part[0] is RELATED:
                relation = part[1:]
            else:
                parameters = part
        return tree.Definition(kind, name, parameters, relation, body, kind.span.to(body.span))

    def params(self, children: Sequence[Any]) -> tuple[tree.Parameter, ...]:
        return tuple(children)

    def param(self, children: Sequence[Any]) -> tree.Parameter:
        return tree.Parameter(children[0], children[1])

    def relation(self, children: Sequence[Any]) -> tuple[object, str, tree.Name]:
        return RELATED, children[0], children[1]

    # entries

    def block(self, children: Sequence[Any]) -> tree.Block:
        return tree.Block(tuple(children[1:-1]), children[0].to(children[-1]))

    def field(self, children: Sequence[Any]) -> tree.Field:
        name, value = children
        return tree.Field(name, value, name.span.to(value.span))

    def reject(self, children: Sequence[Any]) -> tree.Reject:
        begin, name, when = children
        return tree.Reject(name, when, begin.to(when.span))

    def cut_at(self, children: Sequence[Any]) -> tree.CutAt:
        return tree.CutAt(children[1], children[0].to(children[1].span))

    def cut_before(self, children: Sequence[Any]) -> tree.CutBefore:
        return tree.CutBefore(children[1], children[0].to(children[1].span))

    def trim(self, children: Sequence[Any]) -> tree.TrimEnds:
        return tree.TrimEnds(children[0])

    def example(self, children: Sequence[Any]) -> tree.Example:
        begin, verdict, *sink, block = children
        return tree.Example(verdict, sink[0] if sink else None, block, begin.to(block.span))

    def allow(self, children: Sequence[Any]) -> tree.Allow:
        begin, code, word, reason, end = children
        return tree.Allow(code, word, reason, begin.to(end))

    # expressions

    def configured(self, children: Sequence[Any]) -> tree.Configured:
        head, settings = children
        return tree.Configured(head, settings, head.span.to(settings.span))

    def phrase(self, children: Sequence[Any]) -> tree.Phrase:
        head, *links = children
        return tree.Phrase(head, tuple(links), head.span.to(links[-1][1].span))

    def link(self, children: Sequence[Any]) -> tuple[str, tree.Node]:
        return children[0], children[1]

    def operators(self, children: Sequence[Any]) -> tree.Node:
        return Row(list(children), self.found).expression()

    def attribute(self, children: Sequence[Any]) -> tree.Attribute:
        of, name = children
        return tree.Attribute(of, name, of.span.to(name.span))

    def named(self, children: Sequence[Any]) -> tuple[tree.Name, tree.Node]:
        return children[0], children[1]

    def call(self, children: Sequence[Any]) -> tree.Call:
        function, *arguments, end = children
        plain = tuple(a for a in arguments if not isinstance(a, tuple))
        named = tuple(a for a in arguments if isinstance(a, tuple))
        seen: set[str] = set()
        for name, _value in named:
            if name.value in seen:
                self.found.error("SS309", f'"{name.value}" is set twice', name.span)
            seen.add(name.value)
        return tree.Call(function, plain, named, function.span.to(end))

    def list_(self, children: Sequence[Any]) -> tree.Items:
        return tree.Items(tuple(children[1:-1]), children[0].to(children[-1]))
