"""Leaves as nested brackets: a body holds elements, an element pieces, and a piece is a leaf or a group.

Comments find their element here: on its last line, or on lines of their own before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from compiler.format.leaves import END, Comment, Leaf
from compiler.frozen import Frozen

Kind = Literal["block", "record", "list", "call", "parentheses"]

OPENS = {"LBRACE": "RBRACE", "LSQB": "RSQB", "LPAR": "RPAR"}
_OPERANDS = frozenset({"ALLOW", "NAME", "STRING", "TEXT", "NUMBER", "QUANTITY", "REGEX", "TRUTH"})


@dataclass(slots=True)
class Element:
    """An entry of a block, an item of a list, an argument, or what stands at the top of a file."""

    pieces: tuple[Piece, ...]
    leading: tuple[Comment, ...]
    blank: bool
    trailing: Comment | None = None


class Body(Frozen):
    """`opening` stands behind the bracket that opens the body, `dangling` before the one that closes it."""

    elements: tuple[Element, ...]
    opening: Comment | None
    dangling: tuple[Comment, ...]


class Group(Frozen):
    opener: Leaf
    kind: Kind
    body: Body
    closer: Leaf


Piece = Leaf | Group


def first_leaf(piece: Piece) -> Leaf:
    return piece.opener if isinstance(piece, Group) else piece


def read_body(leaves: Sequence[Leaf]) -> Body:
    """The whole file."""
    return _Reader(leaves).body(END)


class _Reader:
    def __init__(self, leaves: Sequence[Leaf]) -> None:
        self.leaves = leaves
        self.at = 0

    def body(self, closes: str) -> Body:
        """Elements up to the leaf that closes them, which stays to be read."""
        elements: list[Element] = []
        opening: Comment | None = None
        pending: list[Comment] = []
        blank = False  # before a comma, which is about to go
        while True:
            leaf = self.leaves[self.at]
            for comment in leaf.comments:
                if comment.own_line or pending:
                    pending.append(comment)
                elif elements and elements[-1].trailing is None:
                    elements[-1].trailing = comment
                elif not elements and opening is None:
                    opening = comment
                else:
                    pending.append(comment)
            if leaf.type == closes:
                return Body(tuple(elements), opening, tuple(pending))
            if leaf.type == "COMMA":
                blank = leaf.blank
                self.at += 1
                continue
            pieces = tuple(self.pieces(closes))
            elements.append(Element(pieces, tuple(pending), leaf.blank or blank))
            pending, blank = [], False

    def pieces(self, closes: str) -> Iterator[Piece]:
        """The pieces of one element. Only in an import, at the top of a file, are commas among them."""
        before: Piece | None = None
        while True:
            leaf = self.leaves[self.at]
            if leaf.type == closes or (leaf.type == "COMMA" and closes != END):
                return
            if before is not None and leaf.starts_entry:
                return
            before = self.group(before) if leaf.type in OPENS else self.leaf()
            yield before

    def leaf(self) -> Leaf:
        self.at += 1
        return self.leaves[self.at - 1]

    def group(self, before: Piece | None) -> Group:
        opener = self.leaf()
        body = self.body(OPENS[opener.type])
        return Group(opener, _kind(opener, before), body, self.leaf())


def _kind(opener: Leaf, before: Piece | None) -> Kind:
    if opener.type == "LSQB":
        return "list"
    after_operand = isinstance(before, Group) or (before is not None and before.type in _OPERANDS)
    if opener.type == "LPAR":
        return "call" if after_operand else "parentheses"
    return "block" if after_operand else "record"
