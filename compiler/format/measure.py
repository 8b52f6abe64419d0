"""Pieces on one line: the space between them, their text, and how wide it is.

The width knows nothing of how the author laid a thing out, so that formatting twice measures the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from compiler.format.leaves import Leaf
from compiler.format.pieces import Group, Piece, first_leaf

WIDTH = 110
_HASH = re.compile(r'"[0-9a-f]{40,}"')
_HASH_WIDTH = 14


def gap(before: Piece, piece: Piece) -> str:
    leaf = first_leaf(piece)
    if leaf.type in ("COMMA", "DOT", "COLON") or (isinstance(before, Leaf) and before.type == "DOT"):
        return ""
    return "" if isinstance(piece, Group) and piece.kind == "call" else " "


def flat(pieces: Sequence[Piece]) -> str:
    parts: list[str] = []
    for i, piece in enumerate(pieces):
        if i:
            parts.append(gap(pieces[i - 1], piece))
        parts.append(piece.text if isinstance(piece, Leaf) else _flat_group(piece))
    return "".join(parts)


def _flat_group(group: Group) -> str:
    inner = ", ".join(flat(element.pieces) for element in group.body.elements)
    space = " " * padding(group)
    return f"{group.opener.text}{space}{inner}{space}{group.closer.text}"


def padding(group: Group) -> int:
    """Spaces inside of each bracket of a group on one line."""
    return 1 if group.opener.type == "LBRACE" and group.body.elements else 0


class Widths:
    """Widths of groups, each measured once."""

    def __init__(self) -> None:
        self._groups: dict[int, int] = {}

    def of(self, pieces: Sequence[Piece], in_call: bool = False) -> int:
        spaces = sum(len(gap(pieces[i - 1], pieces[i])) for i in range(1, len(pieces)))
        return spaces + sum(self.piece(piece, in_call) for piece in pieces)

    def piece(self, piece: Piece, in_call: bool = False) -> int:
        if isinstance(piece, Group):
            known = self._groups.get(id(piece))
            if known is None:
                known = self._groups[id(piece)] = self._group(piece)
            return known
        if piece.block is not None:
            return WIDTH
        if in_call and _HASH.fullmatch(piece.text):
            return _HASH_WIDTH  # nobody reads it, so nobody gains by a line of its own for it
        return len(piece.text)

    def _group(self, group: Group) -> int:
        elements = group.body.elements
        inner = sum(self.of(element.pieces, group.kind == "call") for element in elements)
        return 2 + 2 * padding(group) + inner + 2 * max(len(elements) - 1, 0)
