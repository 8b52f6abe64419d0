"""What manifests tell of earlier runs, and that nothing in a runs folder stands in the way of a plan."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from compiler.estimate.history import model_keys
from compiler.plan.hashing import plain
from compiler.plan.model import PlanFile
from compiler.plan.upstream import meanings
from stagespec.earlier_runs import MOST, earlier_runs, newest_manifests


def manifest(plan: PlanFile) -> dict[str, Any]:
    return {
        "binding": plain(plan.binding),
        "machine": {"hardware": "a desk"},
        "seconds": {"small.good": 2.5, "small.before": 4.0, "small.student": 30.0},
        "tallies": {
            "small.good": {"asked": 40, "computed": 30, "read": 900},
            "small.before": {"asked": 6, "computed": 6, "read": 60, "written": 12},
        },
        "stages": [
            {
                "funnel": [
                    {"step": "small.good", "kind": "judge", "kept": 12, "rejected": {"bad": 5, "odd": 3}}
                ],
                "evaluations": [{"step": "small.before"}, {"step": "small.after", "run": False}],
                "training": [
                    {"step": "small.student", "result": {"seconds": 20.0, "tokens_per_second": 50.0}},
                    {"step": "small.other", "result": None},
                ],
            }
        ],
    }


def write(runs: Path, name: str, text: str, age: int = 0) -> None:
    folder = runs / name
    folder.mkdir(parents=True)
    path = folder / "manifest.json"
    path.write_text(text, encoding="utf-8")
    os.utime(path, (1_000_000 - age, 1_000_000 - age))


def test_steps_are_read_as_they_were_measured(plan: PlanFile, tmp_path: Path) -> None:
    write(tmp_path / "runs", "one", json.dumps(manifest(plan)))
    (run,) = earlier_runs(newest_manifests(tmp_path / "runs"))
    assert (run.name, run.engine, run.profile, run.hardware) == ("one", "mock", "test", "a desk")
    assert run.models == model_keys(plan.binding)
    assert run.around is None
    assert run.meanings == {}
    steps = {step.step: step for step in run.steps}
    good = steps["small.good"]
    assert (good.kind, good.records, good.kept) == ("judge", 20, 12)
    assert (good.asked, good.requests, good.read, good.seconds) == (40, 30, 900, 2.5)
    assert steps["small.before"].written == 12
    trained = steps["small.student"]
    assert (trained.trained, trained.seconds) == (1000, 30.0)
    assert "small.other" not in steps


def test_of_a_run_that_was_started_again_the_last_process_is_read(plan: PlanFile, tmp_path: Path) -> None:
    """A rate is seconds by requests, and requests are told of the last process alone."""
    told = manifest(plan)
    told["seconds"]["small.good"] += 100.0
    told["seconds_before"] = {"small.good": 100.0}
    write(tmp_path / "runs", "one", json.dumps(told))
    (run,) = earlier_runs(newest_manifests(tmp_path / "runs"))
    (good,) = [step for step in run.steps if step.step == "small.good"]
    assert good.seconds == 2.5


def test_what_all_processes_asked_is_read_where_it_is_told(plan: PlanFile, tmp_path: Path) -> None:
    told = manifest(plan)
    told["seconds"]["small.good"] += 100.0
    told["seconds_before"] = {"small.good": 100.0}
    told["tallies"]["small.good"] = {"asked": 40}
    told["tallies_before"] = {"small.good": {"asked": 40, "computed": 30, "read": 900}}
    write(tmp_path / "runs", "one", json.dumps(told))
    (run,) = earlier_runs(newest_manifests(tmp_path / "runs"))
    (good,) = [step for step in run.steps if step.step == "small.good"]
    assert (good.asked, good.requests, good.read, good.seconds) == (40, 30, 900, 102.5)


def test_rounds_gates_and_what_is_around_the_steps_are_read(plan: PlanFile, tmp_path: Path) -> None:
    told = manifest(plan)
    (stage,) = told["stages"]
    stage["name"] = "small"
    stage["gates"] = [{"kind": "quality", "asked": True, "open": False}]
    rounds = [{"round": 0, "kept": 2, "rejected": 3}, {"round": 1, "kept": 10, "rejected": 5}]
    stage["funnel"][0]["rounds"] = rounds
    told["around_seconds"] = {"start": 60.0, "proof": 5.0, "end": 2.5}
    told["stages"].append({**stage, "name": "other", "gates": [{**stage["gates"][0], "open": True}]})
    told["stages"].append({**stage, "name": "third", "gates": [{**stage["gates"][0], "asked": False}]})
    write(tmp_path / "runs", "one", json.dumps(told))
    (run,) = earlier_runs(newest_manifests(tmp_path / "runs"))
    assert run.around == 67.5
    assert (run.closed, run.opened) == ({"small"}, {"other"})
    good = next(step for step in run.steps if step.step == "small.good")
    assert (good.rounds, good.pilot_records, good.pilot_kept, good.later) == (2, 5, 2, (15, 10))


def test_what_its_steps_meant_is_read(plan: PlanFile, tmp_path: Path) -> None:
    meant = meanings(plan.method, plan.binding)
    write(tmp_path / "runs", "one", json.dumps({**manifest(plan), "meanings": meant}))
    (run,) = earlier_runs(newest_manifests(tmp_path / "runs"))
    assert run.meanings == meant
    assert meant.keys() == {step.id for step in plan.method.stages[0].steps}


def test_the_newest_come_first_and_not_all_are_read(plan: PlanFile, tmp_path: Path) -> None:
    for age in range(MOST + 5):
        write(tmp_path / "runs", f"run{age:02}", json.dumps(manifest(plan)), age)
    newest = earlier_runs(newest_manifests(tmp_path / "runs"))
    assert [run.name for run in newest] == [f"run{age:02}" for age in range(MOST)]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "null", '{"binding": 3}', '{"binding": {"engine": "other"}}']
)
def test_what_cannot_be_read_is_passed_by(plan: PlanFile, tmp_path: Path, text: str) -> None:
    write(tmp_path / "runs", "broken", text)
    write(tmp_path / "runs", "whole", json.dumps(manifest(plan)), age=5)
    assert [run.name for run in earlier_runs(newest_manifests(tmp_path / "runs"))] == ["whole"]
    assert earlier_runs(newest_manifests(tmp_path / "nowhere")) == ()
