"""The compiler makes its plans without validating them: here each of them is."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.compile import compile_spec
from compiler.plan.hashing import hashes, plain
from compiler.plan.model import Lora, PlanFile, unvalidated

ROOT = Path(__file__).parents[2]
SPECS = [
    *(str(path) for path in sorted((ROOT / "specs").glob("stage_*.stage"))),
    str(ROOT / "tests" / "compiler" / "good" / "second.stage"),
]


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: Path(path).stem)
def test_every_plan_is_valid_and_the_same_when_it_is_read_back(spec: str) -> None:
    made = compile_spec(spec, "test" if "good" in spec else "mock").plan
    assert made is not None
    read = PlanFile.model_validate_json(made.model_dump_json())
    assert read == made
    assert hashes(read.method, read.binding) == made.hashes
    assert plain(read) == read.model_dump(mode="json") == plain(made)


def test_unknown_fields_are_errors_here_too() -> None:
    with unvalidated(), pytest.raises(TypeError, match="ranks"):
        Lora(ranks=8)  # type: ignore[call-arg]
