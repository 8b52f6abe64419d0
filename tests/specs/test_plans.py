"""Every spec under every profile: what is claimed, what will run, and the screen that people review.

A change of any shows in the snapshots' diff; whoever reviews it sees what an edit really changes.
Data texts, estimates and prices are left out: they are no part of what is claimed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from compiler.compile import compile_spec
from compiler.plan.hashing import plain
from compiler.plan.model import Binding, Method, PlanFile, StepQuote
from stagespec.checking import stage_files
from stagespec.compiling import profiles
from stagespec.dry_run import render_plan

ROOT = Path(__file__).parents[2]
SPECS = [str(path.relative_to(ROOT)) for path in stage_files(ROOT / "specs")]
CASES = [
    pytest.param(spec, profile, id=f"{Path(spec).stem}-{profile}")
    for spec in SPECS
    for profile in profiles(str(ROOT / spec))
]


class TextFile(SingleFileSnapshotExtension):
    _write_mode = WriteMode.TEXT
    file_extension = "txt"


class JsonFile(TextFile):
    file_extension = "json"


@pytest.fixture
def compiled(spec: str, profile: str, monkeypatch: pytest.MonkeyPatch) -> PlanFile:
    monkeypatch.chdir(ROOT)
    result = compile_spec(spec, profile)
    assert result.plan is not None, [item.message for item in result.diagnostics.items]
    return result.plan


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: Path(spec).stem)
def test_what_is_claimed(spec: str, monkeypatch: pytest.MonkeyPatch, snapshot: SnapshotAssertion) -> None:
    """The method, and that it is the same under every profile."""
    monkeypatch.chdir(ROOT)
    plans = [compile_spec(spec, profile).plan for profile in profiles(spec)]
    claimed = {_json({"hash": plan.hashes.method, "method": plan.method}) for plan in plans if plan}
    assert len(claimed) == 1
    assert claimed.pop() == snapshot(extension_class=JsonFile)


@pytest.mark.parametrize(("spec", "profile"), CASES)
def test_what_will_run(compiled: PlanFile, snapshot: SnapshotAssertion) -> None:
    """The binding, beside the hash of both."""
    assert _json({"hash": compiled.hashes.plan, "binding": compiled.binding}) == snapshot(
        extension_class=JsonFile
    )


@pytest.mark.parametrize(("spec", "profile"), CASES)
def test_what_is_reviewed(compiled: PlanFile, snapshot: SnapshotAssertion) -> None:
    text = render_plan(_without_estimates(compiled))
    assert text == snapshot(extension_class=TextFile)
    assert len(text.splitlines()) <= 60, "the first screen no longer fits on a screen"
    assert max(map(len, text.splitlines())) <= 100


def _json(parts: Mapping[str, str | Binding | Method]) -> str:
    return json.dumps(plain(dict(parts)), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _without_estimates(plan: PlanFile) -> PlanFile:
    """The plan without what measuring a model would change: figures, and the note that asks for it."""
    steps = {id: StepQuote(tokens=0, seconds=0, basis="") for id in plan.quote.steps}
    quote = replace(plan.quote, steps=steps, usd_per_hour=None, gpu_gib=None)
    notes = tuple(note for note in plan.notes if note.code != "SS709")
    return replace(plan, quote=quote, notes=notes)
