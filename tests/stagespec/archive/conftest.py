"""One small run on the mock engine (which says that it is one), frozen once for all tests."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from compiler.compile import compile_spec
from runtime.progress import silent
from runtime.run import run
from stagespec.archive import freeze

GOOD = Path(__file__).parents[2] / "compiler" / "good"


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with specs, one finished run of them, and its archive."""
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
def archive(here: Path) -> Path:
    return here / "archive" / "first"


@pytest.fixture
def finished(here: Path) -> Path:
    (folder,) = (here / "runs").iterdir()
    return folder
