"""Parts of a plan of two stages, on the mock engine (which says that it is one) and the real trainer."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from compiler.compile import compile_spec
from compiler.diagnostics import Diagnostics
from compiler.plan.model import PlanFile
from compiler.select import named_part
from runtime import journal
from runtime.failures import ResultsMissing
from runtime.folders import run_folder
from runtime.progress import Began, Event, silent
from runtime.run import RunSummary, run
from stagespec.report import render_text, write_report

ROOT = Path(__file__).parents[2]
ROUNDS = ("ideas", "fresh", "clear", "answers", "clean", "good")


@pytest.fixture(scope="module")
def specs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two stages that are soon through: little is enough, and the critic is one that a mock can please."""
    folder = tmp_path_factory.mktemp("parts") / "specs"
    shutil.copytree(ROOT / "tests" / "compiler" / "good", folder)
    shutil.copy(ROOT / "tests" / "runtime" / "parts" / "next.stage", folder)
    for name in ("stage.stage", "next.stage"):
        path = folder / name
        text = path.read_text()
        for old, new in (
            ("margin >= 1.0 nats", "margin >= -1.0 nats"),
            ("budget  = 5 usd", 'budget  = 5 usd\n  allow(SS650, because = "a mock can please it")'),
            ("100 kept in good", "40 kept in good"),
            ("epochs     = 2", "epochs     = 1"),
        ):
            text = text.replace(old, new)
            assert new in text
        path.write_text(text)
    return folder


def compiled(path: Path) -> PlanFile:
    plan = compile_spec(str(path), "test").plan
    assert plan is not None
    return plan


def run_part(plan: PlanFile, runs: Path, listener: Any = silent, **names: str) -> RunSummary:
    found = Diagnostics()
    words = {name: names.get(name) for name in ("only", "start", "until")}
    selection = named_part(plan.method, **words, found=found)
    assert selection is not None, found.items
    return run(plan, runs, listener, selection)


def manifest_of(plan: PlanFile, runs: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run_folder(plan, runs) / "manifest.json").read_text())
    return found


def computed(manifest: dict[str, Any]) -> dict[str, int]:
    """How much each step asked the engine, and did not find in a journal."""
    return {step: tally.get("computed", 0) for step, tally in manifest["tallies"].items()}


def lines(plan: PlanFile, runs: Path) -> Iterator[Any]:
    return journal.read(run_folder(plan, runs) / journal.NAME)


@pytest.fixture(scope="module")
def plan(specs: Path) -> PlanFile:
    return compiled(specs / "next.stage")


