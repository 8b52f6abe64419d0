"""The archive of the finished run."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def archive(here: Path) -> Path:
    return here / "archive" / "first"
