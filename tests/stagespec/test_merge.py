"""A trained model of a finished run as one checkpoint."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from runtime.certificate import CertificateLine, merge_parity
from runtime.models.merged import MERGED
from stagespec import merging
from stagespec.cli import main


def merged(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["merge", *map(str, arguments)], prog_name="stagespec")


def give_out(finished: Path) -> None:
    """As after a gate that opened; no mock can open it."""
    path = finished / "manifest.json"
    manifest = json.loads(path.read_text())
    assert manifest["stages"][0]["output"] == {"small.model": "base"}
    manifest["stages"][0]["output"]["small.model"] = "small.student"
    path.write_text(json.dumps(manifest))


def test_a_stages_model_and_its_origin(finished: Path, here: Path) -> None:
    give_out(finished)
    result = merged(finished, "small.model", "whole")
    assert result.exit_code == 0, result.output
    assert "small.student and its base are in whole\n" in result.stdout
    assert "differ by no more than" in result.stdout
    assert "given out by no stage" not in result.stderr
    whole = here / "whole"
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= {path.name for path in whole.iterdir()}
    origin = json.loads((whole / MERGED).read_text())
    manifest = json.loads((finished / "manifest.json").read_text())
    assert origin["base"]["sha256"] == manifest["model"]["sha256"]
    assert origin["adapter"]["step"] == "small.student"
    assert origin["parity"]["passed"]
    again = merged(finished, "small.student", "whole")
    assert (again.exit_code, again.stderr) == (1, 'error: "whole" is there already; name a new folder\n')


def test_what_was_withheld_is_merged_by_its_own_name_alone(finished: Path, here: Path) -> None:
    refused = merged(finished, "small.model", "whole")
    assert refused.exit_code == 1
    assert "small.model is base: no stage up to it gave out a trained model" in refused.stderr
    assert "Trained were small.student" in refused.stderr
    assert not (here / "whole").exists()
    told = merged(finished, "small.student", "whole")
    assert told.exit_code == 0, told.output
    assert "small.student was given out by no stage" in told.stderr


def spoil(finished: Path) -> None:
    path = finished / "adapters" / "small.student" / "adapter_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "lora_alpha": 99}))


def take_away(finished: Path) -> None:
    shutil.rmtree(finished / "adapters" / "small.student")


@pytest.mark.parametrize(
    ("harm", "model", "sentence"),
    [
        (lambda _: None, "big.model", 'no trained model "big.model". Trained were small.student.'),
        (spoil, "small.student", "is not the one that the run trained"),
        (take_away, "small.student", "does not hold the weights of small.student"),
    ],
)
def test_what_is_not_there_is_refused(
    finished: Path, here: Path, harm: object, model: str, sentence: str
) -> None:
    assert callable(harm)
    harm(finished)
    result = merged(finished, model, "whole")
    assert result.exit_code == 1
    assert sentence in result.stderr
    assert not (here / "whole").exists()


@pytest.mark.parametrize(
    ("place", "free", "sentence"),
    [
        ("file/whole", 2**40, '"file" cannot be written: Not a directory'),
        ("whole", 2**10, 'the disk that holds "." has 0.0 GiB free, and the model may take 0.0'),
    ],
)
def test_where_it_cannot_be_written(
    finished: Path, here: Path, monkeypatch: pytest.MonkeyPatch, place: str, free: int, sentence: str
) -> None:
    (here / "file").touch()
    monkeypatch.setattr(merging.shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    result = merged(finished, "small.student", place)
    assert result.exit_code == 4
    assert sentence in result.stderr
    assert "Name a folder elsewhere." in result.stderr
    assert [path.name for path in here.iterdir() if "whole" in path.name] == []


def test_a_merged_model_that_differs_is_not_kept(
    finished: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def another(*given: Any) -> CertificateLine:
        return replace(merge_parity(*given), passed=False)

    monkeypatch.setattr(merging, "merge_parity", another)
    result = merged(finished, "small.student", "whole")
    assert result.exit_code == 3
    assert "another than base and adapter" in result.stderr
    assert [path.name for path in here.iterdir() if "whole" in path.name] == []
