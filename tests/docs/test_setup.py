"""What the pages of setup and standards say of the code, held against the code."""

from __future__ import annotations

import re
import shlex
import shutil
import tomllib
from pathlib import Path

import pytest
from blocks import DOCS, ROOT, Block, blocks
from click.testing import CliRunner

from stagespec.cli import main
from stagespec.compiling import profiles

SETUP = (DOCS / "TECHNICAL_SETUP.md").read_text(encoding="utf-8")
SOURCES = [path for house in ("compiler", "runtime", "stagespec") for path in (ROOT / house).rglob("*.py")]
READ = re.compile(r'environ\.(?:get|setdefault)\(\s*"(\w+)"')
SET = re.compile(r'environ\["(\w+)"\] = ')


def table(marker: str) -> list[list[str]]:
    """The first table after a comment, cell by cell, without its head."""
    text = SETUP.partition(f"<!-- {marker} -->")[2]
    found = re.search(r"^(\|.*\|\n)+", text, re.MULTILINE)
    assert found
    return [re.split(r"(?<!\\)\|", row)[1:-1] for row in found[0].splitlines()[2:]]


def sources() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)


@pytest.mark.parametrize(("marker", "pattern"), [("variables: read", READ), ("variables: set", SET)])
def test_the_variables_are_those_of_the_code(marker: str, pattern: re.Pattern[str]) -> None:
    named = [name for row in table(marker) for name in re.findall(r"`([A-Z_]+)`", row[0])]
    assert sorted(named) == sorted(set(pattern.findall(sources())))


def test_the_versions_are_those_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [line for lines in project["optional-dependencies"].values() for line in lines]
    for package in ("torch", "transformers", "vllm"):
        (line,) = [line for line in wanted if re.match(rf"{package}\W", line)]
        stated = re.search(rf"^\| {package} \| `([^`]+)` \|", SETUP, re.MULTILINE | re.IGNORECASE)
        assert stated, package
        assert line == package + stated[1]
    assert project["requires-python"] == ">=3.11"
    assert "| Python | 3.11 or newer" in SETUP


def test_each_profile_is_there_once() -> None:
    section = SETUP.partition("## What runs where")[2].partition("\n## ")[0]
    named = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    assert sorted(named) == profiles(str(ROOT / "specs" / "stage_1_explicit_instructions.stage"))


def test_the_messages_are_those_of_the_code() -> None:
    code = sources()
    said = [found[1] for row in table("symptoms") if (found := re.match(r"\s*`([^`]+)`", row[0]))]
    assert len(said) > 10
    assert [message for message in said if message not in code] == []


@pytest.mark.parametrize("block", [b for b in blocks("TECHNICAL_SETUP.md") if b.language == "sh"], ids=str)
def test_commands_end_well(block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that install or run something say why they are not run here."""
    if "skipped=" in block.info:
        assert re.search(r'skipped="[a-z]', block.info)
        return
    shutil.copytree(ROOT / "specs", tmp_path / "specs")
    monkeypatch.chdir(tmp_path)
    for line in block.text.splitlines():
        program, *arguments = shlex.split(line)
        assert program == "stagespec"
        ended = CliRunner().invoke(main, arguments)
        assert ended.exit_code == 0, ended.output


@pytest.mark.parametrize("page", sorted(path.name for path in DOCS.glob("*.md")))
def test_tests_that_are_named_exist(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    for file, name in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text):
        assert re.search(rf"^def {name}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE), name
