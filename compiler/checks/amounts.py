"""Checks of amounts: what a source can make at most, and whether that is enough for what comes after it."""

from __future__ import annotations

from math import ceil, inf

from compiler.checks.view import StageView
from compiler.diagnostics import Diagnostics, Label
from compiler.frozen import Frozen
from compiler.plan.counting import counted
from compiler.plan.model import (
    ITEMS_PER_LIST,
    LATER_ROUND,
    AnyStep,
    Best,
    Gate,
    Generate,
    Mix,
    Quality,
    Split,
    Train,
)
from compiler.plan.names import short

TOKENS_PER_ITEM = 3  # of a list, at the least: its number, a word and the end of its line


class Most(Frozen):
    """Records: more than `bound` there cannot be, and more than `likely` only by chance."""

    bound: float
    likely: float


def rounds_reach_the_goal(view: StageView, found: Diagnostics) -> None:
    """A goal that all rounds together cannot reach would be found out after the last of them. Round 0 is as
    large as the pilot and a later one ten times that at the most: together they must give what is wanted."""
    for source in view.of(Generate):
        if source.until_kept is None or source.until_step is None:
            continue
        factor = _drafts_between(source, source.until_step, view)
        most = Most(_made(source).bound * factor, _made(source).likely * factor)
        if most.likely >= source.until_kept:
            continue
        certain = most.bound < source.until_kept
        report = found.error if certain else found.warning
        number, each = (
            (most.bound, _per_prompt(source).bound) if certain else (most.likely, _per_prompt(source).likely)
        )
        report(
            "SS653",
            f'"{short(source.id)}" makes {"at most" if certain else "hardly more than"} '
            f"{counted(number, 'record')}, and {source.until_kept} are to be kept",
            view.place(source.id),
            help=f"{_sum(source, factor, each)} Allow more rounds, or begin with a larger pilot.",
        )


def batch_is_filled(view: StageView, found: Diagnostics) -> None:
    """With a batch larger than the data an epoch is one step, and the schedule of the learning rate is over
    as soon as it begins. A batch holds no more records than can arrive: take a smaller one, or make more
    records."""
    for train in view.of(Train):
        most = _arriving(train, view)
        if train.batch <= most.likely or most.likely == 0:  # an empty part is reported as one (SS651)
            continue
        certain = train.batch > most.bound
        report = found.error if certain else found.warning
        number = most.bound if certain else most.likely
        source = next((s for s in view.before(train.id) if isinstance(s, Generate) and s.until_kept), None)
        report(
            "SS654",
            f'"{short(train.id)}" wants {counted(train.batch, "record")} a batch; '
            f"{'at most' if certain else 'about'} {counted(round(number), 'record')} can arrive",
            Label(view.place(train.id)),
            *([Label(view.place(source.id), "made here")] if source else []),
            help="Take a smaller batch, or make more records.",
        )


def pilot_round_is_made(view: StageView, found: Diagnostics) -> None:
    """Rounds are counted from 0, so that at_most = 3 rounds end with round(2). A quality gate on a round
    that is never made measures nothing and stays closed, and retries after the last round are none. Look at
    the first, on = round(0), or allow more rounds."""
    for gate in view.of(Quality):
        sources = {s.id: s for id in gate.inputs if (s := _source(id, view)) is not None}
        for source in sources.values():
            made = source.at_most_rounds or 1
            if source in view.stage.steps and gate.round + gate.retries >= made:
                again = " again" if gate.round < made else ""
                found.error(
                    "SS665",
                    f'"{short(gate.id)}" looks{again} at round {gate.round + gate.retries}, and the last of '
                    f'"{short(source.id)}" is round {made - 1}',
                    view.place(gate.id),
                    help="Look at the first, on = round(0), or allow more rounds.",
                )


def most_kept(id: str, gate: Gate | Quality, view: StageView) -> float:
    """Records that a step can keep where a gate asks: in the pilot and what may be added to it, or in all
    rounds."""
    source = _source(id, view)
    if source is None:
        return inf
    first, _ = _prompts(source)
    made = _made(source).bound
    if isinstance(gate, Quality) and gate.round == 0 and source in view.stage.steps:
        made = min(made, first * (1 + gate.retries) * _per_prompt(source).bound)
    return made * _drafts_between(source, id, view)


