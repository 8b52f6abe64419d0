"""Whole runs on the mock engine (which says that it is one) and the real trainer on a random model."""

import json
import os
import shutil
import signal
from dataclasses import replace
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import pytest
import slow_mock

from compiler.compile import compile_spec
from compiler.plan.reading import plan_of, text_of
from compiler.plan.upstream import meanings
from runtime import journal
from runtime.failures import RunFailed, RunStopped
from runtime.progress import Advanced, Said, silent
from runtime.run import run
from runtime.steps import DECIDES, FITS, MAPS, REDUCES

ROOT = Path(__file__).parents[2]
PIPELINE = str(ROOT / "specs" / "complete_pipeline.stage")
SMALL = ROOT / "tests" / "compiler" / "good"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The compiler's smallest good stage, with a critic that a mock can please."""
    folder = tmp_path_factory.mktemp("small") / "specs"
    shutil.copytree(SMALL, folder)
    stage = folder / "stage.stage"
    text = stage.read_text()
    assert "margin >= 1.0 nats" in text
    pleased = text.replace("margin >= 1.0 nats", "margin >= -1.0 nats")
    allowed = 'stage small {\n  allow(SS650, because = "a mock can please it")'
    stage.write_text(pleased.replace("stage small {", allowed))
    return str(stage)


@pytest.fixture(scope="module")
def plan(small):
    compiled = compile_spec(small, "test")
    assert compiled.plan is not None, [d.message for d in compiled.diagnostics.items]
    return compiled.plan


@pytest.fixture(scope="module")
def finished(plan, tmp_path_factory):
    runs = tmp_path_factory.mktemp("runs")
    said = []
    summary = run(plan, runs, said.append)
    return summary, said, json.loads((summary.folder / "manifest.json").read_text())


def essence(folder):
    """What must not hang on where a run was stopped: records, decisions, adapters."""
    manifest = json.loads((folder / "manifest.json").read_text())
    stages = manifest["stages"]
    for stage in stages:
        for training in stage["training"]:
            for name in ("seconds", "tokens_per_second", "peak_memory_gib"):
                training["result"].pop(name, None)
        stage["answers"].pop("interventions")
    datasets = {name: d["sha256"] for name, d in manifest["datasets"].items()}
    return {"stages": stages, "datasets": datasets, "taints": manifest["taints"]}


def test_every_step_ran_and_a_rehearsal_claims_nothing(plan, finished):
    _, _, manifest = finished
    (stage,) = manifest["stages"]
    ran = {row["step"] for row in stage["funnel"]} | {g["step"] for g in stage["gates"] if g["asked"]}
    ran |= {e["step"] for e in stage["evaluations"] if e["run"]} | {
        t["step"] for t in stage["training"] if t["result"]
    }
    ran |= set(stage["output"]) | {"small.data"}
    assert ran >= {step.id for step in plan.method.stages[0].steps}
    (verdict,) = [e["verdict"] for e in stage["evaluations"] if e["verdict"]]
    assert verdict["outcome"] == "not shown"
    assert any("mock" in taint for taint in manifest["taints"])


def test_records_are_conserved_from_step_to_step(finished):
    summary, _, manifest = finished
    (stage,) = manifest["stages"]
    kept = {row["step"]: row["kept"] for row in stage["funnel"]}
    rejected = {row["step"]: sum(row["rejected"].values()) for row in stage["funnel"]}
    chain = [f"small.{name}" for name in ("ideas", "fresh", "clear", "answers", "clean", "good")]
    for before, after in pairwise(chain):
        assert kept[after] + rejected[after] == kept[before]
    parts = sum(manifest["datasets"][f"small.data.{part}"]["kept"] for part in ("train", "dev"))
    assert parts == kept["small.good"]
    assert kept["small.good"] >= 20
    rows = {name: d["kept"] + d["rejected"] for name, d in manifest["datasets"].items()}
    assert rows["small.fresh"] == kept["small.ideas"]
    assert (summary.folder / "datasets" / "small.fresh.parquet").exists()


