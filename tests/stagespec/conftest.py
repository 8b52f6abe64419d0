"""What the tests of the face share: a spec folder of one's own, a finished run, and snapshots as plain text
files."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from compiler.compile import compile_spec
from compiler.plan.model import PlanFile
from runtime.progress import silent
from runtime.run import run
from stagespec.archive import freeze

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


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with specs, one finished run of them on the mock engine (which says that it is one), and its
    archive."""
    home = tmp_path_factory.mktemp("home")
    shutil.copytree(GOOD, home / "specs")
    stage = home / "specs" / "stage.stage"
    pleased = stage.read_text().replace("margin >= 1.0 nats", "margin >= -1.0 nats")  # a mock can please it
    scored = pleased.replace(
        "score    = [check]\n    compare",
        "score    = [check, does_it by base at margin >= 0.0 nats, "
        "clear_task by base at kappa >= 0.01 in 50 %]\n    compare",
    ).replace("on      = round(0)", "on      = round(0)\n    retries = 1 rounds")
    assert scored != pleased
    allowed = 'stage small {\n  allow(SS650, because = "a mock can please it")'
    stage.write_text(scored.replace("stage small {", allowed))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        plan = compile_spec("specs/stage.stage", "test").plan
        assert plan is not None
        summary = run(plan, Path("runs"), silent)
        freeze(summary.folder, "first")
    return home


@pytest.fixture
def here(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it all, which is the current folder."""
    shutil.copytree(home, tmp_path / "home")
    monkeypatch.chdir(tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def finished(here: Path) -> Path:
    (folder,) = (here / "runs").iterdir()
    return folder
