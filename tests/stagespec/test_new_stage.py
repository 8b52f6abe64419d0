"""`stagespec new stage`: what it writes compiles without a word, and it never writes over anything."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from compiler.format import Formatted, format_source
from stagespec.cli import main
from stagespec.new_stage import TEMPLATE, NotWritten, new_stage

SPECS = Path(__file__).parents[2] / "specs"


@pytest.fixture
def specs(tmp_path: Path) -> Path:
    shutil.copytree(SPECS, tmp_path / "specs")
    return tmp_path / "specs"


def test_what_it_writes_compiles_with_nothing_to_report(specs: Path) -> None:
    path, reported = new_stage("my_stage", specs)
    assert [item for item in reported if item.severity != "note"] == []
    assert "stage my_stage {" in path.read_text(encoding="utf-8")


def test_it_is_laid_out_as_everything_is() -> None:
    text = TEMPLATE.read_text(encoding="utf-8")
    laid_out = format_source(text)
    assert isinstance(laid_out, Formatted)
    assert laid_out.text == text


@pytest.mark.parametrize("name", ["My", "two words", "3rd", "", "../up", "class"])
def test_names(name: str, specs: Path) -> None:
    with pytest.raises(NotWritten, match="no name for a stage"):
        new_stage(name, specs)


@pytest.mark.parametrize(
    ("name", "by"),
    [
        ("base", 'imports it from "shared/models.stage"'),
        ("respond", 'imports it from "shared/prompts.stage"'),
        ("explicit_instructions", 'stage_1_explicit_instructions.stage" defines it'),
        ("complete", 'complete_pipeline.stage" defines it'),
    ],
)
def test_names_that_are_taken(name: str, by: str, specs: Path) -> None:
    before = sorted(specs.iterdir())
    with pytest.raises(NotWritten, match=by):
        new_stage(name, specs)
    assert sorted(specs.iterdir()) == before


def test_nothing_is_written_over(specs: Path) -> None:
    with pytest.raises(NotWritten, match="is there already"):
        new_stage("profiles", specs)


def test_a_folder_without_shared_definitions(tmp_path: Path) -> None:
    with pytest.raises(NotWritten, match="has no shared"):
        new_stage("my_stage", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_command_says_what_comes_next(specs: Path) -> None:
    ended = CliRunner().invoke(main, ["new", "stage", "mine", "--in", str(specs)])
    assert ended.exit_code == 0
    assert "nothing to report" in ended.output
    assert "--dry-run" in ended.output
    again = CliRunner().invoke(main, ["new", "stage", "mine", "--in", str(specs)])
    assert again.exit_code == 2
    assert "is there already" in again.output