def test_what_steps_meant_is_told(finished, plan):
    _, _, manifest = finished
    assert manifest["meanings"] == meanings(plan.method, plan.binding)


def test_what_each_step_asked_is_counted(finished):
    summary, _, manifest = finished
    (stage,) = manifest["stages"]
    tallies = manifest["tallies"]
    assert sum(tally["computed"] for tally in tallies.values()) <= manifest["requests"]["asked"]
    answers = tallies["small.answers"]
    kept = {row["step"]: row["kept"] for row in stage["funnel"]}
    assert answers["asked"] == answers["computed"] == kept["small.clear"]
    assert answers["read"] > answers["written"] > 0
    assert "written" not in tallies["small.good"]
    assert "small.fresh" not in tallies
    events = [json.loads(line) for line in (summary.folder / "journal.jsonl").read_text().splitlines()]
    told = [e for e in events if e["event"] == "step" and e["step"] == "small.answers"]
    assert sum(event["asked"] for event in told) == answers["asked"]
    assert manifest["tallies_before"] == {}


def test_what_a_run_takes_around_its_steps_is_told(finished):
    summary, _, manifest = finished
    around = manifest["around_seconds"]
    assert list(around) == ["start", "proof", "end"]
    assert all(seconds > 0 for seconds in around.values())
    first = json.loads((summary.folder / "journal.jsonl").read_text().splitlines()[0])
    assert first["event"] == "run"
    assert first["start_seconds"] == pytest.approx(around["start"], abs=0.01)


def test_no_held_out_text_is_trained_on(plan, finished):
    import pyarrow.parquet as pq

    summary, _, _ = finished
    trained = (
        pq.read_table(summary.folder / "datasets" / "small.data.train.parquet")
        .column("instruction")
        .to_pylist()
    )
    for name, dataset in plan.method.datasets.items():
        if dataset.role == "held_out":
            held_out = {
                json.loads(line)["instruction"] for line in plan.blobs[dataset.sha256].text.splitlines()
            }
            assert not held_out & set(trained), name


def test_running_it_again_asks_the_engine_nothing_and_ends_the_same(plan, finished, tmp_path):
    summary, _, first = finished
    shutil.copytree(summary.folder.parent, tmp_path / "runs")
    again = run(plan, tmp_path / "runs", silent)
    manifest = json.loads((again.folder / "manifest.json").read_text())
    assert manifest["requests"]["asked"] == 0
    assert (
        manifest["requests"]["known_already"]
        == first["requests"]["asked"] + first["requests"]["known_already"]
    )
    rounding = 0.1  # each round's time is rounded by itself
    assert manifest["seconds_before"] == pytest.approx(first["seconds"], abs=rounding)
    assert manifest["tallies_before"] == first["tallies"]
    assert all(manifest["seconds"][step] >= took - rounding for step, took in first["seconds"].items())
    assert list(manifest["seconds"]) == [s.id for s in plan.method.stages[0].steps]
    assert essence(again.folder) == essence(summary.folder)


@pytest.mark.parametrize("after_events", [120])
def test_a_run_stopped_anywhere_goes_on_and_ends_the_same(plan, finished, tmp_path, after_events):
    summary, _, first = finished
    seen = 0

    def pull_the_plug(event):
        nonlocal seen
        seen += isinstance(event, Advanced)
        if seen > after_events:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(plan, tmp_path, pull_the_plug)
    assert not list(tmp_path.glob("*/manifest.json"))
    again = run(plan, tmp_path, silent)
    manifest = json.loads((again.folder / "manifest.json").read_text())
    assert 0 < manifest["requests"]["asked"] < first["requests"]["asked"] + first["requests"]["known_already"]
    assert essence(again.folder) == essence(summary.folder)


