"""Neighbouring lines in columns."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from compiler.format.measure import WIDTH
from compiler.frozen import Frozen

BEFORE_COMMENT = "   "


class Row(Frozen):
    """An element laid out: its cells, and its lines, of which the first goes on behind the cells."""

    table: str
    cells: tuple[str, ...]
    lines: tuple[str, ...]
    trailing: str


def widest(cells: Sequence[tuple[str, ...]]) -> tuple[int, ...]:
    """The width of each column."""
    return tuple(max(map(len, column)) for column in zip(*cells, strict=True))


def aligned(rows: Sequence[Row], indent: int) -> list[str]:
    """The lines of rows that no blank line and no comment parts.

    An element of several lines ends a run. If it is a field, its first line is still aligned with those
    above; what follows is too far from them to be seen as one column.
    """
    lines: list[str] = []
    start = 0
    for i, row in enumerate(rows):
        if len(row.lines) > 1 or i == len(rows) - 1:
            lines += _run(rows[start : i + 1], indent)
            start = i + 1
    return lines


def _run(rows: Sequence[Row], indent: int) -> list[str]:
    tables: dict[str, list[tuple[str, ...]]] = {}
    for row in filter(_in_columns, rows):
        tables.setdefault(row.table, []).append(row.cells)
    columns = {table: widest(cells) for table, cells in tables.items()}
    written: list[list[str]] = []
    for row in rows:
        cells = list(row.cells)
        if _in_columns(row):
            cells = [cell.ljust(w) for cell, w in zip(cells, columns[row.table], strict=True)]
        written.append([" " * indent + " ".join([*cells, row.lines[0]]), *row.lines[1:]])
    return _with_comments(rows, written)


def _in_columns(row: Row) -> bool:
    return bool(row.cells) and (len(row.lines) == 1 or row.table == "FIELD")


def _with_comments(rows: Sequence[Row], written: Sequence[list[str]]) -> list[str]:
    """Comments behind neighbouring lines begin in one column, save behind a line that is too wide."""
    lines: list[str] = []
    pairs = zip(rows, written, strict=True)
    for in_column, neighbours in groupby(pairs, lambda pair: bool(pair[0].trailing) and len(pair[1]) == 1):
        some = list(neighbours)
        column = max((len(own[0]) for _, own in some if len(own[0]) <= WIDTH), default=0) if in_column else 0
        for row, own in some:
            lines += own
            if row.trailing:
                lines[-1] = lines[-1].ljust(column) + BEFORE_COMMENT + row.trailing
    return lines
