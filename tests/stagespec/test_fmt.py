"""`stagespec fmt`: what it writes, what it says, and what it leaves alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from compiler.compile import compile_spec
from stagespec.cli import main

ROOT = Path(__file__).parents[2]
UGLY = 'language 1\n\nmodel base { # why\n  kind=raw\n  doc = "A model."\n}\n'
TIDY = 'language 1\n\nmodel base {   # why\n  kind = raw\n  doc  = "A model."\n}\n'
WRONG = "language 1\nmodel base {\n  kind raw\n}\n"


def fmt(*arguments: str, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(main, ["fmt", *arguments], input=stdin, prog_name="stagespec")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an ugly and a tidy file, one of them in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "ugly.stage").write_text(UGLY)
    (tmp_path / "tidy.stage").write_text(TIDY)
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_specs_are_formatted() -> None:
    result = fmt("--check", str(ROOT / "specs"))
    assert (result.exit_code, result.stdout) == (0, ""), result.output


def test_files_are_written_only_if_changed(folder: Path) -> None:
    before = (folder / "tidy.stage").stat()
    result = fmt()
    assert (result.exit_code, result.stdout) == (0, "formatted shared/ugly.stage\n")
    assert result.stderr == "formatted 1, 1 as they should be\n"
    assert contents(folder) == {"shared/ugly.stage": TIDY.encode(), "tidy.stage": TIDY.encode()}
    after = (folder / "tidy.stage").stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)
    assert fmt("tidy.stage", "shared").stderr == "formatted 0, 2 as they should be\n"


def test_check_lists_and_writes_nothing(folder: Path) -> None:
    before = contents(folder)
    result = fmt("--check", ".")
    assert (result.exit_code, result.stdout) == (1, "would change shared/ugly.stage\n")
    assert contents(folder) == before
    assert fmt("--check", "tidy.stage").exit_code == 0


def test_diff_shows_and_writes_nothing(folder: Path) -> None:
    before = contents(folder)
    result = fmt("--diff")
    assert result.exit_code == 0
    assert result.stdout == (
        "--- shared/ugly.stage\n+++ shared/ugly.stage (formatted)\n@@ -1,6 +1,6 @@\n language 1\n \n"
        '-model base { # why\n-  kind=raw\n-  doc = "A model."\n'
        '+model base {   # why\n+  kind = raw\n+  doc  = "A model."\n }\n'
    )
    assert contents(folder) == before
    assert fmt("--diff", "--check").exit_code == 1


def test_a_diff_tells_of_a_line_end_that_is_missing(folder: Path) -> None:
    (folder / "tidy.stage").write_text(TIDY.rstrip())
    assert "-}\n\\ No newline at end of file\n+}\n" in fmt("--diff", "tidy.stage").stdout


def test_line_ends_of_windows_go(folder: Path) -> None:
    (folder / "tidy.stage").write_bytes(TIDY.replace("\n", "\r\n").encode("utf-8-sig"))
    assert fmt("tidy.stage").stdout == "formatted tidy.stage\n"
    assert (folder / "tidy.stage").read_bytes() == TIDY.encode()


def test_a_file_with_errors_is_left_alone_and_the_others_are_formatted(folder: Path) -> None:
    (folder / "wrong.stage").write_text(WRONG)
    result = fmt()
    assert result.exit_code == 1
    assert "error[SS115]" in result.stderr
    assert "wrong.stage:3:8" in result.stderr
    assert (folder / "wrong.stage").read_text() == WRONG
    assert (folder / "shared" / "ugly.stage").read_text() == TIDY


def test_a_file_that_cannot_be_read_is_a_diagnostic(folder: Path) -> None:
    (folder / "binary.stage").write_bytes(bytes(range(256)))
    assert "error[SS105]" in fmt("binary.stage").stderr
    result = fmt("nowhere.stage")
    assert result.exit_code == 1
    assert "error[SS103]" in result.stderr


def test_standard_input_goes_to_standard_output() -> None:
    result = fmt("-", stdin=UGLY)
    assert (result.exit_code, result.stdout, result.stderr) == (0, TIDY, "")
    assert fmt("-", stdin=TIDY).stdout == TIDY
    assert fmt("-", "--check", stdin=UGLY).exit_code == 1
    assert fmt("-", "--check", stdin=TIDY).exit_code == 0
    assert "+  kind = raw\n" in fmt("-", "--diff", stdin=UGLY).stdout


def test_standard_input_with_errors() -> None:
    result = fmt("-", stdin=WRONG)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "<stdin>:3:8" in result.stderr
    result = fmt("-", stdin="é".encode("latin-1"))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "not UTF-8" in result.stderr


def test_wrong_use_is_exit_2(folder: Path) -> None:
    for wrong in (["-", "tidy.stage"], ["--nope"]):
        assert fmt(*wrong).exit_code == 2
    (folder / "empty").mkdir()
    result = fmt("empty")
    assert result.exit_code == 1
    assert "there is no .stage file in empty" in result.stderr


def test_hidden_folders_are_left_alone(folder: Path) -> None:
    (folder / ".venv").mkdir()
    (folder / ".venv" / "ugly.stage").write_text(UGLY)
    fmt()
    assert (folder / ".venv" / "ugly.stage").read_text() == UGLY


def test_links_and_permissions_stay(folder: Path) -> None:
    target = folder / "shared" / "ugly.stage"
    target.chmod(0o640)
    (folder / "link.stage").symlink_to(target)
    fmt("link.stage")
    assert (folder / "link.stage").is_symlink()
    assert target.read_text() == TIDY
    assert target.stat().st_mode & 0o777 == 0o640


@pytest.mark.usefixtures("folder")
def test_a_full_disk_is_one_sentence_and_the_file_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    result = fmt("shared")
    assert result.exit_code == 4
    assert "is full" in result.stderr
    assert Path("shared/ugly.stage").read_text() == UGLY


def test_formatting_changes_no_plan(specs: Path) -> None:
    for name in ("stage.stage", "shared.stage", "profiles.stage"):
        path = specs / name
        path.write_text(path.read_text().replace(" = ", "=").replace("  ", "\t"))
    before = compile_spec(f"{specs.name}/stage.stage", "test").plan
    result = fmt(*(f"{specs.name}/{name}.stage" for name in ("stage", "shared", "profiles")))
    after = compile_spec(f"{specs.name}/stage.stage", "test").plan
    assert result.stderr == "formatted 3, 0 as they should be\n"
    assert before is not None
    assert after is not None
    assert after.hashes == before.hashes
