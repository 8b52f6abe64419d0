"""Around a run: the report is written however the run ended, and models.lock keeps what it had."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from compiler.compile import compile_spec
from compiler.plan.hashing import plain
from compiler.plan.model import PlanFile
from compiler.plan.selection import Selection
from runtime.failures import ResultsMissing, RunFailed, RunStopped
from runtime.folders import run_folder
from runtime.progress import Listener, Said
from runtime.run import RunSummary
from stagespec import locking, running
from stagespec.cli import main


@pytest.fixture
def reported(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders that a report was written for."""
    folders: list[Path] = []

    def write_report(folder: Path) -> Path:
        folders.append(folder)
        return folder / "report.html"

    monkeypatch.setattr(running, "write_report", write_report)
    return folders


def ends(monkeypatch: pytest.MonkeyPatch, error: Exception | None, manifest: bool = True) -> None:
    """Puts a run in place that ends like this."""

    def run(plan: PlanFile, runs: Path, listener: Listener, *_: object) -> RunSummary:
        folder = run_folder(plan, runs)
        folder.mkdir(parents=True)
        if manifest:
            (folder / "manifest.json").write_text("{}")
        listener(Said("round 0: 12 of 50 kept in good"))
        if error is not None:
            raise error
        return RunSummary(folder, ("verdict: not shown", "output: base"))

    monkeypatch.setattr(running, "run", run)


def run_it(*more: str, spec: str = "specs/stage.stage") -> Any:
    return CliRunner().invoke(main, ["run", spec, "--profile", "test", *more])


@pytest.mark.usefixtures("specs")
def test_a_run_ends_with_its_lines_and_its_report(
    monkeypatch: pytest.MonkeyPatch, reported: list[Path]
) -> None:
    ends(monkeypatch, None)
    result = run_it()
    assert result.exit_code == 0
    assert result.stdout.startswith("verdict: not shown\noutput: base\nreport: runs/small-test-")
    assert "round 0: 12 of 50 kept in good" in result.stderr
    assert len(reported) == 1


@pytest.mark.usefixtures("specs")
def test_a_stopped_run_has_a_report_too(monkeypatch: pytest.MonkeyPatch, reported: list[Path]) -> None:
    ends(monkeypatch, RunStopped("gate pilot is closed"))
    result = run_it()
    assert result.exit_code == 3
    assert "stopped: gate pilot is closed" in result.stderr
    assert len(reported) == 1


@pytest.mark.usefixtures("specs")
def test_a_run_that_failed_before_its_manifest_has_none(
    monkeypatch: pytest.MonkeyPatch, reported: list[Path]
) -> None:
    ends(monkeypatch, RunFailed("the engine is gone"), manifest=False)
    assert run_it().exit_code == 4
    assert reported == []


@pytest.mark.usefixtures("specs", "reported")
@pytest.mark.parametrize(
    ("asked", "makes_it"),
    [
        (("--from", "small.answers"), "--until small.ideas"),
        (("--only", "second"), "--only small"),
        (("--only", "small", "--from", "answers"), "--until small.ideas"),
    ],
)
def test_what_is_missing_is_told_with_the_command_that_makes_it(
    monkeypatch: pytest.MonkeyPatch, asked: tuple[str, ...], makes_it: str
) -> None:
    ends(monkeypatch, ResultsMissing("small.ideas is not there", "small.ideas"), manifest=False)
    result = run_it("--seed", "3", "--runs", "my runs", *asked, spec="specs/second.stage")
    assert result.exit_code == 4
    command = "stagespec run specs/second.stage --profile test --seed 3 --runs 'my runs'"
    assert f"small.ideas is not there\n  This makes it: {command} {makes_it}\n" in result.stderr


@pytest.mark.usefixtures("specs")
def test_a_part_is_what_is_run(monkeypatch: pytest.MonkeyPatch, reported: list[Path]) -> None:
    given: list[Selection] = []

    def run(plan: PlanFile, runs: Path, _: Listener, selection: Selection, __: bool) -> RunSummary:
        given.append(selection)
        return RunSummary(run_folder(plan, runs), ("incomplete: 12 of 14 steps were not run",))

    monkeypatch.setattr(running, "run", run)
    result = run_it("--until", "gap")
    assert (result.exit_code, result.stdout) == (0, "incomplete: 12 of 14 steps were not run\n")
    assert [one.run for one in given] == [{"small.before", "small.gap"}]
    assert reported == []


