"""Folders of the cache are there whole or not at all."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from runtime.models.files import build_once, replace_text


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    def build(folder: Path) -> None:
        (folder / "half").write_text("half")
        raise KeyError("interrupted")

    with pytest.raises(KeyError):
        build_once(tmp_path / "model", build)
    assert [path.name for path in tmp_path.iterdir()] == [".model.lock"]


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    left = tmp_path / ".model.unfinished"
    left.mkdir()
    (left / "half").write_text("half")
    build_once(tmp_path / "model", lambda folder: (folder / "whole").touch())
    assert [path.name for path in (tmp_path / "model").iterdir()] == ["whole"]
    assert not left.exists()


def test_two_processes_build_once(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from runtime.models.files import build_once\n"
        "def build(folder):\n"
        "    Path(sys.argv[1], f'built-{time.monotonic_ns()}').touch(); time.sleep(0.5)\n"
        "build_once(Path(sys.argv[1], 'model'), build)"
    )
    processes = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path)]) for _ in range(3)]
    assert [process.wait(30) for process in processes] == [0, 0, 0]
    assert len(list(tmp_path.glob("built-*"))) == 1
    assert (tmp_path / "model").is_dir()


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from runtime.models.files import build_once\n"
        "build_once(Path(sys.argv[1], 'model'), lambda folder: time.sleep(60))"
    )
    process = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)])
    while not (tmp_path / ".model.unfinished").exists():
        time.sleep(0.01)
    process.kill()
    process.wait()
    build_once(tmp_path / "model", lambda folder: (folder / "whole").touch())
    assert (tmp_path / "model" / "whole").exists()


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file.json"
    replace_text(path, "old")
    with pytest.raises(UnicodeEncodeError):
        replace_text(path, "new \ud800")
    assert path.read_text() == "old"
    assert [entry.name for entry in path.parent.iterdir()] == ["file.json"]
