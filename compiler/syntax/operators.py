"""Operators and their precedence: `or` binds loosest, then `and`, `not`, comparisons and `matches`, and `+`.

The grammar reads an expression as one flat row, since a rule for each level would be reduced for every
single value. (Pratt 1973, top down operator precedence.)
"""

from __future__ import annotations

from typing import NamedTuple

from compiler.diagnostics import Diagnostics, Span
from compiler.syntax import tree


class Sign(NamedTuple):
    """An operator as it stands in the text."""

    kind: str
    written: str
    span: Span


BINDS = {"OR": 1, "AND": 2, "COMPARE": 4, "MATCHES": 4, "PLUS": 5}
NOT = 3


class Row:
    """The flat row of one expression: operands as nodes, operators as tokens."""

    def __init__(self, parts: list[tree.Node | Sign], found: Diagnostics) -> None:
        self.parts = parts
        self.at = 0
        self.found = found

    def expression(self, least: int = 0) -> tree.Node:
        """What binds at least so tightly, from here on."""
        left = self._operand()
        while self.at < len(self.parts):
            operator = self.parts[self.at]
            assert isinstance(operator, Sign)
            binds = BINDS[operator.kind]
            if binds < least:
                break
            self.at += 1
            right = self.expression(binds + 1)
            left = tree.Operation(operator.written, (left, right), left.span.to(right.span))
            if binds == BINDS["COMPARE"]:
                self._no_second_comparison()
        return left

    def _operand(self) -> tree.Node:
        first = self.parts[self.at]
        self.at += 1
        if not isinstance(first, Sign):
            return first
        inner = self.expression(NOT)
        return tree.Operation("not", (inner,), first.span.to(inner.span))

    def _no_second_comparison(self) -> None:
        """`a < b < c` has no meaning here."""
        if self.at >= len(self.parts):
            return
        following = self.parts[self.at]
        if isinstance(following, Sign) and BINDS[following.kind] == BINDS["COMPARE"]:
            self.found.error("SS116", f'"{following.written}" cannot stand here', following.span)