@pytest.fixture(scope="module")
def finished(specs: Path, plan: PlanFile, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runs folder after the first stage was run by its own plan, and then the second one alone."""
    runs = tmp_path_factory.mktemp("runs")
    run(compiled(specs / "stage.stage"), runs, silent)
    run_part(plan, runs, only="next")
    return runs


@pytest.fixture
def copied(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "runs"))


def test_one_stage_is_run_on_what_another_run_made(plan: PlanFile, finished: Path) -> None:
    manifest = manifest_of(plan, finished)
    asked = computed(manifest)
    assert sum(n for step, n in asked.items() if step.startswith("small.")) == 0
    assert asked["next.answers"] > 0
    trained, own = (stage["training"][0]["result"] for stage in manifest["stages"])
    assert trained["adapter_sha256"] != own["adapter_sha256"]
    assert (manifest["stopped"], manifest["not_run"]) == (None, [])  # each step was gone through
    (begun,) = [e for e in lines(plan, finished) if e["event"] == "run"]
    assert begun["asked"] == "--only next"


def test_a_stage_without_the_one_before_it_is_refused_before_anything_is_made(
    plan: PlanFile, tmp_path: Path
) -> None:
    with pytest.raises(ResultsMissing, match=r"small\.before is not there, and --only next rests on it") as e:
        run_part(plan, tmp_path, only="next")
    assert e.value.step == "small.before"
    assert list(lines(plan, tmp_path)) == []
    assert not (run_folder(plan, tmp_path) / "manifest.json").exists()


def test_a_training_that_is_gone_is_missing(plan: PlanFile, copied: Path) -> None:
    for folder in copied.glob("*/adapters/small.student*"):
        shutil.rmtree(folder) if folder.is_dir() else folder.unlink()
    before = (run_folder(plan, copied) / "manifest.json").read_text()
    with pytest.raises(ResultsMissing, match=r"small\.student .* no run has this very training"):
        run_part(plan, copied, only="next")
    assert (run_folder(plan, copied) / "manifest.json").read_text() == before


def test_a_run_up_to_the_pilot_is_one_round_and_says_that_it_is_not_whole(
    plan: PlanFile, tmp_path: Path
) -> None:
    summary = run_part(plan, tmp_path, only="small", until="pilot")
    manifest = manifest_of(plan, tmp_path)
    small = [row for row in manifest["stages"][0]["funnel"] if row["step"] == "small.ideas"]
    assert [part["round"] for part in small[0]["rounds"]] == [0]
    ran = {f"small.{name}" for name in (*ROUNDS, "pilot")}
    assert ran.isdisjoint(manifest["not_run"])
    assert len(ran) + len(manifest["not_run"]) == sum(len(s.steps) for s in plan.method.stages)
    assert manifest["stopped"].endswith("(--only small --until small.pilot)")
    assert summary.lines == (f"incomplete: {manifest['stopped']}",)
    assert manifest["by_choice"]
    assert render_text(manifest).splitlines()[1].startswith("incomplete: ")
    page = write_report(run_folder(plan, tmp_path)).read_text(encoding="utf-8")
    assert "<b>incomplete</b>" in page
    assert "<b>stopped</b>" not in page
    for stage in manifest["stages"]:
        assert not any(e["run"] for e in stage["evaluations"])
        assert stage["output"] == {}
    assert [e["event"] for e in lines(plan, tmp_path)][-1] == "stopped"

    run_part(plan, tmp_path, until="small.data")  # goes on from the journal
    further = manifest_of(plan, tmp_path)
    assert "small.data" not in further["not_run"]
    assert further["datasets"]["small.good"]["kept"] >= manifest["datasets"]["small.good"]["kept"]
    assert further["requests"]["known_already"] >= manifest["requests"]["asked"] > 0


def test_what_is_made_anew_comes_out_the_same(plan: PlanFile, copied: Path) -> None:
    before = manifest_of(plan, copied)
    results = sum(e["event"] == "result" for e in lines(plan, copied))
    run_part(plan, copied, start="next.answers", until="next.data")
    after = manifest_of(plan, copied)
    asked = computed(after)
    assert {step for step, n in asked.items() if n} == {"next.answers", "next.good"}
    assert "next.student" in after["not_run"]  # though it has taken time before
    assert after["seconds"]["next.student"] == pytest.approx(before["seconds"]["next.student"], abs=0.01)
    assert asked["next.answers"] == after["tallies"]["next.answers"]["asked"]
    assert sum(e["event"] == "result" for e in lines(plan, copied)) == results + sum(asked.values())
    for name in ("next.good", "next.data.train"):
        assert after["datasets"][name]["sha256"] == before["datasets"][name]["sha256"]


def test_a_training_is_made_anew_too(plan: PlanFile, copied: Path) -> None:
    before = manifest_of(plan, copied)
    trained: list[str] = []

    def listener(event: Event) -> None:
        if isinstance(event, Began) and event.key.endswith("/steps"):
            trained.append(event.key)

    run_part(plan, copied, listener, only="next", start="student", until="student")
    assert trained == ["next.student/steps"]
    old, new = (m["stages"][1]["training"][0]["result"] for m in (before, manifest_of(plan, copied)))
    assert new["adapter_sha256"] == old["adapter_sha256"]
    assert new["seconds"] != old["seconds"]


def test_from_is_refused_where_the_steps_before_were_never_run(plan: PlanFile, tmp_path: Path) -> None:
    with pytest.raises(ResultsMissing) as refused:
        run_part(plan, tmp_path, only="small", start="answers")
    assert refused.value.step == "small.ideas"


def test_an_edited_stage_is_made_again_and_the_one_before_it_is_not(
    specs: Path, plan: PlanFile, copied: Path
) -> None:
    """Found by keys alone: no part is asked for."""
    stage = specs / "edited.stage"
    text = (specs / "next.stage").read_text()
    assert text.count("temperature = 0.5") == 1
    stage.write_text(text.replace("temperature = 0.5", "temperature = 0.6"))
    edited = compiled(stage)
    assert edited.hashes.plan != plan.hashes.plan
    run(edited, copied, silent)
    before, after = manifest_of(plan, copied), manifest_of(edited, copied)
    assert after["stages"][0] == before["stages"][0]
    asked = computed(after)
    assert sum(n for step, n in asked.items() if step.startswith("small.")) == 0
    assert asked["next.before"] == 0
    assert asked["next.answers"] == after["tallies"]["next.answers"]["asked"]
    old, new = (m["stages"][1]["training"][0]["result"] for m in (before, after))
    assert new["adapter_sha256"] != old["adapter_sha256"]