WHOLE: dict[str, Any] = {"interventions": [], "stopped": None, "not_run": []}


@pytest.mark.usefixtures("specs")
@pytest.mark.parametrize("asked", [("--only", "small"), ("--until", "gap")])
def test_a_part_of_a_run_that_is_whole_leaves_it_as_it_is(
    monkeypatch: pytest.MonkeyPatch, reported: list[Path], asked: tuple[str, str]
) -> None:
    monkeypatch.setattr(running, "run", no_run)
    path = manifest_with(WHOLE)
    before = path.read_text()
    result = run_it(*asked)
    assert (result.exit_code, result.stdout) == (0, "the run is whole; nothing to do\n")
    assert path.read_text() == before
    assert reported == []


@pytest.mark.usefixtures("specs", "reported")
@pytest.mark.parametrize(
    ("asked", "manifest"),
    [
        ((), WHOLE),
        (("--from", "answers", "--until", "data"), WHOLE),
        (("--only", "small"), {**WHOLE, "not_run": ["small.ship"]}),
        (("--only", "small"), {**WHOLE, "stopped": "gate pilot is closed"}),
        (("--only", "small"), {**WHOLE, "plan": {"hashes": {"method": "a", "plan": "b"}}}),
        (("--only", "small"), {}),
    ],
    ids=["all of it", "made anew", "incomplete", "stopped", "another plan", "no manifest of ours"],
)
def test_what_is_not_there_or_is_made_anew_is_run(
    monkeypatch: pytest.MonkeyPatch, asked: tuple[str, ...], manifest: dict[str, Any]
) -> None:
    monkeypatch.setattr(running, "run", no_run)
    manifest_with(manifest)
    assert "it was run" in run_it(*asked).stderr


def no_run(*_: object) -> RunSummary:
    raise RunFailed("it was run")


def manifest_with(content: dict[str, Any]) -> Path:
    """Puts a manifest of the plan of `specs/stage.stage` where its run would write it."""
    plan = compile_spec("specs/stage.stage", "test").plan
    assert plan is not None
    path = run_folder(plan, Path("runs")) / "manifest.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"plan": {"hashes": plain(plan.hashes)}, **content}))
    return path


@pytest.mark.usefixtures("specs")
def test_a_name_that_is_wrong_is_a_diagnostic() -> None:
    result = run_it("--until", "goood")
    assert result.exit_code == 1
    assert 'error[SS801]: there is no step "goood" in this plan' in result.stderr
    assert 'Did you mean "good"?' in result.stderr
    assert not Path("runs").exists()


def test_lock_replaces_what_was_measured_and_keeps_the_rest() -> None:
    old = json.dumps({"models": {"hub:b@1": {"parameters": 1}, "hub:c@1": {"parameters": 2}}})
    text = locking.merged(old, {"hub:a@1": {"parameters": 3}, "hub:c@1": {"parameters": 4}})
    assert json.loads(text)["models"] == {
        "hub:a@1": {"parameters": 3},
        "hub:b@1": {"parameters": 1},
        "hub:c@1": {"parameters": 4},
    }
    assert text.index("hub:a") < text.index("hub:b") < text.index("hub:c")


@pytest.mark.parametrize("old", ["", "garbage", "[]", "{}"])
def test_a_lock_that_cannot_be_read_is_written_anew(old: str) -> None:
    assert json.loads(locking.merged(old, {"hub:a@1": {}}))["models"] == {"hub:a@1": {}}


def test_lock_writes_beside_the_specs(specs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locking, "measure_locks", lambda _, __: {"hub:a@1": {"parameters": 3}})
    (specs / "models.lock").write_text("garbage")
    result = CliRunner().invoke(main, ["lock", "specs/stage.stage", "--profile", "test"])
    assert result.exit_code == 0, result.output
    assert "measured hub:a@1" in result.stdout
    assert "hub:a@1" in json.loads((specs / "models.lock").read_text())["models"]


def test_a_mock_needs_no_lock(specs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locking, "measure_locks", lambda _, __: {})
    result = CliRunner().invoke(main, ["lock", "specs/stage.stage"])
    assert (result.exit_code, result.stdout) == (0, "a mock needs no lock\n")
    assert not (specs / "models.lock").exists()
