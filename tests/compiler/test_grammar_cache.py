"""The kept parser tables are never worse than none: damaged, unwritable or shared by many processes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from compiler.syntax.grammar import cache_path, grammar_text, tables
from compiler.units import UNITS

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    tables.cache_clear()
    path = cache_path(grammar_text())
    assert path is not None
    assert path.is_relative_to(tmp_path)
    yield path
    tables.cache_clear()


def reads() -> bool:
    tables.cache_clear()
    return "stage" not in tables().words and tables().words["by"] == ["WORD"]


def test_tables_are_kept(cache: Path) -> None:
    assert reads()
    first = cache.stat().st_mtime_ns
    assert reads()
    assert cache.stat().st_mtime_ns == first
    assert [p.name for p in cache.parent.iterdir()] == [cache.name]


@pytest.mark.parametrize("content", [b"", b"not tables", b"{}"])
def test_damaged_tables_are_built_anew(cache: Path, content: bytes) -> None:
    cache.parent.mkdir(parents=True)
    cache.write_bytes(content)
    assert reads()


def test_a_folder_that_cannot_be_written(cache: Path) -> None:
    cache.parent.write_text("a file where the folder should be")
    assert reads()


def test_many_processes_at_once(cache: Path) -> None:
    program = "from compiler.syntax.grammar import tables; tables()"
    runs = [subprocess.Popen([sys.executable, "-c", program], cwd=ROOT) for _ in range(3)]
    assert [run.wait() for run in runs] == [0, 0, 0]
    assert [p.name for p in cache.parent.iterdir()] == [cache.name]


def test_the_units_of_the_grammar_are_those_of_the_list() -> None:
    assert all(unit in grammar_text() for unit in UNITS)
