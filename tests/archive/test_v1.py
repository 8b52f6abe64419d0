"""The first implementation's method: what the compiler says of it, word for word and mistake by mistake."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from compiler.guards import MISTAKES
from stagespec.checking import check
from stagespec.cli import main

ROOT = Path(__file__).parents[2]
V1 = "archive/v1-implementation"
MARK = re.compile(r"#[^\n]*?((?:\d+: )|(?:\d+ and \d+: ))")
ROW = re.compile(r"^\| (\d+) \| [^|]+ \| `(SS\d{3})` (\w+) \|$", re.MULTILINE)


class TextFile(SingleFileSnapshotExtension):
    _write_mode = WriteMode.TEXT
    file_extension = "txt"


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def test_what_is_reported(snapshot: SnapshotAssertion) -> None:
    result = CliRunner().invoke(main, ["check", V1])
    assert result.exit_code == 1
    assert result.output == snapshot(extension_class=TextFile)


def test_each_discrepancy_is_reported_with_its_code_at_its_place() -> None:
    """The line that carries a discrepancy's number is where a diagnostic with its code points."""
    checked = check([V1])
    items, sources = checked.found, checked.sources
    places = {
        (item.code, Path(label.span.file).stem, sources[label.span.file].position(label.span.start)[0])
        for item in items
        for label in item.labels
    }
    rows = ROW.findall((ROOT / V1 / "README.md").read_text(encoding="utf-8"))
    assert len(rows) == 22
    codes = [code for _, code, _ in rows]
    assert len(set(codes)) == len(codes)  # each its own
    for number, code, stem in rows:
        lines = (ROOT / V1 / f"{stem}.stage").read_text(encoding="utf-8").split("\n")
        marked = {n for n, line in enumerate(lines, 1) if re.search(rf"#.*\b{number}: ", line)}
        # a text of several lines ends at its mark
        near = {n + shift for n in marked for shift in (-4, -3, -2, -1, 0)}
        assert any((code, stem, n) in places for n in near), (number, code)


def test_all_twenty_eight_are_accounted_for() -> None:
    text = (ROOT / V1 / "README.md").read_text(encoding="utf-8")
    numbers = sorted(int(n) for n in re.findall(r"^\| (\d+) \|", text, re.MULTILINE))
    assert numbers == list(range(1, 29))
    codes = {mistake.number: mistake.codes for mistake in MISTAKES}
    for number, code, _ in ROW.findall(text):
        assert code in codes[int(number)], number
