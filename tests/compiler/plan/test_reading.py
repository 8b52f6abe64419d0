"""The compiler makes its plans without validating them: here each of them is, as when it is read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from compiler.compile import compile_spec
from compiler.plan.hashing import hashes, plain
from compiler.plan.model import Lora, PlanFile
from compiler.plan.reading import adapter, plan_of, text_of

ROOT = Path(__file__).parents[3]
GOOD = str(ROOT / "tests" / "compiler" / "good" / "second.stage")
SPECS = [*(str(path) for path in sorted((ROOT / "specs").glob("stage_*.stage"))), GOOD]


def compiled(spec: str) -> PlanFile:
    plan = compile_spec(spec, "test" if "good" in spec else "mock").plan
    assert plan is not None
    return plan


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: Path(path).stem)
def test_every_plan_is_valid_and_the_same_when_it_is_read_back(spec: str) -> None:
    made = compiled(spec)
    read = plan_of(text_of(made))
    assert read == made
    assert hashes(read.method, read.binding) == made.hashes
    assert plain(read) == plain(made) == json.loads(text_of(made))
    unsaid = adapter(PlanFile).dump_python(made, mode="json")  # with what is left out where it is not said
    assert adapter(PlanFile).validate_python(unsaid) == made


def test_parts_stand_in_the_file_in_the_order_of_their_fields() -> None:
    made = compiled(GOOD)
    whole = json.loads(text_of(made))
    assert json.dumps(whole) == json.dumps(plain(made))
    assert list(whole)[:3] == ["stagespec_plan", "compiler", "hashes"]


@pytest.mark.parametrize(
    ("change", "place", "said"),
    [
        ({"surplus": 1}, ("surplus",), "Unexpected keyword argument"),
        ({"method": {"surplus": 1}}, ("method", "surplus"), "Unexpected keyword argument"),
        ({"binding": {"scale": "much"}}, ("binding", "scale"), "Input should be a valid number"),
    ],
)
def test_what_no_plan_can_hold_is_refused(change: dict, place: tuple, said: str) -> None:
    whole = json.loads(text_of(compiled(GOOD)))
    for key, value in change.items():
        whole[key] = {**whole[key], **value} if isinstance(value, dict) else value
    with pytest.raises(ValidationError) as refused:
        plan_of(json.dumps(whole))
    assert [error["loc"] for error in refused.value.errors()] == [place]
    assert said in refused.value.errors()[0]["msg"]


def test_a_step_is_read_as_what_its_kind_says() -> None:
    whole = json.loads(text_of(compiled(GOOD)))
    steps = whole["method"]["stages"][0]["steps"]
    judge = next(number for number, step in enumerate(steps) if step["kind"] == "judge")
    del steps[judge]["critic"]
    with pytest.raises(ValidationError) as refused:
        plan_of(json.dumps(whole))
    assert [error["loc"][-3:] for error in refused.value.errors()] == [(judge, "judge", "critic")]


def test_parts_alone_are_read_too() -> None:
    whole = {"rank": 8, "alpha": 16, "dropout": 0.0, "modules": "all_linear"}
    assert adapter(Lora).validate_python(whole) == Lora(rank=8, alpha=16, dropout=0.0, modules="all_linear")
    with pytest.raises(ValidationError, match="modules"):
        adapter(Lora).validate_python({**whole, "modules": "all"})