def _source(id: str, view: StageView) -> Generate | None:
    """The source whose records come to a step, where they come from one alone."""
    at = view.step(id)
    while at is not None and at.inputs and not isinstance(at, Mix):
        at = view.step(at.inputs[0])
    return at if isinstance(at, Generate) else None


def _per_prompt(source: Generate) -> Most:
    """Records that one completion of a source can hold, and those that it holds as a rule."""
    if source.parse != "numbered_list":
        return Most(1, 1)
    most = source.sampling.max_tokens // TOKENS_PER_ITEM + 1
    return Most(most, min(most, ITEMS_PER_LIST))


def _prompts(source: Generate) -> tuple[int, int]:
    """Prompts of round 0, and the most of each later one; the runtime counts them so."""
    pilot = source.pilot_items or 1
    first = max(1, ceil(pilot / (ITEMS_PER_LIST if source.parse == "numbered_list" else 1)))
    return first, LATER_ROUND * first


def _made(source: Generate) -> Most:
    """Records of all rounds together."""
    first, later = _prompts(source)
    prompts = first + later * ((source.at_most_rounds or 1) - 1)
    each = _per_prompt(source)
    return Most(prompts * each.bound, prompts * each.likely)


def _sum(source: Generate, factor: float, each: float) -> str:
    """How the most is come by, for the reader to follow."""
    first, later = _prompts(source)
    more = (source.at_most_rounds or 1) - 1
    rounds = f"at most {first} + {more} x {later} = {first + more * later} prompts"
    items = f" of {each:g} items each" if each > 1 else ""
    drafts = f", and {factor:g} drafts of each" if factor > 1 else ""
    return f"{counted(more + 1, 'round')} {'has' if more == 0 else 'have'} {rounds}{items}{drafts}."


def _drafts_between(source: Generate, id: str | None, view: StageView) -> float:
    """Records in a step behind a source for each that the source makes, at most."""
    factor = 1.0
    at: AnyStep | None = view.step(id or "")
    while at is not None and at.id != source.id:
        factor *= _drafts(at, view)
        at = view.step(at.inputs[0]) if at.inputs else None
    return factor


def _drafts(step: AnyStep, view: StageView) -> float:
    """Records that a step passes on for each that it reads, at most."""
    if isinstance(step, Generate):
        return step.drafts
    if isinstance(step, Best):
        return 1 / next((s.drafts for s in view.before(step.id) if isinstance(s, Generate)), 1)
    return 1.0


def _arriving(train: Train, view: StageView) -> Most:
    """The most records that a train step reads."""
    return _read(train, _passed_on(train.inputs[0], view), view)


def _read(step: AnyStep, before: Most, view: StageView) -> Most:
    """Of what the step before passes on: of a split one part, in which by chance all may be."""
    split = view.step(step.inputs[0])
    share = split.parts.get(step.part, 1.0) if isinstance(split, Split) else 1.0
    return Most(before.bound, before.likely * share)


def _passed_on(id: str, view: StageView) -> Most:
    """The most records that a step (or `split.part`) passes on. A source ends soon after enough is kept, and
    its pilot may be more."""
    chain: list[AnyStep] = []
    at = view.step(id) or view.step(id.rpartition(".")[0])
    while at is not None and at.inputs and not isinstance(at, Mix):
        chain.append(at)
        at = view.step(at.inputs[0])
    if isinstance(at, Mix):
        parts = [(share, _passed_on(part, view)) for part, share in at.shares.items() if share > 0]
        most = Most(min(p.bound / s for s, p in parts), min(p.likely / s for s, p in parts))
    elif isinstance(at, Generate):
        most = _goal(at, at, _made(at), view)
    else:
        return Most(inf, inf)
    for step in reversed(chain):
        read, factor = _read(step, most, view), _drafts(step, view)
        most = Most(read.bound * factor, read.likely * factor)
        if isinstance(at, Generate):
            most = _goal(at, step, most, view)
    return most


def _goal(source: Generate, step: AnyStep, most: Most, view: StageView) -> Most:
    if source.until_step != step.id or source.until_kept is None:
        return most
    pilot = (
        _prompts(source)[0] * _per_prompt(source).likely * _drafts_between(source, source.until_step, view)
    )
    return Most(most.bound, min(most.likely, max(source.until_kept, pilot)))
