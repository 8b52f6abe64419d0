"""A tree that was kept is the tree that parsing gives; what is wrong in a file is said each time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from compiler import cached
from compiler.diagnostics import Diagnostics
from compiler.source import Source
from compiler.syntax import kept
from compiler.syntax.kept import tree_of
from compiler.syntax.parse import parse
from compiler.syntax.tree import File

SPECS = Path(__file__).parents[2] / "specs"


@pytest.fixture
def entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "stagespec" / "trees"


def source(text: str, name: str = "a.stage") -> Source:
    return Source(name, Path("/specs") / name, text)


def no_parser(*_: object) -> File:
    raise AssertionError("parsed again")


@pytest.mark.parametrize("path", sorted(SPECS.rglob("*.stage")), ids=lambda path: path.stem)
def test_the_same_tree(path: Path, entries: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = source(path.read_text(encoding="utf-8"))
    assert tree_of(read, Diagnostics()) == parse(read, Diagnostics())
    assert len(list(entries.iterdir())) == 1
    expected = parse(read, Diagnostics())
    monkeypatch.setattr(kept, "parse", no_parser)
    assert tree_of(read, Diagnostics()) == expected


def test_an_edit_takes_the_place_of_what_was_kept(entries: Path) -> None:
    for text in ("model base { kind = raw }", "model base { kind = chat }", "model base { kind = raw }"):
        assert tree_of(source(text), Diagnostics()) == parse(source(text), Diagnostics())
    assert len(list(entries.iterdir())) == 1


@pytest.mark.parametrize("text", ["model base { kind = }", "model base { kind = 9e99 }", "model { } }"])
def test_what_is_wrong_is_said_each_time(text: str, entries: Path) -> None:
    said = [Diagnostics() for _ in range(3)]
    trees = [tree_of(source(text), said[0]), tree_of(source(text), said[1]), parse(source(text), said[2])]
    assert said[0].items == said[1].items == said[2].items != []
    assert trees[0] == trees[1] == trees[2]
    assert not entries.exists()


@pytest.mark.parametrize("damage", [b"", b"\x80\x04N.", b"not a tree"])
def test_damaged_entries_are_parsed_anew(damage: bytes, entries: Path) -> None:
    read = source("model base { kind = raw }")
    expected = tree_of(read, Diagnostics())
    (entry,) = entries.iterdir()
    for content in (damage, entry.read_bytes()[:32] + damage):
        entry.write_bytes(content)
        assert tree_of(read, Diagnostics()) == expected


def test_a_large_folder_loses_its_older_half(entries: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cached, "MOST", 10)
    for number in range(11):
        tree_of(source("model base { kind = raw }", f"{number}.stage"), Diagnostics())
        for entry in entries.iterdir():  # the newest has the latest time, however fast the loop is
            os.utime(entry, ns=(0, entry.stat().st_mtime_ns - 10**9))
    assert len(list(entries.iterdir())) == 5
    monkeypatch.setattr(kept, "parse", no_parser)
    for number in range(6, 11):
        tree_of(source("model base { kind = raw }", f"{number}.stage"), Diagnostics())


def test_a_folder_that_cannot_be_written(entries: Path) -> None:
    entries.parent.parent.mkdir(exist_ok=True)
    entries.parent.write_text("a file where the folder should be")
    read = source("model base { kind = raw }")
    assert tree_of(read, Diagnostics()) == parse(read, Diagnostics())
    assert os.path.isfile(entries.parent)
