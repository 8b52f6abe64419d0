"""What of an element stands in a column of its own: names before `=`, `reject "..."`, `from "..."`."""

from __future__ import annotations

from collections.abc import Sequence

from compiler.format.breaking import Breaker
from compiler.format.leaves import Leaf
from compiler.format.measure import flat
from compiler.format.pieces import Element, Group, Piece, first_leaf
from compiler.frozen import Frozen


class Head(Frozen):
    """Cells that are aligned with those of neighbours of the same `table`, and the pieces after them."""

    table: str
    cells: tuple[str, ...]
    rest: tuple[Piece, ...]


def head(element: Element, breaker: Breaker, room: int) -> Head:
    """The head of an element that has `room` columns to be on one line."""
    pieces = element.pieces
    table, cuts = _cuts(pieces, breaker, room)
    if cuts and breaker.could_be_flat(pieces[: cuts[-1]]) and not first_leaf(pieces[cuts[-1]]).comments:
        cells = (flat(pieces[start:end]) for start, end in zip((0, *cuts), cuts, strict=False))
        return Head(table, tuple(cells), pieces[cuts[-1] :])
    return Head("", (), pieces)


def _cuts(pieces: Sequence[Piece], breaker: Breaker, room: int) -> tuple[str, tuple[int, ...]]:
    """The table of an element, and where each of its cells ends."""
    types = [piece.type if isinstance(piece, Leaf) else "" for piece in pieces]
    last = pieces[-1]
    if types[0] in ("FROM", "REJECT"):
        return types[0], (2,)
    if types[0] == "EXAMPLE":
        return types[0], (len(pieces) - 1,)
    if "EQUAL" in types[1:]:
        return "FIELD", (types.index("EQUAL", 1),)
    if types[:2] == ["NAME", "NAME"] and isinstance(last, Group) and breaker.could_be_flat(pieces):
        return ("BLOCK", (1, len(pieces) - 1)) if breaker.widths.of(pieces) <= room else ("", ())
    return "", ()
