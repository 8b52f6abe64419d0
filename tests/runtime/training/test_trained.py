"""A training that was done once is found again in any run's folder, if it is the very same one and whole."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from runtime.training import trained
from runtime.training.job import TrainingResult, adapter_digest
from runtime.training.sft import SftJob

Straight = tuple[SftJob, TrainingResult]


@pytest.fixture
def runs(straight: Straight, tmp_path: Path) -> Path:
    """A folder of runs in one of which the training was done."""
    job, result = straight
    there = replace(job, out=str(tmp_path / "runs" / "earlier" / "adapters" / "s.student"))
    trained.copy(Path(job.out), Path(there.out))
    trained.store(there, result)
    return tmp_path / "runs"


def here(job: SftJob, runs: Path) -> SftJob:
    return replace(job, out=str(runs / "later" / "adapters" / "s.tuned"), work=str(runs / "later" / "work"))


def test_found_in_another_run_and_copied(straight: Straight, runs: Path) -> None:
    job = here(straight[0], runs)
    found = trained.find(job, TrainingResult, runs)
    assert found is not None
    result, folder = found
    assert (result, folder) == (straight[1], runs / "earlier" / "adapters" / "s.student")
    trained.copy(folder, Path(job.out))
    assert adapter_digest(Path(job.out)) == result.adapter_sha256
    trained.store(job, result)
    again = trained.find(job, TrainingResult, runs)
    assert again == (result, Path(job.out))


def test_another_job_is_not_found(straight: Straight, runs: Path) -> None:
    job = here(straight[0], runs)
    for change in ({"seed": 12}, {"base_sha256": "other"}, {"loss_on": "whole"}, {"start_adapter": job.out}):
        if "start_adapter" in change:
            trained.copy(Path(straight[0].out), Path(job.out))
        assert trained.find(replace(job, **change), TrainingResult, runs) is None  # type: ignore[arg-type]


@pytest.mark.parametrize("damage", ["weights", "result", "no result", "no adapter"])
def test_what_is_not_whole_is_passed_over(straight: Straight, runs: Path, damage: str) -> None:
    folder = runs / "earlier" / "adapters" / "s.student"
    stored = folder.with_name("s.student.json")
    if damage == "weights":
        (folder / "adapter_model.safetensors").write_bytes(b"other")
    elif damage == "result":
        known = json.loads(stored.read_text())
        known["result"].pop("losses")
        stored.write_text(json.dumps(known))
    elif damage == "no result":
        stored.write_text('{"job": "')
    else:
        (folder / "adapter_config.json").unlink()
    assert trained.find(here(straight[0], runs), TrainingResult, runs) is None
