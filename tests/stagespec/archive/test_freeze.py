"""What an archive holds, and which runs make none."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from damaging import edit_json, edit_text

from compiler.compile import compile_spec
from runtime.failures import RunStopped
from runtime.progress import silent
from runtime.run import run
from stagespec.archive import freeze
from stagespec.archive.layout import MAX_BYTES, data_below, files_below, read_index
from stagespec.cli import main
from stagespec.endings import Refused
from stagespec.plan_file import read_plan


def test_everything_is_there_but_weights_and_paths(archive: Path, finished: Path) -> None:
    files = files_below(archive)
    assert files.keys() >= {
        "plan.json",
        "manifest.json",
        "report.html",
        "certificate.json",
        "counts.json",
        "journal.jsonl",
        "scores/small.before.jsonl",
        "scores/small.after.jsonl",
        "scores/small.good.labelled.jsonl",
        "scores/small.after.does_it.labelled.jsonl",
        "samples/small.good.jsonl",
        "training/small.student.json",
        "specs/stage.stage",
        "specs/profiles.stage",
        "specs/shared.stage",
        "specs/data/test.jsonl",
    }
    assert "specs/second.stage" not in files  # of another stage
    assert {path.suffix for path in files.values()} <= {".json", ".jsonl", ".html", ".stage"}
    assert sum(path.stat().st_size for path in files.values()) < MAX_BYTES
    for path in files.values():
        assert str(finished.parent.parent) not in path.read_text()
    index = json.loads((archive / "archive.json").read_text())
    left = {name.split("/")[0] for name in index["left_out"]}
    assert left == {"datasets", "adapters", "journal.jsonl"}
    assert "adapters/small.student/adapter_model.safetensors" in index["left_out"]
    assert index["adapters"].keys() == {"small.student"}


def test_the_data_stand_in_it_once(archive: Path, finished: Path) -> None:
    """The plan has none: they are among the specs, and are taken from there."""
    assert json.loads((archive / "plan.json").read_text())["blobs"] == {}
    with pytest.raises(Refused, match=r"the data of \w+ are missing"):
        read_plan(archive / "plan.json")
    assert read_plan(archive / "plan.json", data_below(archive / "specs")) == read_plan(
        finished / "plan.json"
    )


def test_the_same_run_makes_the_same_archive(here: Path, finished: Path) -> None:
    result = CliRunner().invoke(main, ["archive", str(finished.relative_to(here)), "again"])
    assert result.exit_code == 0, result.output
    one, other = (here / "archive" / name / "archive.json" for name in ("first", "again"))
    assert one.read_bytes() == other.read_bytes()
    assert "stagespec verify archive/again" in result.stdout


def test_the_name_is_the_runs_own_unless_given(here: Path, finished: Path) -> None:
    assert CliRunner().invoke(main, ["archive", str(finished)]).exit_code == 0
    assert (here / "archive" / finished.name / "archive.json").exists()


def test_the_spec_is_found_from_the_run(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run names its spec from where it was run, which is a folder above it."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    archive, verified = freeze(finished, "far")
    assert archive == Path("archive/far")
    assert verified.diagnostics == ()
    assert read_index(archive).spec == "stage.stage"


def test_a_run_that_was_stopped_is_a_result_too(here: Path) -> None:
    """The mock cannot judge, and this is no rehearsal: the run stops at a critic's calibration."""
    edit_text(here / "specs/profiles.stage", "rehearsal = true", "")
    plan = compile_spec("specs/stage.stage", "test").plan
    assert plan is not None
    with pytest.raises(RunStopped):
        run(plan, Path("stopped"), silent)
    (folder,) = Path("stopped").iterdir()
    archive, verified = freeze(folder, "stopped")
    assert verified.diagnostics == ()
    assert "critic" in (read_index(archive).stopped or "")


REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "an unfinished run": (lambda run: (run / "manifest.json").unlink(), "has not ended"),
    "no run": (
        lambda run: [(run / n).unlink() for n in ("manifest.json", "plan.json")],
        "is no run's folder",
    ),
    "a manifest that is none": (lambda run: (run / "manifest.json").write_text("{"), "is not JSON"),
    "other data": (
        lambda run: shutil.copy(run / "datasets/small.ideas.parquet", run / "datasets/small.fresh.parquet"),
        "is not what the run wrote",
    ),
    "no data": (lambda run: (run / "datasets/small.fresh.parquet").unlink(), "is gone"),
    "another adapter": (
        lambda run: edit_json(run / "adapters/small.student/adapter_config.json", lambda c: c.update(r=99)),
        "is not the one that was trained",
    ),
    "no adapter": (lambda run: shutil.rmtree(run / "adapters/small.student"), "is gone"),
    "an edited spec": (
        lambda run: edit_text(
            run.parents[1] / "specs/stage.stage", "learning_rate = 1e-4", "learning_rate = 2e-4"
        ),
        "put back what was run",
    ),
    "a broken spec": (
        lambda run: edit_text(run.parents[1] / "specs/stage.stage", "language 1", "language one"),
        "no longer compiles",
    ),
    "no spec": (lambda run: (run.parents[1] / "specs/stage.stage").unlink(), "is not here"),
    "no scores": (lambda run: shutil.rmtree(run / "scores"), "does not verify"),
    "an edited manifest": (
        lambda run: edit_json(run / "manifest.json", lambda m: m["taints"].clear()),
        "does not verify",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_no_archive_is_made_of(case: str, here: Path, finished: Path) -> None:
    damage, said = REFUSED[case]
    damage(finished)
    result = CliRunner().invoke(main, ["archive", str(finished), "second"])
    assert result.exit_code == 1
    assert said in result.stderr
    assert [path.name for path in (here / "archive").iterdir()] == ["first"]


@pytest.mark.parametrize(("name", "said"), [("first", "is there already"), ("../out", "is no name")])
def test_names_that_cannot_be_taken(name: str, said: str, here: Path, finished: Path) -> None:
    result = CliRunner().invoke(main, ["archive", str(finished), name])
    assert result.exit_code == 1
    assert said in result.stderr
    assert not (here / "out").exists()
