"""Text to plan, end to end: the one function that the face calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from compiler import VERSION, collector
from compiler.checks import (
    BOUND_CHECKS,
    BOUND_GUARDS,
    CHECKS,
    GUARDS,
    HARDWARE_CHECKS,
    HARDWARE_GUARDS,
    SPEC_CHECKS,
    HardwareView,
    SpecView,
    StageView,
    Texts,
)
from compiler.constants import fill_in_constants, label_uses
from compiler.diagnostics import Diagnostic, Diagnostics, Label, Span, did_you_mean, in_order, listing
from compiler.doubtful import leave_out_doubtful
from compiler.estimate import Run, quote
from compiler.frozen import Frozen
from compiler.lock import read_lock
from compiler.lower.heads import check_heads
from compiler.lower.lowering import KINDS, LoweredStage, Lowering
from compiler.lower.pipeline import lower_pipeline
from compiler.lower.places import all_places
from compiler.lower.profile import lower_profile
from compiler.lower.stage import lower_stage
from compiler.plan.hashing import hashes
from compiler.plan.model import Dataset, Evaluate, Method, Note, PlanFile
from compiler.resolve import LANGUAGE, Program, load
from compiler.shapes import Ref
from compiler.syntax.tree import Definition

STAGE_CODES = frozenset(code for guard in GUARDS for code in guard.codes)
ALLOWABLE = frozenset(code for guard in GUARDS if guard.allowable for code in guard.codes)
# Of one profile and not of another, so that a stage may allow them though nothing is reported here.
BOUND_CODES = frozenset(
    [c for guard in BOUND_GUARDS for c in guard.codes] + [c for guard in HARDWARE_GUARDS for c in guard.codes]
)


class Compiled(Frozen):
    """`plan` is None when there is an error among the diagnostics."""

    plan: PlanFile | None
    diagnostics: Diagnostics
    program: Program


def compile_spec(
    path: str, profile: str, seed: int | None = None, runs: Sequence[Run] = (), unchecked: bool = False
) -> Compiled:
    """Compile the stage file at `path` for a profile. Reads files below the spec folder, and only those.

    `runs` are what earlier runs measured, the newest first; they make the quote better and nothing else.
    `unchecked` leaves out the checks of method: what an older version let through still has its plan.

    All problems are diagnostics in the result, in the order of their places; nothing is raised for what a
    spec can get wrong.
    """
    found = Diagnostics()
    program = load(path, found)
    try:
        with collector.left_out():
            compiled = _compile(program, found, profile, seed, runs, unchecked)
            leave_out_doubtful(program, found)
            found.items = in_order(found.items, program.sources)
        return compiled
    except RecursionError:
        found.error("SS119", f'"{program.entry}" is nested too deeply to be read')
        return Compiled(None, found, program)


def _compile(
    program: Program, found: Diagnostics, profile: str, seed: int | None, runs: Sequence[Run], unchecked: bool
) -> Compiled:
    if program.entry not in program.files or (found.failed and not program.files[program.entry].definitions):
        return Compiled(None, found, program)
    low = Lowering(program, found)
    fill_in_constants(low)
    method = _method(low)
    label_uses(low)
    if method is None:
        return Compiled(None, found, program)
    part = found.failed  # then these are the stages that could be read
    steps = {step.id: step for stage in method.stages for step in stage.steps}
    across = frozenset(
        wanted
        for step in steps.values()
        for wanted in step.inputs
        if wanted.rpartition(".")[0] != step.id.rpartition(".")[0]
    )
    if part:
        across = frozenset(steps)  # a stage that was left out may read any of them
    texts, compared = Texts(low.records), dict[tuple[str, str], frozenset[str]]()
    evaluated: dict[str, None] = {}
    for stage in () if unchecked else method.stages:
        view = StageView(stage, method, low.places, steps, across, texts, compared, tuple(evaluated))
        for check in CHECKS:
            check(view, found)
        evaluated |= dict.fromkeys(name for step in view.of(Evaluate) for name in step.items)
    let_stand(low, method, STAGE_CODES)
    if part:
        return Compiled(None, found, program)
    rules = {n: (r, low.owners["rules", n].definition.name.span) for n, r in method.rules.items()}
    spec = SpecView(low.program, low.used, rules)
    for check_spec in () if unchecked else SPEC_CHECKS:
        check_spec(spec, found)
    bound = lower_profile(low, method, profile, seed)
    if bound is None:
        return Compiled(None, found, program)
    for check_bound in () if unchecked else BOUND_CHECKS:
        check_bound(bound, found)
    if found.failed:
        return Compiled(None, found, program)
    lock = read_lock(program, bound.binding, found)
    quoted = quote(method, bound, low.records, lock, runs)
    places = all_places(low, profile)
    for check_hardware in () if unchecked else HARDWARE_CHECKS:
        check_hardware(HardwareView(method, bound, quoted, lock, places), found)
    let_stand(low, method, BOUND_CODES)
    if found.failed:
        return Compiled(None, found, program)
    plan = PlanFile(
        compiler=VERSION,
        hashes=hashes(method, bound.binding),
        method=method,
        binding=bound.binding,
        blobs={d.sha256: low.blobs[d.sha256] for d in method.datasets.values()},
        quote=quoted,
        places={name: _place(program, span.file, span.start) for name, span in sorted(places.items())},
        notes=tuple(
            Note(
                code=item.code,
                severity="warning" if item.severity == "warning" else "note",
                message=item.message,
                place=_place(program, item.labels[0].span.file, item.labels[0].span.start)
                if item.labels
                else "",
            )
            for item in in_order(found.items, program.sources)
        ),
    )
    return Compiled(plan, found, program)


def _method(low: Lowering) -> Method | None:
    """The stages of the entry file or of its pipeline, with all stages that they go on from; of the shared
    definitions only what they use. Where something was reported, those stages that are not touched by it."""
    program = low.program
    symbols = [s for s in program.scopes[program.entry].values() if s.file == program.entry]
    check_heads(low)
    pipelines = [s for s in symbols if s.kind == "pipeline"]
    stages = [s for s in symbols if s.kind == "stage"]
    if not stages and not pipelines and (program.damaged or any(s.kind not in KINDS for s in symbols)):
        return None  # it may be among what could not be read, and was reported
    if not stages and not pipelines:
        kinds = sorted({s.kind for s in symbols})
        low.found.error(
            "SS109",
            f'"{program.entry}" defines no stage',
            help=f"It defines {', '.join(kinds)}; name the .stage file of a stage." if kinds else "",
        )
        return None
    pipeline = lower_pipeline(low, pipelines) if pipelines else None
    for symbol in stages:
        name = symbol.definition.name
        lower_stage(low, program.entry, Ref(name.value, name.span))
    lowered = [stage for stage in low.stages.values() if stage is not None]
    if low.found.failed or len(lowered) < len(low.stages):
        lowered, pipeline = _untouched(low, lowered), None
    if not lowered:
        return None
    datasets: dict[str, Dataset] = {n: d for n, d in low.datasets.items() if d is not None}
    return Method(
        language=LANGUAGE,
        name=pipeline.name if pipeline else lowered[-1].stage.name,
        models=low.models,
        datasets=datasets,
        prompts={n: p for n, p in low.prompts.items() if p is not None},
        rules={n: r for n, r in low.rules.items() if r is not None},
        critics={n: c for n, c in low.critics.items() if c is not None},
        constitutions={n: c for n, c in low.constitutions.items() if c is not None},
        stages=tuple(stage.stage for stage in lowered),
        pipeline=pipeline,
    )


def _untouched(low: Lowering, stages: list[LoweredStage]) -> list[LoweredStage]:
    """The stages in which nothing was reported or left out, nor in what they use and go on from."""
    program = low.program
    errors = [
        item.labels[0].span if item.labels else None for item in low.found.items if item.severity == "error"
    ]
    damaged = [span for file in program.files.values() for span in file.damaged]
    bodies = [
        symbol.definition.span
        for scope in program.scopes.values()
        for symbol in scope.values()
        if symbol.kind == "stage"
    ]
    if None in errors or not all(any(_inside(span, body) for body in bodies) for span in damaged):
        return []
    sound: dict[str, LoweredStage] = {}
    for lowered in stages:
        body = lowered.symbol.definition.body
        written = [entry for entry in getattr(body, "entries", ()) if isinstance(entry, Definition)]
        touched = any(
            span is not None and _inside(span, lowered.symbol.definition.span) for span in (*errors, *damaged)
        )
        whole = len(lowered.stage.steps) == len(written)
        if whole and not touched and all(before in sound for before in lowered.stage.after):
            sound[lowered.stage.name] = lowered
    return list(sound.values())


def _inside(span: Span, outer: Span) -> bool:
    return span.file == outer.file and outer.start <= span.start and span.end <= outer.end


def let_stand(low: Lowering, method: Method, codes: frozenset[str]) -> None:
    """Take out what a stage allows with a reason, of those codes that were looked for: warnings, and the
    errors for which there may be one. What it allows without need is told."""
    for stage in method.stages:
        symbol = low.owners["stage", stage.name]
        inside = symbol.definition.span
        reported = [
            item
            for item in low.found.items
            if item.labels
            and item.labels[0].span.file == inside.file
            and inside.start <= item.labels[0].span.start < inside.end
        ]
        for allowed in stage.allowed:
            meant = [item for item in reported if item.code == allowed.code]
            place = low.places[f"{stage.name}.allow.{allowed.code}"]
            if allowed.code in (STAGE_CODES | BOUND_CODES) - codes:
                continue
            if allowed.code not in codes:
                standing = sorted(
                    {i.code for i in reported if i.severity == "warning" or i.code in ALLOWABLE}
                )
                low.found.error(
                    "SS370",
                    f"no check of a stage reports {allowed.code}",
                    Label(place, did_you_mean(allowed.code, standing)),
                    help=f"This stage is reported as {listing(standing)}." if standing else "",
                )
            elif allowed.code not in ALLOWABLE and any(item.severity == "error" for item in meant):
                low.found.error("SS365", f"{allowed.code} cannot be allowed: no reason makes it right", place)
            elif not meant and allowed.code in STAGE_CODES:
                low.found.warning("SS366", f"nothing in this stage is reported as {allowed.code}", place)
            else:
                low.found.items = [item for item in low.found.items if item not in meant]
    low.found.items = [_with_the_way_out(item) if item.code in codes else item for item in low.found.items]


def _with_the_way_out(item: Diagnostic) -> Diagnostic:
    """An error that may be allowed says how."""
    if item.code not in ALLOWABLE:
        return item
    joined = f"{item.help} Or" if item.help.endswith(".") else f"{item.help}; or"
    return replace(item, help=f'{joined} say why it may stand: allow({item.code}, because = "...")')


def _place(program: Program, file: str, offset: int) -> str:
    return f"{file}:{program.sources[file].position(offset)[0]}"
