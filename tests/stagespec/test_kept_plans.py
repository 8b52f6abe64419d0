"""A plan that was kept is the plan that compiling gives; whatever changes, the spec is compiled anew."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import compiler.compile
from compiler import kept_plan
from compiler.compile import Compiled
from compiler.plan.model import PlanFile
from stagespec.compiling import compiled_or_exit

SPECS = Path(__file__).parents[2] / "specs"
SPEC = "specs/stage_1_explicit_instructions.stage"


@pytest.fixture
def compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was compiled and not taken from the cache, in a copy of the specs with a cache of its own."""
    shutil.copytree(SPECS, tmp_path / "specs")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    asked: list[str] = []
    compile_spec = compiler.compile.compile_spec

    def counted(path: str, profile: str, *others: object) -> Compiled:
        asked.append(profile)
        return compile_spec(path, profile, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(compiler.compile, "compile_spec", counted)
    return asked


def plan(profile: str | None = "laptop", seed: int | None = None, spec: str = SPEC) -> PlanFile:
    return compiled_or_exit(spec, profile, seed, quiet=True, runs=Path("runs"))


def test_the_same_plan_without_compiling(compiled: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    for profile in ("laptop", "pod", "mock", None):
        first = plan(profile)
        said = capsys.readouterr()
        assert plan(profile) == first
        assert capsys.readouterr() == said
    assert compiled == ["laptop", "pod", "mock", "laptop"]


def test_another_question_is_another_plan(compiled: list[str]) -> None:
    assert plan("laptop").hashes.plan != plan("mock").hashes.plan != plan("mock", seed=5).hashes.plan
    assert len(compiled) == 3


def edited(path: str, old: str, new: str) -> Callable[[], None]:
    def edit() -> None:
        text = Path(path).read_text(encoding="utf-8")
        assert old in text
        Path(path).write_text(text.replace(old, new, 1), encoding="utf-8")

    return edit


def one_record_less() -> None:
    """Of a file of data whose hash stands in no spec."""
    path = Path("specs/shared/data/seeds/explicit_instructions.jsonl")
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:-1]), encoding="utf-8")


def a_run_that_measured() -> None:
    Path("runs/one").mkdir(parents=True)
    Path("runs/one/manifest.json").write_text("{}")


def measured_again() -> None:
    a_run_that_measured()
    plan()
    Path("runs/one/manifest.json").write_text(json.dumps({"binding": {}}))


def another_lock() -> None:
    Path("specs/models.lock").write_text('{"models": {}}', encoding="utf-8")


CHANGES = {
    "the spec": edited(SPEC, "stage explicit_instructions", "# one\nstage explicit_instructions"),
    "an import": edited("specs/shared/prompts.stage", "language 1", "# two\nlanguage 1"),
    "the profiles": edited("specs/profiles.stage", "language 1", "# three\nlanguage 1"),
    "data": one_record_less,
    "the lock": another_lock,
    "no lock": lambda: Path("specs/models.lock").unlink(),
    "a run": a_run_that_measured,
    "a run's figures": measured_again,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_what_changes_is_compiled_anew(change: Callable[[], None], compiled: list[str]) -> None:
    plan()
    change()
    before = len(compiled)
    made = plan()
    assert len(compiled) == before + 1
    assert plan() == made
    assert len(compiled) == before + 1


def test_a_file_that_was_not_there(compiled: list[str]) -> None:
    lock = Path("specs/models.lock")
    text = lock.read_text(encoding="utf-8")
    lock.unlink()
    rough = plan()
    lock.write_text(text, encoding="utf-8")
    exact = plan()
    assert rough.notes != exact.notes
    assert len(compiled) == 2


def test_another_compiler(compiled: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    plan()
    monkeypatch.setattr(kept_plan, "code_stamp", lambda: "another")
    plan()
    assert len(compiled) == 2


def test_what_is_to_be_said_is_said_each_time(
    compiled: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("specs/models.lock").unlink()
    said = []
    for _ in range(2):
        assert compiled_or_exit(SPEC, "laptop", None).notes
        said.append(capsys.readouterr().err)
    assert said[0] == said[1] != ""
    assert len(compiled) == 2


def test_errors_are_never_kept(compiled: list[str], tmp_path: Path) -> None:
    edited(SPEC, "stage explicit_instructions", "stage stage explicit_instructions")()
    for _ in range(2):
        with pytest.raises(Exception, match="1"):
            plan()
    assert len(compiled) == 2
    assert not (tmp_path / "cache" / "stagespec" / "plans").exists()


@pytest.mark.parametrize("damage", [b"", b"\x80\x04N.", b"not a plan"])
def test_damaged_entries_are_compiled_anew(damage: bytes, compiled: list[str], tmp_path: Path) -> None:
    first = plan()
    (entry,) = (tmp_path / "cache" / "stagespec" / "plans").iterdir()
    for content in (damage, entry.read_bytes()[:32] + damage):
        entry.write_bytes(content)
        assert plan() == first
    assert len(compiled) == 3
