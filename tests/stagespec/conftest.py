"""What the tests of the face share: a spec folder of one's own, and snapshots as plain text files."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from compiler.compile import compile_spec
from compiler.plan.model import PlanFile

GOOD = Path(__file__).parents[1] / "compiler" / "good"
FIXTURES = Path(__file__).parent / "fixtures"


class TextFile(SingleFileSnapshotExtension):
    _write_mode = WriteMode.TEXT
    file_extension = "txt"


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(TextFile)


@pytest.fixture
def specs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small good spec, `specs/stage.stage` with profile `test`, named from the current folder."""
    folder = tmp_path / "specs"
    shutil.copytree(GOOD, folder)
    for path in FIXTURES.glob("*.stage"):
        shutil.copy(path, folder)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # tracebacks that tests provoke
    return folder


@pytest.fixture
def plan(specs: Path) -> PlanFile:
    compiled = compile_spec(f"{specs.name}/stage.stage", "test")
    assert compiled.plan is not None
    return compiled.plan
