"""What plans say of time and money, against archived runs that the saying was not fitted to.

Constants are fitted to `fitted/gpu_small` and `fitted/laptop_half` (see `fitted/README.md`); of what a GPU
run takes around its steps, to the benchmark and the rehearsal. Each archived run's specs are compiled anew
with what is named as seen before, and compared with what the run took.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import pytest

from compiler.compile import compile_spec
from compiler.plan.model import Quote
from stagespec.earlier_runs import earlier_runs

ROOT = Path(__file__).parents[2]
ARCHIVE = ROOT / "archive"
FITTED = Path(__file__).parent / "fitted"
TOOK = Path(__file__).parent / "took"
WITHIN = 0.25
FIRST = TOOK / "gpu_first"
# Of the whole command on the GPU, by the clock outside it.
GPU_RUN_S = 886.0

Quoted = Callable[..., Quote]


def manifest(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ARCHIVE / name / "manifest.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture
def quoted(monkeypatch: pytest.MonkeyPatch) -> Quoted:
    def quoted(name: str, profile: str, *seen: Path) -> Quote:
        monkeypatch.chdir(ARCHIVE / name / "specs")
        runs = earlier_runs([folder / "manifest.json" for folder in seen])
        assert len(runs) == len(seen)
        # unchecked, since a check of method may have come after the run
        plan = compile_spec("complete_pipeline.stage", profile, None, runs, unchecked=True).plan
        assert plan is not None
        return plan.quote

    return quoted


def closed(name: str) -> frozenset[str]:
    """The stages whose quality gates the run found closed."""
    return frozenset(
        stage["name"]
        for stage in manifest(name)["stages"]
        if any(gate["kind"] == "quality" and gate["asked"] and not gate["open"] for gate in stage["gates"])
    )


def took(name: str, stages: Collection[str]) -> float:
    """Seconds of all steps of these stages, of all processes of the run."""
    seconds = manifest(name)["seconds"]
    return sum(s for id, s in seconds.items() if id.partition(".")[0] in stages)


def said(quote: Quote, stages: Collection[str]) -> float:
    return sum(step.seconds for id, step in quote.steps.items() if id.partition(".")[0] in stages)


@pytest.mark.parametrize(
    "seen",
    [[FIRST, ARCHIVE / "gpu-six-stages-rehearsal"], [FITTED / "gpu_small"], []],
    ids=["before", "gpu_small", "assumed"],
)
def test_time_and_money_of_the_gpu_run(quoted: Quoted, seen: list[Path]) -> None:
    """With the gates as they fell: the whole command, and its steps alone. "before" is what was said before
    the run, from the two that there were. Those had seen stages 5 and 6 closed too, which were mended since,
    so of its own accord the plan said too little."""
    quote = quoted("gpu-six-stages", "pod_gemma", *seen)
    ended = closed("gpu-six-stages")
    assert ended
    assert not seen or set(quote.closed) > ended
    assert quote.seconds(ended) == pytest.approx(GPU_RUN_S, rel=WITHIN)
    assert quote.usd(quote.seconds(ended)) == pytest.approx(2.49 * GPU_RUN_S / 3600, rel=WITHIN)
    steps = sum(manifest("gpu-six-stages")["seconds"].values())
    assert quote.seconds(ended) - quote.around_seconds == pytest.approx(steps, rel=WITHIN)
    assert quote.seconds(ended) < quote.seconds()


def test_stages_of_the_gpu_run_as_said_before_it(quoted: Quoted) -> None:
    """Each stage that did not end at its pilot."""
    quote = quoted("gpu-six-stages", "pod_gemma", FIRST, ARCHIVE / "gpu-six-stages-rehearsal")
    for stage in ("explicit_instructions", "evaluation", "revision", "constitutional"):
        assert said(quote, {stage}) == pytest.approx(took("gpu-six-stages", {stage}), rel=WITHIN)


@pytest.mark.parametrize("seen", [FITTED / "gpu_small", FIRST], ids=lambda path: path.name)
def test_stages_of_the_rehearsal(quoted: Quoted, seen: Path) -> None:
    """Those whose answers had to be computed; stages 1 and 4 it had from the run before it."""
    stages = {"implicit_instructions", "generation", "revision", "constitutional"}
    quote = quoted("gpu-six-stages-rehearsal", "pod_gemma", seen)
    assert said(quote, stages) == pytest.approx(took("gpu-six-stages-rehearsal", stages), rel=WITHIN)


@pytest.mark.parametrize("seen", [[], [FITTED / "laptop_half"]], ids=["assumed", "laptop_half"])
def test_stages_on_a_laptop(quoted: Quoted, seen: list[Path]) -> None:
    """The four stages that speeds were not fitted to, and all six, beside the run that computed all answers:
    the archived one, of specs that were mended since, had most of them from it."""
    quote = quoted("laptop-six-stages", "laptop", *seen)
    seconds = json.loads((TOOK / "laptop_six_stages.json").read_text(encoding="utf-8"))["seconds"]
    four = {"explicit_instructions", "implicit_instructions", "generation", "evaluation"}
    for stages in (four, four | {"revision", "constitutional"}):
        whole = sum(s for id, s in seconds.items() if id.partition(".")[0] in stages)
        assert said(quote, stages) == pytest.approx(whole, rel=WITHIN)