@pytest.fixture
def engines(monkeypatch):
    """The engines that runs start, for whoever wants to kill them: mocks that take their time."""
    started = []
    start = import_module("runtime.bind").start_engines

    def start_engines(*args, **more):
        started.append(start(*args, **more))
        return started[-1]

    monkeypatch.setattr("runtime.bind.start_engines", start_engines)
    monkeypatch.setattr("runtime.engines.host._serve", slow_mock.serve)
    return started


def killing(engines, step, *at):
    """A listener that kills the engine when so many requests of a step have been answered, and keeps what is
    said."""
    said, left = [], list(at)

    def listener(event):
        said.append(event)
        if left and isinstance(event, Advanced) and step in event.key and event.done >= left[0]:
            os.kill(engines[-1].pid, signal.SIGKILL)
            left.pop(0)

    return listener, said


def test_an_engine_that_is_killed_changes_no_record(plan, finished, engines, tmp_path):
    from stagespec.report import render_text, write_report

    undisturbed, _, before = finished
    listener, said = killing(engines, "small.answers", 5)  # of 41, in round 1
    summary = run(plan, tmp_path, listener)
    assert essence(summary.folder) == essence(undisturbed.folder)
    for path in sorted((undisturbed.folder / "datasets").iterdir()):
        assert (summary.folder / "datasets" / path.name).read_bytes() == path.read_bytes()
    manifest = json.loads((summary.folder / "manifest.json").read_text())
    (met,) = manifest["survived"]
    assert (met["step"], met["kind"]) == ("small.answers", "dead engine")
    assert "survived" not in before
    assert manifest["requests"] == before["requests"]  # none was asked, or counted, twice
    events = [e for e in journal.read(summary.folder / journal.NAME) if e["event"] == "survived"]
    assert [{name: event[name] for name in met} for event in events] == [met]
    assert Said(met["told"], "warning") in said
    told = f"dead engine in small.answers: {met['told']}"
    assert f"survived: {told}" in render_text(manifest)
    page = write_report(summary.folder).read_text()
    assert f"interruptions survived</td><td><div>{told}</div>" in page
    assert "interruptions survived" not in write_report(undisturbed.folder).read_text()


def test_an_engine_that_is_killed_twice_stops_the_run_which_then_goes_on(plan, finished, engines, tmp_path):
    listener, _ = killing(engines, "small.answers", 5, 20)  # of 41, in round 1
    with pytest.raises(RunFailed, match=r"The mock engine was ended by signal 9, .* started anew before"):
        run(plan, tmp_path, listener)
    assert not list(tmp_path.glob("*/manifest.json"))
    again = run(plan, tmp_path, silent)
    assert essence(again.folder) == essence(finished[0].folder)
    (met,) = json.loads((again.folder / "manifest.json").read_text())["survived"]  # of the process before
    assert met["step"] == "small.answers"


def test_what_a_training_meets_is_told_where_the_run_is(plan, finished, tmp_path, monkeypatch):
    """A test double: the training is in this process, and its model raises what torch does on a full GPU."""
    import torch

    from runtime.training import adapter

    load = adapter.load

    def loaded(*args):
        model = load(*args)
        forward = model.base_model.model.forward

        def short_of_memory(*args, input_ids, **more):
            if len(input_ids) > 2:
                raise torch.OutOfMemoryError("a test double")
            return forward(*args, input_ids=input_ids, **more)

        model.base_model.model.forward = short_of_memory
        return model

    monkeypatch.setattr(adapter, "load", loaded)
    training = import_module("runtime.steps.train")
    monkeypatch.setattr(training, "run_in_child", lambda method, job, tell, **_: method(job, tell))
    summary = run(plan, tmp_path, silent)
    manifest = json.loads((summary.folder / "manifest.json").read_text())
    assert {(met["step"], met["kind"]) for met in manifest["survived"]} == {
        ("small.student", "out of memory")
    }
    (training,) = manifest["stages"][0]["training"]
    (before,) = finished[2]["stages"][0]["training"]
    assert training["result"]["steps"] == before["result"]["steps"]
    assert training["result"]["losses"][0] == pytest.approx(before["result"]["losses"][0], rel=1e-4)


