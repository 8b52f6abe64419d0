"""Folders, the hub, and the mock model."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from compiler.plan.model import FolderSource, HubSource, MockSource, ModelBinding
from runtime.failures import RunFailed
from runtime.models import mock_model
from runtime.models.local import cache_root
from runtime.models.obtain import obtain

MOCK_SHA256 = "a12054914d5e2f493bd87cf696d2f53884f6277a639d6878494f1ae8899d9404"


def _bind_folder(path: Path) -> ModelBinding:
    return ModelBinding(source=FolderSource(path=str(path)), precision="float32")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "checkpoint"
    path.mkdir()
    mock_model.build(path)
    return path


def test_the_mock_model_is_the_same_everywhere(tmp_path: Path) -> None:
    local = obtain("base", ModelBinding(source=MockSource(), precision="float32"), cache=tmp_path)
    assert local.sha256 == MOCK_SHA256


def test_a_folder_is_used_where_it_lies(folder: Path, tmp_path: Path) -> None:
    local = obtain("base", _bind_folder(folder), cache=tmp_path)
    assert (local.folder, local.sha256, local.source) == (folder, MOCK_SHA256, "folder checkpoint")
    assert local.names == ("checkpoint",)


@pytest.mark.parametrize("missing", ["config.json", "tokenizer.json", "model.safetensors"])
def test_what_a_folder_lacks_is_named(folder: Path, tmp_path: Path, missing: str) -> None:
    (folder / missing).unlink()
    with pytest.raises(RunFailed, match="weights" if missing.startswith("model") else missing):
        obtain("base", _bind_folder(folder), cache=tmp_path)


def test_missing_shards_are_named(folder: Path, tmp_path: Path) -> None:
    index = {"weight_map": {"a": "model.safetensors", "b": "model-00002-of-00002.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(RunFailed, match="lacks the weights model-00002-of-00002"):
        obtain("base", _bind_folder(folder), cache=tmp_path)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RunFailed, match="which is not there"):
        obtain("base", _bind_folder(tmp_path / "nowhere"), cache=tmp_path)


def test_the_hub_out_of_reach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    binding = ModelBinding(source=HubSource(repository="someone/model", revision="main"), precision="bf16")
    with pytest.raises(
        RunFailed, match=r"'base' \(someone/model\) can't be downloaded: the hub was not"
    ) as failure:
        obtain("base", binding, cache=tmp_path)
    assert "bind the model as a folder" in failure.value.help


def test_the_cache_is_where_the_user_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("STAGESPEC_CACHE", raising=False)
    assert cache_root() == tmp_path / "stagespec"
    monkeypatch.setenv("STAGESPEC_CACHE", str(tmp_path / "own"))
    assert cache_root() == tmp_path / "own"
    assert cache_root(tmp_path / "given") == tmp_path / "given"


def test_the_parent_never_loads_torch(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from compiler.plan.model import MockSource, ModelBinding\n"
        "from runtime.models.obtain import obtain; from runtime.models.tokens import Tokens\n"
        "import runtime.certificate, runtime.models.lock\n"
        "binding = ModelBinding(source=MockSource(), precision='float32')\n"
        "local = obtain('m', binding, cache=Path(sys.argv[1]))\n"
        "Tokens.from_folder(local.folder)\n"
        "sys.exit(any(name in sys.modules for name in ('torch', 'transformers', 'huggingface_hub')))"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    assert done.returncode == 0
