"""Every diagnostic of the compiler, shown failing once on a small text file, word for word."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from wrong_cases import GOOD, WRONG, Case, all_cases, as_text, compile_case

import compiler
from compiler.compile import compile_spec

CASES = all_cases()
CODE = re.compile(r"\"(SS\d{3})\"")

ELSEWHERE = {
    "SS102": "a file above 2 MB: test_sources.py writes one",
    "SS104": "a file that the system will not open: test_sources.py",
    "SS105": "a binary file: test_sources.py",
    "SS106": "bytes that are not UTF-8: test_sources.py",
    "SS119": "nesting deeper than Python's stack: test_sources.py",
    "SS710": "a damaged lock file: test_sources.py",
    "SS801": "a name on the command line: test_select.py",
    "SS802": "a name on the command line: test_select.py",
    "SS803": "a name on the command line: test_select.py",
    "SS804": "two names on the command line: test_select.py",
}


class TextFile(SingleFileSnapshotExtension):
    _write_mode = WriteMode.TEXT
    file_extension = "txt"


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(TextFile)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_reports(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, snapshot: SnapshotAssertion
) -> None:
    monkeypatch.chdir(tmp_path)
    compiled = compile_case(case, tmp_path)
    assert sorted(item.code for item in compiled.diagnostics.items) == case.expects, as_text(compiled)
    assert (compiled.plan is None) == compiled.diagnostics.failed
    assert as_text(compiled) == snapshot


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_fixes_mend(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fix that is offered takes its error away when it is carried out."""
    monkeypatch.chdir(tmp_path)
    entry = case.write(tmp_path)
    before = compile_spec(entry, case.profile).diagnostics.items
    for item in before:
        if item.fix is None:
            continue
        path, span = tmp_path / item.fix.span.file, item.fix.span
        text = path.read_text(encoding="utf-8")
        path.write_text(text[: span.start] + item.fix.text + text[span.end :], encoding="utf-8")
        after = [found.code for found in compile_spec(entry, case.profile).diagnostics.items]
        assert after.count(item.code) < [found.code for found in before].count(item.code)
        path.write_text(text, encoding="utf-8")


def test_the_good_spec_has_nothing_to_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """So every change to it that is reported is mended by taking the change back."""
    monkeypatch.chdir(GOOD)
    compiled = compile_spec("stage.stage", "test")
    assert compiled.diagnostics.items == []
    assert compiled.plan is not None
    names = {step.id for step in compiled.plan.method.stages[0].steps}
    text = (GOOD / "stage.stage").read_text()
    assert len(names) == len(re.findall(r"^  \w+ \w+ (?:\{|=)", text, re.M))


def test_every_check_of_method_has_a_mend() -> None:
    """A case of SS6nn is a change of the good spec: taken back, it compiles."""
    whole = [case.name for case in CASES if not case.is_change and any(c[2] == "6" for c in case.expects)]
    assert whole == []


def test_every_code_has_a_case() -> None:
    root = Path(compiler.__file__).parent
    codes = {code for path in root.rglob("*.py") for code in CODE.findall(path.read_text(encoding="utf-8"))}
    shown = {code for case in CASES for code in case.expects}
    assert codes - shown - set(ELSEWHERE) == set()
    assert shown - codes == set()
    assert set(ELSEWHERE) & shown == set()


def test_cases_are_named_after_their_first_code() -> None:
    """So that a reader finds them: SS205_unknown_step."""
    assert [c.name for c in CASES if c.name.split("_")[0] not in c.expects] == []
    assert {p.suffix for p in WRONG.iterdir()} <= {".stage", ".change"}


def test_messages_are_terse() -> None:
    """One plain sentence, short enough for one line, without a full stop."""
    snapshots = Path(__file__).parent / "__snapshots__" / "test_wrong"
    messages = [
        line
        for path in snapshots.glob("*.txt")
        for line in path.read_text(encoding="utf-8").split("\n")
        if re.match(r"(error|warning|note) SS\d{3}: ", line)
    ]
    assert len(messages) >= len(CASES)
    assert [m for m in messages if m.endswith(".") or len(m) > 130] == []