def test_the_plan_file_alone_is_enough(plan, finished, tmp_path, monkeypatch):
    summary, _, _ = finished
    monkeypatch.chdir(tmp_path)
    carried = plan_of(text_of(plan))
    elsewhere = run(carried, tmp_path / "runs", silent)
    assert essence(elsewhere.folder) == essence(summary.folder)


def test_another_seed_writes_other_instructions(small, finished, tmp_path):
    summary, _, _ = finished
    other = compile_spec(small, "test", seed=1).plan
    assert other is not None
    again = run(other, tmp_path, silent)
    assert essence(again.folder)["datasets"] != essence(summary.folder)["datasets"]


def test_an_edited_plan_is_refused(plan, tmp_path):
    edited = replace(plan, binding=replace(plan.binding, seed=7))
    with pytest.raises(RunFailed, match="hash"):
        run(edited, tmp_path, silent)
    assert not list(tmp_path.iterdir())


def test_the_same_plan_cannot_run_twice_at_once(plan, tmp_path):
    def start_another(event):
        if isinstance(event, Said):
            with pytest.raises(RunFailed, match="already running"):
                run(plan, tmp_path, silent)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(plan, tmp_path, start_another)


def test_what_the_journal_holds_is_what_the_manifest_counts(finished):
    summary, _, manifest = finished
    events = list(journal.read(summary.folder / journal.NAME))
    kept = [e for e in events if e["event"] == "kept" and e["step"] == "small.good"]
    assert len(kept) == manifest["datasets"]["small.good"]["kept"]
    assert events[-1]["event"] == "done"


def test_a_critic_that_cannot_judge_stops_the_run_and_the_report_shows_its_calibration(small, tmp_path):
    from stagespec.report import write_report

    folder = tmp_path / "specs"
    shutil.copytree(Path(small).parent, folder)
    profiles = folder / "profiles.stage"
    profiles.write_text(profiles.read_text().replace("rehearsal = true", ""))
    compiled = compile_spec(str(folder / "stage.stage"), "test")
    assert compiled.plan is not None
    with pytest.raises(RunStopped, match=r"cannot judge|reaches no precision"):
        run(compiled.plan, tmp_path / "runs", silent)
    (manifest_path,) = (tmp_path / "runs").glob("*/manifest.json")
    manifest = json.loads(manifest_path.read_text())
    assert "critic" in manifest["stopped"]
    measured = [c["calibrations"] for c in manifest["critics"] if c["calibrations"]]
    assert measured
    page = write_report(manifest_path.parent).read_text()
    assert f"{measured[0][0]['auc']:.2f}" in page
    assert "stopped" in page


def test_what_the_pipeline_has_no_step_for_runs_too(tmp_path):
    """The pipeline has every kind of step but one: a review, for which somebody would have to be there."""
    folder = Path(shutil.copytree(SMALL, tmp_path / "specs"))
    second, pipeline = compile_spec(str(folder / "second.stage"), "test"), compile_spec(PIPELINE, "mock")
    assert second.plan is not None and pipeline.plan is not None  # noqa: PT018
    plans = (second.plan, pipeline.plan)
    kinds = [{step.kind for stage in one.method.stages for step in stage.steps} for one in plans]
    assert kinds[1] == {*MAPS, *REDUCES, *FITS, *DECIDES} - {"review"}
    assert "review" in kinds[0]
    summary = run(second.plan, tmp_path / "runs", silent)
    manifest = json.loads((summary.folder / "manifest.json").read_text())
    assert (manifest["not_run"], manifest["stopped"]) == ([], None)
    kept = {row["kind"]: row["kept"] for stage in manifest["stages"] for row in stage["funnel"]}
    assert all(kept[kind] for kind in kinds[0] & MAPS.keys())


