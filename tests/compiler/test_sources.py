"""Files that cannot be read, and inputs that no text fixture can hold."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from wrong_cases import GOOD

from compiler.compile import Compiled, compile_spec
from compiler.lock import LOCK


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(GOOD, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def reported(profile: str = "test", entry: str = "stage.stage") -> Compiled:
    return compile_spec(entry, profile)


def codes(compiled: Compiled) -> list[str]:
    return [item.code for item in compiled.diagnostics.items]


def test_a_file_that_is_too_large(folder: Path) -> None:
    (folder / "stage.stage").write_text("# " + "x" * 2_000_001)
    assert codes(reported()) == ["SS102"]


def test_a_binary_file(folder: Path) -> None:
    (folder / "stage.stage").write_bytes(b"GGUF\x00\x00\x01")
    assert codes(reported()) == ["SS105"]


def test_bytes_that_are_not_utf8(folder: Path) -> None:
    (folder / "stage.stage").write_bytes("language 1\n# caf\u00e9".encode("latin-1"))
    compiled = reported()
    assert codes(compiled) == ["SS106"]
    assert "0xe9 in line 2" in compiled.diagnostics.items[0].message


@pytest.mark.parametrize("entry", ["", ".", "none.stage", "no/where.stage", "x" * 300 + ".stage", "a\x00b"])
def test_an_entry_that_is_no_file(folder: Path, entry: str) -> None:
    assert folder.is_dir()
    compiled = reported(entry=entry)
    assert compiled.plan is None
    assert set(codes(compiled)) <= {"SS101", "SS103", "SS104"}


def test_a_file_that_the_system_refuses(folder: Path) -> None:
    (folder / "stage.stage").unlink()
    (folder / "stage.stage").symlink_to("stage.stage")
    assert codes(reported()) == ["SS104"]


@pytest.mark.parametrize("word", ["not ", "( "])
def test_nesting_beyond_reason(folder: Path, word: str) -> None:
    text = (folder / "shared.stage").read_text()
    deep = word * 20_000 + "chars(instruction) == 0" + (" )" * 20_000 if word == "( " else "")
    (folder / "shared.stage").write_text(text.replace("chars(instruction) == 0", deep))
    compiled = reported()
    assert codes(compiled) == (["SS119"] if word == "not " else [])


def test_a_model_that_is_bound_and_not_measured(folder: Path) -> None:
    profiles = (folder / "profiles.stage").read_text()
    (folder / "profiles.stage").write_text(
        profiles.replace("mock()", 'hub("owner/name", revision = "0123")').replace("= mock", "= transformers")
    )
    compiled = reported()
    assert codes(compiled) == ["SS709"]
    assert compiled.plan is not None
    (folder / LOCK).write_text(json.dumps({"models": {"hub:owner/name@0123": {"parameters": 1e8}}}))
    assert codes(reported()) == []


def test_a_damaged_lock(folder: Path) -> None:
    (folder / LOCK).write_text("{")
    assert codes(reported()) == ["SS710"]


def test_a_file_named_by_an_absolute_path(folder: Path) -> None:
    compiled = reported(entry=str(folder / "stage.stage"))
    assert compiled.plan is not None
    assert compiled.plan.hashes == reported().plan.hashes  # type: ignore[union-attr]


def test_nothing_above_the_folder_is_read(folder: Path) -> None:
    (folder / "data" / "seeds.jsonl").unlink()
    (folder / "data" / "seeds.jsonl").symlink_to("/etc/hostname")
    assert codes(reported()) == ["SS501"]
