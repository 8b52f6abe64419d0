"""Small files and what becomes of them: `cases/NAME.in.stage` and `cases/NAME.out.stage`.

A new case is a pair of files; it takes no Python."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.diagnostics import Diagnostics
from compiler.format import Formatted, format_source

CASES = sorted((Path(__file__).parent / "cases").glob("*.in.stage"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name.removesuffix(".in.stage"))
def test_becomes(path: Path) -> None:
    expected = path.with_name(path.name.replace(".in.", ".out.")).read_text(encoding="utf-8")
    for text in (path.read_text(encoding="utf-8"), expected):
        assert format_source(text) == Formatted(expected)


def test_line_ends_of_windows_and_a_byte_order_mark_go() -> None:
    assert format_source("\ufefflanguage 1\r\n\r\n# why\r\n") == Formatted("language 1\n\n# why\n")


def test_a_file_with_errors_is_told_and_not_formatted() -> None:
    result = format_source("language 1\nmodel base {\n  kind raw\n  doc: 1\n}\n", "x.stage")
    assert isinstance(result, Diagnostics)
    assert [item.code for item in result.items] == ["SS115", "SS115"]
    assert {item.labels[0].span.file for item in result.items} == {"x.stage"}
