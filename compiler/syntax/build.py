"""From Lark's tree to ours. Lark cannot pass places to callbacks while it parses, so it runs after."""

from __future__ import annotations

from typing import Any, cast

from lark import Token, Transformer, v_args

from compiler.diagnostics import Diagnostics, Span
from compiler.syntax import tree
from compiler.syntax.strings import read_string, read_text_block
from compiler.units import split_quantity

RELATED = object()  # marks what stands in a head after its columns
LARGEST = 1e15  # beyond it a float no longer tells whole numbers apart


def _number(text: str) -> float | int:
    text = text.replace("_", "")
    value = float(text)
    return value if any(mark in text for mark in ".eE") or abs(value) > LARGEST else int(text)


@v_args(meta=True)
class Builder(Transformer):  # type: ignore[type-arg]
    """One method per grammar rule; children arrive built, except tokens."""

    def __init__(self, file: str, found: Diagnostics) -> None:
        super().__init__()
        self.file = file
        self.found = found

    def _value(self, digits: str, token: Token) -> float | int:
        value = _number(digits)
        if abs(value) > LARGEST:
            self.found.error("SS118", "this number is too large", self._at(token))
            return 0
        return value

    def _span(self, meta: Any) -> Span:
        return Span(self.file, meta.start_pos, meta.end_pos)

    def _at(self, token: Token) -> Span:
        return Span(self.file, cast(int, token.start_pos), cast(int, token.end_pos))

    def _name(self, token: Token) -> tree.Name:
        return tree.Name(str(token), self._at(token))

    def _text(self, token: Token) -> tree.Text:
        read = read_text_block if token.type == "TEXT" else read_string
        return read(str(token), self._at(token))

    def _regex(self, token: Token) -> tree.Regex:
        return tree.Regex(str(token)[1:-1].replace("\\/", "/"), self._at(token))

    # file level

    def start(self, meta: Any, children: list[Any]) -> tree.File:  # noqa: ARG002
        language = next((c for c in children if isinstance(c, tree.Number)), None)
        imports = tuple(c for c in children if isinstance(c, tree.Import))
        definitions = tuple(c for c in children if isinstance(c, tree.Definition))
        return tree.File(language, imports, definitions, ())

    def header(self, meta: Any, children: list[Any]) -> tree.Number:  # noqa: ARG002
        return tree.Number(self._value(children[0], children[0]), self._at(children[0]))

    def import_(self, meta: Any, children: list[Any]) -> tree.Import:
        path, *names = children
        return tree.Import(self._text(path), tuple(map(self._name, names)), self._span(meta))

    def definition(self, meta: Any, children: list[Any]) -> tree.Definition:
        kind, name, *rest, body = children
        parameters = next((c for c in rest if isinstance(c, tuple) and c and c[0] is not RELATED), ())
        relation = next((c[1:] for c in rest if isinstance(c, tuple) and c and c[0] is RELATED), None)
        return tree.Definition(
            self._name(kind), self._name(name), parameters, relation, self._node(body), self._span(meta)
        )

    def params(self, meta: Any, children: list[Any]) -> tuple[tree.Parameter, ...]:  # noqa: ARG002
        return tuple(c for c in children if c is not None)

    def param(self, meta: Any, children: list[Any]) -> tree.Parameter:  # noqa: ARG002
        return tree.Parameter(self._name(children[0]), self._name(children[1]))

    def relation(self, meta: Any, children: list[Any]) -> tuple[object, str, tree.Name]:  # noqa: ARG002
        return RELATED, str(children[0]), self._name(children[1])

    # entries

    def block(self, meta: Any, children: list[Any]) -> tree.Block:
        return tree.Block(tuple(children), self._span(meta))

    def record(self, meta: Any, children: list[Any]) -> tree.Block:  # noqa: ARG002
        return cast(tree.Block, children[0])

    def field(self, meta: Any, children: list[Any]) -> tree.Field:
        return tree.Field(self._name(children[0]), self._node(children[1]), self._span(meta))

    def reject(self, meta: Any, children: list[Any]) -> tree.Reject:
        return tree.Reject(self._text(children[0]), self._node(children[1]), self._span(meta))

    def cut_at(self, meta: Any, children: list[Any]) -> tree.CutAt:
        return tree.CutAt(self._text(children[0]), self._span(meta))

    def cut_before(self, meta: Any, children: list[Any]) -> tree.CutBefore:
        return tree.CutBefore(self._regex(children[0]), self._span(meta))

    def trim(self, meta: Any, children: list[Any]) -> tree.TrimEnds:  # noqa: ARG002
        return tree.TrimEnds(self._span(meta))

    def example(self, meta: Any, children: list[Any]) -> tree.Example:
        verdict, *sink, block = children
        named = [s for s in sink if s is not None]
        return tree.Example(
            self._name(verdict), self._text(named[0]) if named else None, block, self._span(meta)
        )

    def allow(self, meta: Any, children: list[Any]) -> tree.Allow:
        code, word, reason = children
        return tree.Allow(self._name(code), self._name(word), self._text(reason), self._span(meta))

    # expressions

    def _node(self, child: Any) -> tree.Node:
        return self._name(child) if isinstance(child, Token) else cast(tree.Node, child)

    def configured(self, meta: Any, children: list[Any]) -> tree.Configured:
        return tree.Configured(self._node(children[0]), children[1], self._span(meta))

    def phrase(self, meta: Any, children: list[Any]) -> tree.Phrase:
        return tree.Phrase(self._node(children[0]), tuple(children[1:]), self._span(meta))

    def link(self, meta: Any, children: list[Any]) -> tuple[str, tree.Node]:  # noqa: ARG002
        return str(children[0]), self._node(children[1])

    def _operation(self, op: str, meta: Any, operands: list[Any]) -> tree.Operation:
        return tree.Operation(op, tuple(map(self._node, operands)), self._span(meta))

    def or_(self, meta: Any, children: list[Any]) -> tree.Operation:
        return self._operation("or", meta, children)

    def and_(self, meta: Any, children: list[Any]) -> tree.Operation:
        return self._operation("and", meta, children)

    def not_(self, meta: Any, children: list[Any]) -> tree.Operation:
        return self._operation("not", meta, children)

    def compare(self, meta: Any, children: list[Any]) -> tree.Operation:
        left, op, right = children
        return self._operation(str(op), meta, [left, right])

    def matches(self, meta: Any, children: list[Any]) -> tree.Operation:
        return self._operation("matches", meta, [children[0], self._regex(children[1])])

    def plus(self, meta: Any, children: list[Any]) -> tree.Operation:
        return self._operation("+", meta, children)

    def attribute(self, meta: Any, children: list[Any]) -> tree.Attribute:
        return tree.Attribute(self._node(children[0]), self._name(children[1]), self._span(meta))

    def named(self, meta: Any, children: list[Any]) -> tuple[tree.Name, tree.Node]:  # noqa: ARG002
        return self._name(children[0]), self._node(children[1])

    def call(self, meta: Any, children: list[Any]) -> tree.Call:
        function, *arguments = [c for c in children if c is not None]
        plain = tuple(self._node(a) for a in arguments if not isinstance(a, tuple))
        named = tuple(a for a in arguments if isinstance(a, tuple))
        seen: set[str] = set()
        for name, _ in named:
            if name.value in seen:
                self.found.error("SS309", f'"{name.value}" is set twice', name.span)
            seen.add(name.value)
        return tree.Call(self._node(function), plain, named, self._span(meta))

    def name(self, meta: Any, children: list[Any]) -> tree.Name:  # noqa: ARG002
        return self._name(children[0])

    def quantity(self, meta: Any, children: list[Any]) -> tree.Quantity:
        digits, unit = split_quantity(str(children[0]))
        return tree.Quantity(self._value(digits, children[0]), unit, self._span(meta))

    def range(self, meta: Any, children: list[Any]) -> tree.Range:
        low, _, high = str(children[0]).partition("..")
        return tree.Range(int(low), int(high), self._span(meta))

    def number(self, meta: Any, children: list[Any]) -> tree.Number:
        return tree.Number(self._value(children[0], children[0]), self._span(meta))

    def text(self, meta: Any, children: list[Any]) -> tree.Text:  # noqa: ARG002
        return self._text(children[0])

    def string(self, meta: Any, children: list[Any]) -> tree.Text:  # noqa: ARG002
        return self._text(children[0])

    def regex(self, meta: Any, children: list[Any]) -> tree.Regex:  # noqa: ARG002
        return self._regex(children[0])

    def truth(self, meta: Any, children: list[Any]) -> tree.Truth:
        return tree.Truth(children[0] == "true", self._span(meta))

    def list_(self, meta: Any, children: list[Any]) -> tree.Items:
        return tree.Items(tuple(self._node(c) for c in children if c is not None), self._span(meta))
