"""A page of methods: of the stages that a file defines, and of its pipeline, where it has one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from compiler.diagnostics import listing
from compiler.plan.model import AnyStep, PlanFile, Stage
from compiler.resolve import Program
from stagespec.methods import definitions, materials, steps
from stagespec.methods.claims import claims, gates
from stagespec.methods.markdown import code, items, prose
from stagespec.methods.pipeline import pipeline_page
from stagespec.methods.written import Written
from stagespec.wording import many

MARK = "<!-- Made by stagespec docs from the spec beside it. Change that, and make the page anew. -->"

Section = Callable[[Written, Sequence[AnyStep]], Iterator[str]]
WORD_FOR_WORD: tuple[tuple[str, Section], ...] = (
    ("Prompts", definitions.prompts),
    ("Critics", definitions.critics),
    ("Rules", definitions.rules),
    ("Constitutions", definitions.constitutions),
)


def methods_page(plan: PlanFile, program: Program) -> str:
    """Markdown, the same for every profile: nothing in it comes from the plan's binding or quote."""
    written = Written(plan, program)
    parts = [MARK]
    if plan.method.pipeline:
        parts += pipeline_page(written, plan.method.pipeline)
    for stage in written.own_stages():
        parts += _stage(written, stage)
    return "\n\n".join(part for part in parts if part) + "\n"


def _stage(written: Written, stage: Stage) -> Iterator[str]:
    yield f"# Methods: {stage.name.replace('_', ' ')}"
    yield prose(stage.doc)
    yield _begins(written, stage)
    yield "## Models"
    yield from materials.models(written, stage)
    yield "## Data"
    yield from materials.data(written, stage.steps)
    yield "## Procedure"
    yield f"{many(len(stage.steps), 'step')}, in an order in which they can run."
    yield from steps.procedure(written, stage)
    yield "## Gates"
    yield from gates(stage)
    yield "## What is claimed"
    yield from claims(written.plan, stage)
    yield from _exceptions(written, stage)
    for title, section in WORD_FOR_WORD:
        told = list(section(written, stage.steps))
        if told:
            yield f"## {title}"
            yield from told
    yield "## What is not here"
    yield (
        f"Checkpoints, engine, hardware, seed and prices are a profile's: `stagespec compile "
        f"{written.entry.name} --profile NAME --dry-run` shows them, with estimates. A profile may scale "
        "what is made and hold the base in other weights; a rehearsal may look at fewer held-out items."
    )


def _begins(written: Written, stage: Stage) -> str:
    """Where the stage stands: what it goes on from, how far it has come, what it may cost."""
    told = []
    if stage.after:
        told.append(f"It goes on from {listing(_stage_name(written, name) for name in stage.after)}.")
    told.append(f"The learner is {code(stage.learner)}. The stage is a {stage.status}.")
    if stage.budget_usd is not None:
        told.append(f"It may cost {stage.budget_usd:g} usd.")
    if stage.promises:
        told.append(f"It promises steps of these kinds, and has them: {listing(map(code, stage.promises))}.")
    return " ".join(told)


def _stage_name(written: Written, name: str) -> str:
    page = written.page_of(name)
    return f"[{name}]({page})" if page else code(name)


def _exceptions(written: Written, stage: Stage) -> Iterator[str]:
    """Presets with what is set otherwise than they have it, and warnings that were let stand."""
    likes = dict.fromkeys(step.like for step in stage.steps if step.like)
    presets = [name for name in likes if written.is_defined("preset", name)]
    if presets:
        yield "## Shared settings"
        yield items(
            f"{code(name)}: {prose(written.doc('preset', name))}".removesuffix(": ") for name in presets
        )
    otherwise = [step for step in stage.steps if step.overrides]
    if likes and not otherwise:
        yield "No step sets anything otherwise than what it is written like."
    if otherwise:
        yield "Set otherwise:"
        yield items(f"{code(step.id)}: {steps.likeness(written, step)}" for step in otherwise)
    if stage.allowed:
        yield "## What is let stand, and why"
        yield items(f"{code(one.code)}: {prose(one.because)}" for one in stage.allowed)
