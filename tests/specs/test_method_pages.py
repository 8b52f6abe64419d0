"""The methods page beside every stage and pipeline is the one that its plan makes."""

from __future__ import annotations

from pathlib import Path

import pytest

from stagespec.checking import stage_files
from stagespec.documenting import page_of
from stagespec.methods.page import MARK

SPECS = Path(__file__).parents[2] / "specs"


@pytest.mark.parametrize("spec", stage_files(SPECS), ids=lambda spec: spec.stem)
def test_the_page_is_current(spec: Path) -> None:
    page = spec.with_suffix(".md")
    assert page.exists(), "stagespec docs specs"
    assert page.read_text(encoding="utf-8") == page_of(spec), "stagespec docs specs"


def test_no_page_has_outlived_its_stage() -> None:
    pages = [path for path in SPECS.rglob("*.md") if path.read_text(encoding="utf-8").startswith(MARK)]
    assert {page.with_suffix(".stage") for page in pages} == set(stage_files(SPECS))
