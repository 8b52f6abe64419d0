"""Where pieces that do not stay on one line are broken.

A bracket stays open, one element a line, where its author broke the line behind it. Other lines are
broken only where they are too wide: before the loosest operator, or else inside the last brackets.
"""

from __future__ import annotations

from collections.abc import Sequence

from compiler.format.leaves import Leaf
from compiler.format.measure import WIDTH, Widths, gap
from compiler.format.pieces import Group, Piece, first_leaf

HANGING = 4  # the indentation of a line that goes on with the one before
WORTH_OPENING = 30  # opening a narrower group leaves the line about as wide as it was
_LOOSEST_FIRST = ("WORD", "OR", "AND", "PLUS")


class Breaker:
    """Decides for one file; what was decided for a group is not decided again."""

    def __init__(self) -> None:
        self.widths = Widths()
        self._open: dict[int, bool] = {}

    def is_open(self, group: Group) -> bool:
        """Whether a group cannot be on one line, or was not by its author's choice."""
        known = self._open.get(id(group))
        if known is None:
            known = self._open[id(group)] = self._is_open(group)
        return known

    def _is_open(self, group: Group) -> bool:
        body = group.body
        if body.opening or body.dangling:
            return True
        if body.elements and first_leaf(body.elements[0].pieces[0]).newline:
            return True
        return any(
            element.leading
            or element.trailing
            or (element.blank and i > 0)
            or not self.could_be_flat(element.pieces)
            for i, element in enumerate(body.elements)
        )

    def could_be_flat(self, pieces: Sequence[Piece]) -> bool:
        return not has_comment(pieces) and not any(
            self.is_open(piece) if isinstance(piece, Group) else piece.block is not None for piece in pieces
        )

    def operators(self, pieces: Sequence[Piece], start: int, after: int) -> list[int]:
        """Places of the operators before which to break, if that is how to break these pieces.

        They begin at column `start`, and `after` columns are needed behind them.
        """
        last = pieces[-1]
        if has_comment(pieces) or (isinstance(last, Group) and last.opener.type == "LBRACE"):
            return []
        if start + self.widths.of(pieces) + after <= WIDTH:
            return []
        types = [piece.type if isinstance(piece, Leaf) else "" for piece in pieces]
        for operator in _LOOSEST_FIRST:
            found = [i for i, type in enumerate(types) if type == operator and i > 0]
            if found:
                return found
        return []

    def groups(self, pieces: Sequence[Piece], start: int, indent: int, after: int) -> set[int]:
        """Places of the groups to open, so that no line is too wide if that can be helped."""
        found = {i for i, piece in enumerate(pieces) if isinstance(piece, Group) and self.is_open(piece)}
        if self._fits(pieces, found, start, indent, after):
            return found
        ends = [start]
        for i, piece in enumerate(pieces):
            ends.append(ends[-1] + self.widths.piece(piece) + (len(gap(pieces[i - 1], piece)) if i else 0))
        for i in reversed(range(len(pieces))):
            piece = pieces[i]
            if isinstance(piece, Group) and self.widths.piece(piece) >= WORTH_OPENING:
                found.add(i)
                if ends[i] + len(" {") <= WIDTH:
                    break
        return found

    def _fits(self, pieces: Sequence[Piece], opened: set[int], start: int, indent: int, after: int) -> bool:
        column = start
        for i, piece in enumerate(pieces):
            if i and first_leaf(piece).comments:
                if column > WIDTH:
                    return False
                column = indent + HANGING
            elif i:
                column += len(gap(pieces[i - 1], piece))
            if i in opened or (isinstance(piece, Leaf) and piece.block is not None):
                if column + len("(") > WIDTH:
                    return False
                column = indent + len(")")
            else:
                column += self.widths.piece(piece)
        return column + after <= WIDTH


def has_comment(pieces: Sequence[Piece]) -> bool:
    """A comment in the middle of an element; those around it are its own."""
    return any(first_leaf(piece).comments for piece in pieces[1:])
