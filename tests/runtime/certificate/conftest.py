"""One small model folder for all lines."""

from __future__ import annotations

from pathlib import Path

import pytest
from planted import make_folder, sound

from runtime.certificate.evidence import Evidence


@pytest.fixture(scope="session")
def small_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For reading only."""
    return make_folder(tmp_path_factory.mktemp("small"))


@pytest.fixture
def evidence(small_folder: Path) -> Evidence:
    return sound(small_folder)
