"""Hashes hash meaning: layout and order change nothing, whatever will run or is claimed does."""

from __future__ import annotations

import random
import re
import shutil
from pathlib import Path

import pytest
from wrong_cases import GOOD

from compiler.compile import compile_spec
from compiler.plan.hashing import hashes
from compiler.plan.model import Hashes, PlanFile
from compiler.plan.reading import plan_of, text_of

STAGE = (GOOD / "stage.stage").read_text(encoding="utf-8")
SHARED = (GOOD / "shared.stage").read_text(encoding="utf-8")


def compile_changed(
    folder: Path, name: str = "stage.stage", text: str = STAGE, seed: int | None = None
) -> PlanFile:
    shutil.copytree(GOOD, folder, dirs_exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    compiled = compile_spec(str(folder / "stage.stage"), "test", seed)
    assert compiled.plan is not None, compiled.diagnostics.items
    return compiled.plan


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Hashes:
    return compile_changed(tmp_path_factory.mktemp("plain")).hashes


def blocks(text: str, indent: str) -> list[str]:
    """The text cut before each block at an indentation; what comes first is a piece of its own."""
    return re.split(rf"\n(?={indent}\w+ \w+(?:\([^)]*\))? (?:\{{|=))", text)


@pytest.mark.parametrize("seed", range(6))
def test_order_of_definitions_means_nothing(tmp_path: Path, plain: Hashes, seed: int) -> None:
    head, *parts = blocks(SHARED, "")
    random.Random(seed).shuffle(parts)
    assert compile_changed(tmp_path, "shared.stage", "\n".join([head, *parts])).hashes == plain


@pytest.mark.parametrize("seed", range(6))
def test_order_of_steps_means_nothing(tmp_path: Path, plain: Hashes, seed: int) -> None:
    start = STAGE.index("  generate ideas")
    head, body = STAGE[:start], STAGE[start:].rstrip().removesuffix("}")
    parts = blocks("\n" + body.rstrip(), "  ")[1:]
    assert len(parts) == 14
    random.Random(seed).shuffle(parts)
    assert compile_changed(tmp_path, text=head + "\n".join(parts) + "\n}\n").hashes == plain


def test_order_of_fields_means_nothing(tmp_path: Path, plain: Hashes) -> None:
    lines = STAGE.split("\n")
    starts = [i for i, line in enumerate(lines) if re.match(r"  (filter|judge|split) \w+ \{$", line)]
    for start in starts:
        end = next(i for i in range(start, len(lines)) if lines[i] == "  }")
        lines[start + 1 : end] = reversed(lines[start + 1 : end])
    assert compile_changed(tmp_path, text="\n".join(lines)).hashes == plain


@pytest.mark.parametrize(
    "relaid",
    [
        pytest.param(lambda text: re.sub(r"\n", '  # a remark { [ ( " \n', text), id="comments"),
        pytest.param(lambda text: re.sub(r" +", " ", text), id="spaces"),
        pytest.param(lambda text: re.sub(r"\n+", "\n\n\n", text), id="blank lines"),
        pytest.param(lambda text: text.replace("\n", "\r\n"), id="line ends of Windows"),
        pytest.param(lambda text: "\ufeff" + text, id="byte order mark"),
        pytest.param(lambda text: text.replace(" = ", "="), id="tight"),
        pytest.param(
            lambda text: text.replace("100 kept", "1_00 kept").replace("1.0 nats", "1 nats"), id="digits"
        ),
        pytest.param(lambda text: text.replace("90 %", "90.0%"), id="units"),
    ],
)
def test_layout_means_nothing(tmp_path: Path, plain: Hashes, relaid) -> None:  # type: ignore[no-untyped-def]
    assert relaid(STAGE) != STAGE
    assert compile_changed(tmp_path, text=relaid(STAGE)).hashes == plain


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("shared.stage", "Some tasks:", "Some more tasks:"),
        ("shared.stage", "words(instruction) > 12", "words(instruction) > 11"),
        ("shared.stage", "/\\n(Task|Answer):/", "/\\n(Task|Reply):/"),
        ("shared.stage", 'lead = "\\n"', 'lead = "\\n\\n"'),
        ("shared.stage", "sample(worked, 2)", "sample(worked, 3)"),
        ("stage.stage", "temperature = 0.4", "temperature = 0.5"),
        ("stage.stage", "margin >= 1.0 nats", "margin >= 1.5 nats"),
        ("stage.stage", "before.few_shot.check < 70 %", "before.few_shot.check <= 70 %"),
        ("stage.stage", "tuned over few_shot", "tuned over raw"),
        ("stage.stage", "100 kept", "101 kept"),
    ],
)
def test_what_is_claimed_is_hashed(tmp_path: Path, plain: Hashes, name: str, old: str, new: str) -> None:
    text = (GOOD / name).read_text(encoding="utf-8")
    assert text.count(old) == 1
    changed = compile_changed(tmp_path, name, text.replace(old, new)).hashes
    assert changed.method != plain.method
    assert changed.plan != plain.plan


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("scale     = 50 %", "scale = 60 %"),
        ("engine    = mock", "engine = transformers"),
        ("20 kept", "70 kept"),
    ],
)
def test_the_method_is_free_of_the_profile(tmp_path: Path, plain: Hashes, old: str, new: str) -> None:
    text = (GOOD / "profiles.stage").read_text(encoding="utf-8").replace(old, new)
    changed = compile_changed(tmp_path, "profiles.stage", text).hashes
    assert changed.method == plain.method
    assert changed.plan != plain.plan


def test_the_seed_is_part_of_the_plan_alone(tmp_path: Path, plain: Hashes) -> None:
    changed = compile_changed(tmp_path, seed=7).hashes
    assert changed.method == plain.method
    assert changed.plan != plain.plan


def test_price_and_hardware_are_in_no_hash(tmp_path: Path, plain: Hashes) -> None:
    text = (GOOD / "profiles.stage").read_text(encoding="utf-8")
    dearer = text.replace(
        "rehearsal = true", 'rehearsal = true\n  price = 3 usd per h\n  hardware = "a desk"'
    )
    assert compile_changed(tmp_path, "profiles.stage", dearer).hashes == plain
    rented = text.replace(
        "rehearsal = true", 'rehearsal = true\n  gpu = { name = "H200", price = 3 usd per h }'
    )
    assert compile_changed(tmp_path, "profiles.stage", rented).hashes == plain


def test_a_plan_survives_its_file(tmp_path: Path) -> None:
    plan = compile_changed(tmp_path)
    read = plan_of(text_of(plan))
    assert read == plan
    assert hashes(read.method, read.binding) == plan.hashes
