"""What was frozen can be verified by whoever has this repository: its specs, compiled by this version."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from stagespec.archive import verify
from stagespec.archive.layout import INDEX

ROOT = Path(__file__).parents[2]
FROZEN = sorted(index.parent for index in (ROOT / "archive").glob(f"*/{INDEX}"))


def test_there_are_some() -> None:
    assert FROZEN


@pytest.mark.parametrize("folder", FROZEN, ids=lambda folder: folder.name)
def test_it_verifies(folder: Path) -> None:
    assert [item.code for item in verify(folder).diagnostics if item.severity != "note"] == []


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a clone")
@pytest.mark.parametrize("folder", FROZEN, ids=lambda folder: folder.name)
def test_no_part_is_ignored(folder: Path) -> None:
    """A clone once lacked a plan that the one who froze it had."""
    paths = [str(path) for path in folder.rglob("*") if path.is_file()]
    ignored = subprocess.run(
        ["git", "check-ignore", "--no-index", *paths], cwd=ROOT, capture_output=True, text=True
    )
    assert ignored.stdout == ""
