"""Bodies and elements as lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from compiler.format.breaking import HANGING, Breaker
from compiler.format.heads import Head, head
from compiler.format.leaves import Comment, Leaf
from compiler.format.measure import WIDTH, flat, gap
from compiler.format.pieces import Body, Element, Group, Piece, first_leaf
from compiler.format.table import BEFORE_COMMENT, Row, aligned, widest

STEP = 2
QUOTES = '"""'

# An entry that begins like this would go on with the value before it, if no comma parted them.
JOINING = frozenset({"by", "with", "at", "into", "over", "in", "of", "as", "if", "otherwise"})
ALWAYS_JOINING = frozenset({"or", "and", "matches"})


class Layout:
    """Lays out one file."""

    def __init__(self) -> None:
        self.breaker = Breaker()

    def body(self, body: Body, indent: int, commas: bool) -> list[str]:
        """The lines of a body, each at its place; with `commas`, one after each element."""
        lines: list[str] = []
        separators = _separators(body.elements, commas)
        for start, end in _paragraphs(body.elements):
            first = body.elements[start]
            lines += _comments(first.leading, indent, within=bool(lines))
            if first.blank and lines:
                lines.append("")
            lines += aligned(self._rows(body.elements[start:end], indent, separators[start:end]), indent)
        return [*lines, *_comments(body.dangling, indent, within=bool(lines))]

    def _rows(self, elements: Sequence[Element], indent: int, separators: Sequence[str]) -> list[Row]:
        room = WIDTH - indent
        pairs = zip(elements, separators, strict=True)
        heads = [head(element, self.breaker, room - len(separator)) for element, separator in pairs]
        tables: dict[str, list[tuple[str, ...]]] = {}
        for one in heads:
            tables.setdefault(one.table, []).append(one.cells)
        # What fits is decided as if all heads were aligned: then no line depends on how another is broken.
        starts = {t: indent + sum(width + 1 for width in widest(cells)) for t, cells in tables.items()}
        rows: list[Row] = []
        for element, one, separator in zip(elements, heads, separators, strict=True):
            start = starts[one.table]
            if one.table == "BLOCK" and start + self.breaker.widths.of(one.rest) + len(separator) > WIDTH:
                one, start = Head("", (), element.pieces), indent  # on one line, but out of line with others
            lines = self._lines(one, start, indent, len(separator))
            lines[-1] += separator
            trailing = element.trailing.text if element.trailing else ""
            rows.append(Row(one.table, one.cells, tuple(lines), trailing))
        return rows

    def _lines(self, one: Head, start: int, indent: int, after: int) -> list[str]:
        """The lines of what follows the cells, beginning in column `start`."""
        if one.table == "FROM" and self.breaker.could_be_flat(one.rest):
            return _filled(one.rest, start, indent)
        if one.table == "EXAMPLE" and self.breaker.could_be_flat(one.rest):
            return [flat(one.rest)]  # examples are a table: a long one stays on its line
        cuts = self.breaker.operators(one.rest, start, after)
        lines = self._flow(one.rest[: cuts[0]] if cuts else one.rest, start, indent, after)
        hanging = indent + HANGING
        for cut, following in zip(cuts, [*cuts[1:], len(one.rest)], strict=False):
            first, *others = self._flow(one.rest[cut:following], hanging, hanging, after)
            lines += [" " * hanging + first, *others]
        return lines

    def _flow(self, pieces: Sequence[Piece], start: int, indent: int, after: int) -> list[str]:
        """Pieces one behind the other. Of the lines, the first begins where its writer is."""
        opened = self.breaker.groups(pieces, start, indent, after)
        lines, level = [""], indent
        for i, piece in enumerate(pieces):
            comments = first_leaf(piece).comments if i else ()
            if comments:
                level = indent + HANGING
                _comments_within(lines, comments, level)
            elif i:
                lines[-1] += gap(pieces[i - 1], piece)
            if isinstance(piece, Group) and i in opened:
                first, *others = self._opened(piece, level)
                lines[-1] += first
                lines += others
            elif isinstance(piece, Leaf) and piece.block is not None:
                lines[-1] += QUOTES
                lines += [" " * (level + STEP) + line if line else "" for line in piece.block]
                lines.append(" " * level + QUOTES)
            else:
                lines[-1] += flat([piece])
        return lines

    def _opened(self, group: Group, indent: int) -> list[str]:
        """A group with its elements on lines of their own."""
        opener = group.opener.text
        if group.body.opening:
            opener += BEFORE_COMMENT + group.body.opening.text
        inner = self.body(group.body, indent + STEP, commas=group.kind in ("record", "list", "call"))
        return [opener, *inner, " " * indent + group.closer.text]


def _comments_within(lines: list[str], comments: Sequence[Comment], indent: int) -> None:
    """Comments in the middle of an element; what follows them begins a line."""
    for comment in comments:
        if comment.own_line:
            lines.append(" " * indent + comment.text)
        else:
            lines[-1] += BEFORE_COMMENT + comment.text
    lines.append(" " * indent)


def _comments(comments: Sequence[Comment], indent: int, within: bool) -> Iterator[str]:
    """Comments on lines of their own; `within` a body there may be a blank line before the first."""
    for i, comment in enumerate(comments):
        if comment.blank and (within or i):
            yield ""
        yield " " * indent + comment.text


def _paragraphs(elements: Sequence[Element]) -> Iterator[tuple[int, int]]:
    """Where elements begin and end that no blank line and no comment parts."""
    starts = [i for i, element in enumerate(elements) if i == 0 or element.blank or element.leading]
    return zip(starts, [*starts[1:], len(elements)], strict=False)  # no starts, no paragraphs


def _separators(elements: Sequence[Element], commas: bool) -> list[str]:
    following = [*elements[1:], None]
    return ["," if commas or (after is not None and _joins(after)) else "" for after in following]


def _joins(element: Element) -> bool:
    """Whether an entry would be read as the end of the one before it; see the grammar's WORD."""
    first, *others = element.pieces
    word = first_leaf(first).text
    if word in JOINING:
        second = first_leaf(others[0])
        return second.type != "EQUAL" or bool(second.comments)
    return word in ALWAYS_JOINING


def _filled(pieces: Sequence[Piece], start: int, indent: int) -> list[str]:
    """The names of an import, as many on a line as fit."""
    lines = [""]
    column = start
    for i, piece in enumerate(pieces):
        text = (gap(pieces[i - 1], piece) if i else "") + flat([piece])
        comma = 1 if i + 1 < len(pieces) else 0
        if column + len(text) + comma > WIDTH and i and first_leaf(pieces[i - 1]).type == "COMMA":
            lines.append(" " * (indent + HANGING))
            column, text = indent + HANGING, text.lstrip()
        lines[-1] += text
        column += len(text)
    return lines
