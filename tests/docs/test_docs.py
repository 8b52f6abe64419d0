"""The documents are true: their specs compile, their commands run, their tables are the compiler's own."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from compiler.compile import compile_spec
from stagespec import diagnostics_text, reference

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
FENCE = re.compile(r"^```(\w*)[ ]?([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A block of code: its language, what its info string says besides, and the line that it begins in."""

    page: str
    line: int
    language: str
    info: str
    text: str

    @property
    def expects(self) -> list[str]:
        found = re.search(r"expects=(\S+)", self.info)
        return sorted(found[1].split(",")) if found else []

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks(page: str) -> Iterator[Block]:
    text = (DOCS / page).read_text(encoding="utf-8")
    for match in FENCE.finditer(text):
        line = text[: match.start()].count("\n") + 1
        yield Block(page, line, match[1], match[2], match[3])


def specs_and_outputs() -> list[tuple[Block, str | None]]:
    """Every stage of the language page, with the output that is shown after it, if any."""
    found = list(blocks("language.md"))
    after = [*found[1:], None]
    return [
        (block, following.text if following and following.language == "text" else None)
        for block, following in zip(found, after, strict=True)
        if block.language == "stage"
    ]


@pytest.fixture(scope="module")
def specs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the spec folder, so that a reader's `specs/tour.stage` is what is compiled."""
    folder = tmp_path_factory.mktemp("docs")
    shutil.copytree(ROOT / "specs", folder / "specs")
    return folder


@pytest.mark.parametrize(
    ("block", "output"), specs_and_outputs(), ids=lambda v: str(v) if isinstance(v, Block) else ""
)
def test_every_spec_compiles_or_fails_as_it_says(
    block: Block, output: str | None, specs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(specs)
    Path("specs/tour.stage").write_text(block.text, encoding="utf-8")
    compiled = compile_spec("specs/tour.stage", "mock")
    found = compiled.diagnostics.items
    assert sorted(item.code for item in found if item.severity != "note") == block.expects
    if output is not None:
        assert diagnostics_text.render(found, compiled.program.sources, colour=False) == output


def test_the_tables_are_the_compilers_own(request: pytest.FixtureRequest) -> None:
    path = DOCS / "language.md"
    page = path.read_text(encoding="utf-8")
    if request.config.option.update_snapshots:
        path.write_text(reference.filled(page), encoding="utf-8")
    assert path.read_text(encoding="utf-8") == reference.filled(page), "pytest tests/docs --snapshot-update"
    assert set(re.findall(r"<!-- generated: (\w+) -->", page)) == set(reference.TABLES)
