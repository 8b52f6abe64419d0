"""The plan for a person: one screen that says what will be done, with what, and what it rests on.

The text is made for 100 columns, so that it can be kept and compared, and for fewer only where a
terminal is narrower.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

from compiler.diagnostics import listing
from compiler.plan.model import AnyStep, Evaluate, PlanFile, Stage
from compiler.plan.names import short
from compiler.plan.power import DISCORDANCES, POWER, detectable_lift
from stagespec.change_lines import reason, summary
from stagespec.figures import (
    around,
    beside,
    budget_of,
    figure_columns,
    figures,
    foundations,
    if_gates_close,
    sums,
    total,
)
from stagespec.last_run import Comparison
from stagespec.stage_overview import overview
from stagespec.step_lines import UNBROKEN, sentences
from stagespec.wording import AROUND, many, points, share, source_of

if TYPE_CHECKING:
    from compiler.diff import StepChange

WIDTH = 100
LEAST_WIDTH = 80
LABEL = 10
NOTHING = Comparison("")
SCREEN = 40  # lines of steps; more are told briefly
BRIEFLY = "steps, -v tells all of each"


def render_plan(
    plan: PlanFile, verbose: bool = False, compared: Comparison | None = None, width: int = WIDTH
) -> str:
    """The first screen, at most `width` columns wide; with `verbose` everything behind it, at most 100.

    With a comparison, each step has a mark, `+ ~ =` or `-`, and where it has one, the mark's reason.
    """
    changes = compared or NOTHING
    width = min(max(width, LEAST_WIDTH), WIDTH)
    whole = stages_shown(plan, verbose)
    # A narrow terminal shows the same in more lines.
    brief = [
        stage for stage in whole if not verbose and len(list(_steps(plan, stage, changes, WIDTH))) > SCREEN
    ]
    lines = [*_heading(plan, width, briefly=bool(brief))]
    several = len(plan.method.stages) > 1
    if several:
        lines += ["", *overview(plan, changes, width, briefly=bool(whole) and not verbose)]
    for stage in whole:
        if several and len(whole) > 1:
            lines += ["", *_titled(plan, stage, width)]
        lines += ["", *_steps(plan, stage, changes, width, briefly=stage in brief)]
    lines.append("")
    for stages in [[stage] for stage in whole] or [list(plan.method.stages)]:
        lines += _closing(plan, stages, width)
    if closed := if_gates_close(plan):
        lines += _entry("gates", closed, width)
    lines += _changes(plan, changes, width)
    lines += _notes(plan, width)
    if verbose:
        from stagespec.dry_run_detail import detail

        lines += ["", *detail(plan)]
    lines += [*([""] if verbose else []), *_last(plan, width)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def stages_shown(plan: PlanFile, verbose: bool) -> tuple[Stage, ...]:
    """The stages whose steps are shown: the one that the plan is named after, of a pipeline none at first,
    and with `verbose` all."""
    if verbose or len(plan.method.stages) == 1:
        return plan.method.stages
    return tuple(stage for stage in plan.method.stages if stage.name == plan.method.name)


def _titled(plan: PlanFile, stage: Stage, width: int) -> Iterator[str]:
    yield "   ".join([stage.name, *sums(plan, [stage], stage.budget_usd)])
    yield from wrap(stage.doc, width)


def _heading(plan: PlanFile, width: int, briefly: bool) -> Iterator[str]:
    """What is run with what; `briefly` with no more than the first sentence of what it is for."""
    binding = plan.binding
    named = plan.method.pipeline or plan.method.stages[-1]
    doc = " ".join(named.doc.split())
    first, end, _ = doc.partition(". ")
    yield "   ".join([plan.method.name, *sums(plan, plan.method.stages, budget_of(plan))])
    yield from wrap(f"{first}{end}" if briefly else doc, width)
    yield ""
    scale = f"{share(binding.scale)} of full scale" if binding.scale != 1 else "full scale"
    threads = f", {many(binding.threads, 'thread')}" if binding.threads else ""
    hardware = f" on {plan.quote.hardware}" if plan.quote.hardware else ""
    yield from _entry(
        "profile",
        f"{binding.profile}: engine {binding.engine}{hardware}{threads}; {scale}; seed {binding.seed}",
        width,
    )
    for role, bound in binding.models.items():
        kind = plan.method.models[role].kind
        note = f"; {bound.note}" if bound.note else ""
        yield from _entry("model", f"{role}, {kind}: {source_of(bound)}, {bound.precision}{note}", width)
        if bound.stand_in:
            yield from _entry("", f"STAND-IN ({bound.stand_in} model), because {bound.because}", width)
    if binding.rehearsal:
        cap = f"; {many(binding.held_out, 'item')} of each held-out set" if binding.held_out else ""
        yield from _entry("rehearsal", f"goes on past closed gates; no verdict can be reached{cap}", width)


def _steps(
    plan: PlanFile, stage: Stage, compared: Comparison, width: int, briefly: bool = False
) -> Iterator[str]:
    """The steps in an order in which they can run, with figures at the right of each first line; `briefly`
    one sentence of each, and what changed in it."""
    gone = [step for step in compared.steps if step.mark == "-"]
    everyone = [*stage.steps, *gone]
    names = max(len(short(step.id)) for step in everyone)
    kinds = max(len(step.kind) for step in everyone)
    indent = 2 + kinds + 2 + names + 2
    changes = compared.by_id
    columns = figure_columns(plan)
    left = width - sum(column.width for column in columns)
    heads = "".join(f"{column.head:>{column.width}}" for column in columns)
    yield f"{BRIEFLY if briefly else 'steps':<{left}}{heads}"
    for step in stage.steps:
        change = changes.get(step.id)
        texts: list[str] = []
        own = figures(plan, step, columns)
        told = _told(plan, step, change)
        if briefly:
            told = [*told[:1], *(one for one in told[1:] if change and one.startswith(f"{change.mark} "))]
        for number, sentence in enumerate(told):
            room = left - indent if own and number == 0 else width - indent
            texts += _wrapped(sentence, room, width - indent)
        mark = change.mark if change else " "
        start = f"{mark} {step.kind:<{kinds}}  {short(step.id):<{names}}  {texts[0] if texts else ''}"
        yield f"{start:<{left}}{own}"
        for text in texts[1:]:
            yield " " * indent + text
    if seconds := around(plan, [stage]):
        yield f"{f'  {AROUND}':<{left}}{beside(plan, seconds, columns)}"
    yield f"{'total':<{left}}{total(plan, [stage], columns)}"
    for taken in gone:
        yield f"- {taken.kind:<{kinds}}  {short(taken.id):<{names}}  {reason(plan, taken)}"


def _told(plan: PlanFile, step: AnyStep, change: StepChange | None) -> list[str]:
    """What a step does, and before it, what is otherwise in it. A step that is the same keeps its lines:
    that one before it changed goes behind the last of them."""
    lines = sentences(plan, step)
    why = reason(plan, change) if change else ""
    if not change or not why:
        return lines
    if change.mark == "=":
        return [*lines[:-1], f"{lines[-1]} ·{UNBROKEN}{why.replace(' ', UNBROKEN)}"]
    return [*lines[:1], f"{change.mark} {why}", *lines[1:]] if change.mark == "~" else lines


def _closing(plan: PlanFile, stages: Sequence[Stage], width: int) -> Iterator[str]:
    """What estimates and claims rest on; claims that can show the same are told together."""
    for label, text in foundations(plan, stages):
        yield from _entry(label, text, width)
    shown: dict[str, list[str]] = {}
    for step in (step for stage in stages for step in stage.steps):
        if isinstance(step, Evaluate) and step.compare and step.compare.test == "mcnemar":
            shown.setdefault(power(plan, step), []).append(step.id)
    for text, claims in shown.items():
        names = claims if len(stages) > 1 else [short(claim) for claim in claims]
        named = listing(names) if len(names) < 3 else f"each of {len(names)} claims"
        yield from _entry("power", f"{named}: {text}", width)


def power(plan: PlanFile, step: Evaluate) -> str:
    """What the comparison could show if all of its items were looked at."""
    assert step.compare is not None
    items = sum(plan.method.datasets[name].items for name in step.items)
    first, *others = [
        f"{points(detectable_lift(items, step.compare.alpha, part))} at {share(part)}"
        for part in DISCORDANCES
    ]
    looked = "all " if plan.binding.held_out else ""
    return (
        f"least lift in points that {looked}{many(items, 'item')} {'shows' if items == 1 else 'show'}: "
        f"{first} discordant pairs, {listing(others)} "
        f"({share(POWER)} power, alpha {share(step.compare.alpha)}; "
        f"wanted: {step.compare.smallest_effect * 100:g})"
    )


def _changes(plan: PlanFile, compared: Comparison, width: int) -> Iterator[str]:
    for number, line in enumerate(summary(plan, compared) if compared.said else ()):
        yield from _entry("changes" if number == 0 else "", line, width)


def _notes(plan: PlanFile, width: int) -> Iterator[str]:
    """What the compiler has to say, and the warnings that it does not say because a stage lets them stand."""
    for note in plan.notes:
        place = f" ({note.place})" if note.place else ""
        yield from _entry(note.severity, f"{note.code}: {note.message}{place}", width)
    for stage in plan.method.stages:
        for one in stage.allowed:
            yield from _entry("allowed", f"{one.code} in {stage.name}: {one.because}", width)


def _last(plan: PlanFile, width: int) -> Iterator[str]:
    hashes = f"method {plan.hashes.method[:12]} · plan {plan.hashes.plan[:12]}"
    whole = f"{hashes} · {run_command(plan)}"
    yield from [whole] if len(whole) <= width else [hashes, run_command(plan)]


def run_command(plan: PlanFile) -> str:
    """The command that runs this plan from its spec."""
    spec = entry_file(plan)
    seed = f" --seed {plan.binding.seed}" if plan.binding.seed else ""
    return f"stagespec run {spec} --profile {plan.binding.profile}{seed}"


def entry_file(plan: PlanFile) -> str:
    """The file that the plan was compiled from, as its author named it."""
    named = f"pipeline {plan.method.name}" if plan.method.pipeline else plan.method.name
    return plan.places.get(named, "SPEC:1").rpartition(":")[0]


def _entry(label: str, text: str, width: int) -> Iterator[str]:
    first, *rest = _wrapped(text, width - LABEL, width - LABEL)
    yield f"{label:<{LABEL}}{first}"
    for line in rest:
        yield " " * LABEL + line


def _wrapped(text: str, first: int, others: int) -> list[str]:
    """The text in lines; the first may have less room than the others. What is not to be broken is broken
    where it fits on no line."""
    if any(len(phrase) > first for phrase in text.split(" ")):
        text = text.replace(UNBROKEN, " ")
    lines = wrap(text, others, initial_indent="\x00" * (others - first), break_on_hyphens=False)
    return [line.lstrip("\x00").replace(UNBROKEN, " ") for line in lines] or [""]
