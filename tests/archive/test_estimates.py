"""What plans say of time and money, against archived runs that the saying was not fitted to.

Constants are fitted to `fitted/gpu_small` and `fitted/laptop_half` (see `fitted/README.md`); of what a GPU
run takes around its steps, to the benchmark and the rehearsal. Each archived run's specs are compiled anew
with what is named as seen before, and compared with what the run took. Of the runs before it the newest says
what its steps meant (computed from its plan when it had been replaced); from the others, of other specs, only
how fast they were is taken.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from compiler.compile import compile_spec
from compiler.estimate import Run
from compiler.plan.model import Quote
from stagespec.earlier_runs import earlier_runs

ROOT = Path(__file__).parents[2]
ARCHIVE = ROOT / "archive"
FITTED = Path(__file__).parent / "fitted"
TOOK = Path(__file__).parent / "took"
WITHIN = 0.25
GPU_RUN = "gpu-six-stages"
# Of the whole command on the GPU, by the clock outside it; its 166 s until the engines had started are those
# of a machine that had compiled nothing.
GPU_RUN_S = 1206.9
# The newest first.
BEFORE = tuple(TOOK / name for name in ("gpu_third", "gpu_second", "gpu_rehearsal", "gpu_first"))
SMALL = (FITTED / "gpu_small",)

Quoted = Callable[..., Quote]


def manifest(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ARCHIVE / name / "manifest.json").read_text(encoding="utf-8"))
    return found


def runs(*folders: Path) -> tuple[Run, ...]:
    read = earlier_runs([folder / "manifest.json" for folder in folders])
    assert len(read) == len(folders)
    return read


@pytest.fixture
def quoted(monkeypatch: pytest.MonkeyPatch) -> Quoted:
    def quoted(name: str, profile: str, seen: Collection[Run]) -> Quote:
        monkeypatch.chdir(ARCHIVE / name / "specs")
        # unchecked, since a check of method may have come after the run
        plan = compile_spec("complete_pipeline.stage", profile, None, seen, unchecked=True).plan
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


def took(name: str) -> dict[str, float]:
    """Seconds of all steps of each stage, of all processes of the run."""
    return by_stage(manifest(name)["seconds"])


def said(quote: Quote) -> dict[str, float]:
    """Seconds of all steps of each stage."""
    return by_stage({id: step.seconds for id, step in quote.steps.items()})


def by_stage(seconds: Mapping[str, float]) -> dict[str, float]:
    found: dict[str, float] = {}
    for id, s in seconds.items():
        stage = id.partition(".")[0]
        found[stage] = found.get(stage, 0.0) + s
    return found


def test_no_stage_of_the_gpu_run_ended_with_its_pilot() -> None:
    assert closed(GPU_RUN) == frozenset()


def test_time_and_money_of_the_gpu_run_when_nothing_was_seen(quoted: Quoted) -> None:
    """As on the machine that ran it: the whole command, and its steps alone. What critics keep is a guess, so
    that single stages miss by more than their sum."""
    quote = quoted(GPU_RUN, "pod_gemma", ())
    assert_whole(quote)
    assert_stages(quote, {"explicit_instructions", "implicit_instructions", "evaluation"})


def test_time_and_money_of_the_gpu_run_from_a_rehearsal(quoted: Quoted) -> None:
    """By the speeds of a small run alone."""
    quote = quoted(GPU_RUN, "pod_gemma", runs(*SMALL))
    assert_whole(quote)
    bases = [step.basis for step in quote.steps.values()]
    assert any("may have changed since gpu_small; speed measured in run" in basis for basis in bases)
    assert not any("records measured" in basis or "lengths measured" in basis for basis in bases)
    assert_stages(quote, {"explicit_instructions", "implicit_instructions", "revision"})


def test_time_and_money_of_the_gpu_run_from_the_runs_before(quoted: Quoted) -> None:
    """The newest of which meant the same in most steps: what they keep is no guess, all stages are near."""
    quote = quoted(GPU_RUN, "pod_gemma", runs(*BEFORE))
    assert quote.closed == ()
    assert_whole(quote)
    assert any("records measured in run gpu_third" in step.basis for step in quote.steps.values())
    assert_stages(quote, took(GPU_RUN).keys())


@pytest.mark.parametrize("seen", [BEFORE, SMALL, ()], ids=["before", "gpu_small", "assumed"])
def test_time_of_what_the_gpu_run_did(quoted: Quoted, seen: tuple[Path, ...]) -> None:
    """With counts and lengths from the run itself, and how long that takes from what was seen before it: what
    it kept is no part of this."""
    own = runs(ARCHIVE / GPU_RUN)[0]
    did = replace(own, around=None, steps=tuple(replace(step, seconds=0.0) for step in own.steps))
    quote = quoted(GPU_RUN, "pod_gemma", (did, *runs(*seen)))
    assert_whole(quote)
    assert_stages(quote, took(GPU_RUN).keys())


def assert_whole(quote: Quote) -> None:
    assert quote.seconds() == pytest.approx(GPU_RUN_S, rel=WITHIN)
    assert quote.usd(quote.seconds()) == pytest.approx(2.49 * GPU_RUN_S / 3600, rel=WITHIN)
    steps = sum(manifest(GPU_RUN)["seconds"].values())
    assert quote.seconds() - quote.around_seconds == pytest.approx(steps, rel=WITHIN)


def assert_stages(quote: Quote, stages: Collection[str]) -> None:
    measured = took(GPU_RUN)
    assert {stage: said(quote)[stage] for stage in stages} == pytest.approx(
        {stage: measured[stage] for stage in stages}, rel=WITHIN
    )


@pytest.mark.parametrize("seen", [(), (FITTED / "laptop_half",)], ids=["assumed", "laptop_half"])
def test_stages_on_a_laptop(quoted: Quoted, seen: tuple[Path, ...]) -> None:
    """The four stages that speeds were not fitted to, and all six, beside the run that computed all answers:
    the archived one, of specs that were mended since, had most of them from it."""
    quote = quoted("laptop-six-stages", "laptop", runs(*seen))
    seconds = json.loads((TOOK / "laptop_six_stages.json").read_text(encoding="utf-8"))["seconds"]
    four = {"explicit_instructions", "implicit_instructions", "generation", "evaluation"}
    for stages in (four, four | {"revision", "constitutional"}):
        whole = sum(by_stage(seconds)[stage] for stage in stages)
        assert sum(said(quote)[stage] for stage in stages) == pytest.approx(whole, rel=WITHIN)