def test_a_stage_goes_on_with_the_adapter_that_an_open_gate_gave_out(small, tmp_path, monkeypatch):
    """A mock improves nothing, so here the verdicts are made up: where an open gate leads is looked at, and
    nothing is measured. The second stage asks the first one's adapter, and trains on from it."""
    evaluating, training = import_module("runtime.steps.evaluate"), import_module("runtime.steps.train")
    reach, make = evaluating.reach_verdict, training.job_of
    told = {"mcnemar": "improved", "no_worse": "no worse"}
    started = {}

    def made_up(comparison, **of):
        return replace(reach(comparison, **of), outcome=told[comparison.test])

    def job_of(step, work):
        job = make(step, work)
        before = None if job.start_adapter is None else Path(job.start_adapter)
        started[step.id] = before
        asked[step.id] = {model: work.adapter(model) for model in ("base", "small.model")}
        return job

    asked = {}
    monkeypatch.setattr(evaluating, "reach_verdict", made_up)
    monkeypatch.setattr(training, "job_of", job_of)
    plan = compile_spec(str(Path(small).with_name("second.stage")), "test").plan
    assert plan is not None
    summary = run(plan, tmp_path / "runs", silent)
    manifest = json.loads((summary.folder / "manifest.json").read_text())
    given = [stage["output"] for stage in manifest["stages"]]
    assert given == [{"small.model": "small.student"}, {"second.model": "second.student"}]
    first = summary.folder / "adapters" / "small.student"
    assert started["small.student"] is None
    assert started["second.student"] == first
    assert asked["second.student"]["base"] is None
    assert asked["second.student"]["small.model"].folder == first
    config = json.loads((summary.folder / "adapters" / "second.student" / "adapter_config.json").read_text())
    assert config["r"] == json.loads((first / "adapter_config.json").read_text())["r"]
    verdicts = [
        e["verdict"] for stage in manifest["stages"] for e in stage["evaluations"] if e.get("verdict")
    ]
    assert all(verdict["reasons"] for verdict in verdicts)  # that it is a mock stands in each of them


def test_the_pipeline_runs_whole_and_its_report_says_what_was_measured(tmp_path):
    from stagespec.report import write_report

    compiled = compile_spec(PIPELINE, "mock")
    assert compiled.plan is not None
    summary = run(compiled.plan, tmp_path, silent)
    manifest = json.loads((summary.folder / "manifest.json").read_text())
    assert manifest["not_run"] == []
    page = write_report(summary.folder).read_text()
    claims = {}
    for stage in manifest["stages"]:
        assert all(training["result"] for training in stage["training"]), f"{stage['name']} trains"
        assert all(counts["kept"] for counts in stage["funnel"]), f"{stage['name']} keeps records"
        after = next(e for e in stage["evaluations"] if e["step"].endswith(".after"))
        claims[stage["name"]] = after["verdict"]["outcome"]
        assert {"raw", "format", "few_shot", "tuned"} <= set(after["arms"])
        for arm in after["arms"].values():
            assert f"{arm['passed']} of {after['number_of_items']}" in page
        for gate in stage["gates"]:
            for ruled in gate["ruled"]:
                assert ruled["measured"] in page
    assert claims == dict.fromkeys(
        (
            *("explicit_instructions", "implicit_instructions", "generation"),
            *("evaluation", "revision", "constitutional"),
        ),
        "not shown",
    )
    used = [use for stage in manifest["stages"] for use in stage["principles"]]
    assert [use["deciding"] for use in used] == [["constitutional.improved", "constitutional.labelled"]]
    for stage in manifest["stages"]:
        told = {story["learnt_by"] for story in stage["stories"]["learnt"]}
        assert told == {training["step"] for training in stage["training"]}
    assert len(set(manifest["taints"])) == len(manifest["taints"])
    drawn = {row["principle"]: row["drawn"] for use in used for row in use["principles"]}
    assert len(drawn) == 15
    assert sum(drawn.values()) > 0
    assert manifest["plan"]["hashes"]["plan"] in page
    assert "http" not in page.replace("http://www.w3.org", "")
