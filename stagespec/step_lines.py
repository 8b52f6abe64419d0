"""What each step of a plan does, in a sentence or two: one function per kind."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from compiler.diagnostics import listing
from compiler.plan.counting import noun
from compiler.plan.meaning import written_bound
from compiler.plan.model import (
    Accept,
    AnyStep,
    Best,
    Compare,
    Comparison,
    Compose,
    Converse,
    CriticScore,
    CriticUse,
    Critique,
    Evaluate,
    Filter,
    Gate,
    Generate,
    Judge,
    Mix,
    Negatives,
    Order,
    Output,
    PlanFile,
    Prefer,
    PrincipleSample,
    PromptUse,
    Quality,
    Rate,
    Requirement,
    Review,
    Revise,
    SamplePrinciples,
    Sampling,
    Split,
    Supervised,
    Train,
)
from compiler.plan.names import short
from stagespec.wording import count, in_points, many, share

WRITES = {
    "text": "one completion each",
    "numbered_list": "each completion is a list of items",
    "question": "each completion up to its question mark",
    "fields": "labelled fields are read from each completion",
    "json": "JSON is read from each completion",
}
MANY = 4
UNBROKEN = "\u00a0"  # a space at which no line ends; `dry_run` makes it a plain one
MODULES = {"all_linear": "all linear layers", "attention": "attention", "query_value": "query and value"}


def sentences(plan: PlanFile, step: AnyStep) -> list[str]:
    """The step's lines on the first screen; each begins a new line."""
    lines = WRITERS[step.kind](plan, step)
    if step.needs:
        lines.append(
            f"only if {listing(map(short, step.needs))} {'is' if len(step.needs) == 1 else 'are'} open"
        )
    return lines


def _generate(plan: PlanFile, step: Generate) -> list[str]:
    wrote = f"{model(step, step.model)}: {prompt(plan, step.prompt)}, {sampling(step.sampling)}"
    scaled = plan.binding.counts.get(step.id)
    if scaled is None:
        more = [WRITES[step.parse]] if step.parse != "text" else []
        return [*more, f"{wrote}, {step.drafts} drafts each" if step.drafts > 1 else wrote]
    full = f" (of {count(step.until_kept or 0)})" if scaled.until_kept != step.until_kept else ""
    return [
        f"rounds until {count(scaled.until_kept)} kept in {short(step.until_step or '')}{full}",
        f"pilot of {many(step.pilot_items or 0, 'item')}, at most {many(scaled.at_most_rounds, 'round')}; "
        f"{WRITES[step.parse]}",
        *([f"about {step.about}, one record of it to each prompt"] if step.about else []),
        wrote,
    ]


def _filter(plan: PlanFile, step: Filter) -> list[str]:
    said = [
        f"{name}{' twice' if times == 2 else f' {times} times' if times > 2 else ''} "
        f"({many(len(plan.method.rules[name].statements), 'statement')})"
        for name, times in Counter(use.rules for use in step.rules).items()
    ]
    lines = [f"rules {listing(said)}"] if said else []
    if step.near:
        lines.append(
            f"drops near-duplicates of {step.near.column}, {share(step.near.similarity)} alike or more"
        )
    if step.caps:
        capped = listing(f"{column} {many(most, 'time')}" for column, most in step.caps.items())
        lines.append(f"keeps one value of {capped} at most")
    if step.apart_from:
        lines.append(f"apart from {listing(_apart(plan, step.apart_from))}")
    return lines


def _apart(plan: PlanFile, names: Sequence[str]) -> list[str]:
    """Data by name, but many held-out sets by their number; the methodology page names them."""
    held_out = [name for name in names if plan.method.datasets[name].role == "held_out"]
    if len(held_out) <= MANY:
        return list(names)
    return [f"{len(held_out)} held-out sets", *(name for name in names if name not in held_out)]


def _judge(_: PlanFile, step: Judge) -> list[str]:
    return [f"{critic(step.critic)}: good at {accept(step.accept)}"]


def _split(_: PlanFile, step: Split) -> list[str]:
    parts = listing(f"{name} {share(part)}" for name, part in step.parts.items())
    return [f"{parts}, by {step.group_by}"]


def _quality(_: PlanFile, step: Quality) -> list[str]:
    end = "stops the run" if step.on_failure == "stop" else "closes"
    return [f"{end} unless {requirements(step.require)} in {rounds(step)}"]


def _gate(_: PlanFile, step: Gate) -> list[str]:
    return [f"opens if {requirements(step.require)}", *([f"because: {step.because}"] if step.because else [])]


def _evaluate(plan: PlanFile, step: Evaluate) -> list[str]:
    datasets = [plan.method.datasets[name] for name in step.items]
    there = sum(dataset.items for dataset in datasets)
    looked = sum(min(dataset.items, plan.binding.held_out or dataset.items) for dataset in datasets)
    of = f"{count(looked)} of {many(there, 'item')}" if looked < there else many(looked, "item")
    sealed = ", sealed" if any(dataset.split == "test" for dataset in datasets) else ""
    arms = f"{many(len(step.arms), 'arm')}: {', '.join(step.arms)}; {sampling(step.sampling)}"
    lines = [f"{listing(step.items)}, {of}{sealed}", arms]
    lines += [
        f"{critic(score.critic)}: passes at {accept(score.accept)}{_in_part(score)}"
        for score in step.critics.values()
    ]
    if step.cluster_by:
        lines.append(f"errors clustered by {step.cluster_by}")
    if step.compare:
        lines.append(_claim(step.compare))
    return lines


def _in_part(score: CriticScore) -> str:
    return "" if score.share is None else f"; a second judge, of {share(score.share)} of the items"


def _claim(test: Comparison) -> str:
    if test.test == "no_worse":
        what = f"{test.arm} loses less than {in_points(test.margin)} to {test.baseline}"
        return f"claim: {what} by {test.score}, alpha {share(test.alpha)}"
    what = f"{test.arm} over {test.baseline} by {in_points(test.smallest_effect)} or more"
    score = "" if test.score == "check" else f" by {test.score}"
    return f"claim: {what}{score}, McNemar, alpha {share(test.alpha)}"


def _train(plan: PlanFile, step: Train) -> list[str]:
    weights = plan.binding.weights or step.weights
    instead = f" (method: {step.weights})" if weights != step.weights else ""
    best = step.optimizer
    stop = f", stops early on {short(step.stop_early.on)}.{step.stop_early.part}" if step.stop_early else ""
    lora = f"LoRA {step.lora.rank}/{step.lora.alpha} on {MODULES[step.lora.modules]}"
    return [
        f"{step.objective.method} of {model(step, step.start)} on {within(step, step.source)}: "
        f"{_learnt(step)} after {step.prompt.prompt}",
        f"{lora}, weights {weights}{instead}",
        f"{best.name} {learning_rate(best.learning_rate)} {best.schedule}, {many(step.epochs, 'epoch')}, "
        f"batch {step.batch}{stop}",
    ]


def _learnt(step: Train) -> str:
    of = step.objective
    if isinstance(of, Supervised):
        return of.target if of.loss_on == "target" else f"{of.target} and prompt"
    return f"{of.chosen} over {of.rejected}, beta {of.beta:g} to {model(step, of.reference)},"


def _compose(plan: PlanFile, step: Compose) -> list[str]:
    return [f"fills {prompt(plan, step.prompt)} into {step.into}; no model writes"]


def _principles(_: PlanFile, step: SamplePrinciples) -> list[str]:
    return [drawn(step.sample)]


def _critique(plan: PlanFile, step: Critique) -> list[str]:
    how = f"{model(step, step.model)}: {prompt(plan, step.prompt)}, {sampling(step.sampling)}"
    return [*([drawn(step.sample)] if step.sample else []), how]


def _revise(plan: PlanFile, step: Revise) -> list[str]:
    how = f"{model(step, step.model)}: {prompt(plan, step.prompt)}, {sampling(step.sampling)}"
    return [f"{step.of} anew, as {step.into}", how]


def _negatives(_: PlanFile, step: Negatives) -> list[str]:
    kinds = listing(f"{name} ({use.prompt})" for name, use in step.kinds.items())
    return [f"{model(step, step.model)}: {kinds}, in turn; {sampling(step.sampling)}"]


def _converse(plan: PlanFile, step: Converse) -> list[str]:
    sides = [
        f"{side} {model(step, speaker.model)}: {prompt(plan, speaker.prompt)}"
        for side, speaker in (("user", step.user), ("assistant", step.assistant))
    ]
    return [f"{turns(step)} from {step.opening}; {sampling(step.sampling)}", *sides]


def _rate(_: PlanFile, step: Rate) -> list[str]:
    return [f"{critic(step.critic)}: a score each, all are kept"]


def _best(_: PlanFile, step: Best) -> list[str]:
    return [f"{critic(step.critic)}: the best draft of each record"]


def _compare(_: PlanFile, step: Compare) -> list[str]:
    return [f"{critic(step.critic)}: {step.first} against {step.second}"]


def _prefer(_: PlanFile, step: Prefer) -> list[str]:
    either = step.accept.either
    pair = f"between {step.first} and {step.second}" if either else f"{step.first} over {step.second}"
    if step.accept.rule:
        lines = [pair, f"where {requirements([step.accept.rule])}"]
    else:
        assert step.critic is not None
        lines = [pair, f"{critic(step.critic)}: at margin >= {step.accept.at_least:g} nats"]
    if step.length_ratio:
        lines.append(f"neither more than {step.length_ratio:g} times as long as the other")
    return lines


def _mix(_: PlanFile, step: Mix) -> list[str]:
    return [listing(f"{share(part)} of {within(step, source)}" for source, part in step.shares.items())]


def _order(_: PlanFile, step: Order) -> list[str]:
    return [f"by {step.by}, {step.first} first"]


def _review(_: PlanFile, step: Review) -> list[str]:
    who = "a person" if step.by == "person" else f"the command {' '.join(step.command)}"
    return [f"{who} looks at {many(step.items, 'record')}: {step.question}"]


def critic(use: CriticUse) -> str:
    """`follows_instruction(response = revision) by base`"""
    renamed = ", ".join(f"{column} = {other}" for column, other in use.columns.items())
    return f"{use.critic}{f'({renamed})' if renamed else ''} by {use.model}"


def rounds(step: Quality) -> str:
    """`round 0`, or `round 0 and, while it is closed, up to 2 more as large`"""
    more = f" and, while it is closed, up to {step.retries} more as large" if step.retries else ""
    return f"round {step.round}{more}"


def turns(step: Converse) -> str:
    """`3 turns` or `3 to 5 turns`"""
    return f"{'' if step.least_turns is None else f'{step.least_turns} to '}{many(step.turns, 'turn')}"


def accept(bound: Accept) -> str:
    """`margin >= 1 nats`, `precision >= 90 %` or `kappa >= 0.7`"""
    return f"{bound.by} >= {written_bound(bound.by, bound.at_least)}"


def drawn(sample: PrincipleSample) -> str:
    """`1 to 3 principles of hhh each, balanced by category`"""
    number = str(sample.least) if sample.least == sample.most else f"{sample.least} to {sample.most}"
    balance = ", balanced by category" if sample.balanced else ""
    return f"{number} {noun(sample.most, 'principle')} of {sample.constitution} each{balance}"


def within(step: AnyStep, id: str) -> str:
    """An id without the step's own stage."""
    stage = step.id.rpartition(".")[0]
    return id.removeprefix(f"{stage}.")


def model(step: AnyStep, id: str) -> str:
    """A role, a train step of the same stage, or what another stage gives out."""
    return within(step, id)


def _output(_: PlanFile, step: Output) -> list[str]:
    other = model(step, step.otherwise)
    return [f"{short(step.model)} if {short(step.gate)} is open, otherwise {other}"]


WRITERS: dict[str, Callable[[PlanFile, Any], list[str]]] = {
    "generate": _generate,
    "filter": _filter,
    "judge": _judge,
    "split": _split,
    "compose": _compose,
    "principles": _principles,
    "critique": _critique,
    "revise": _revise,
    "negatives": _negatives,
    "converse": _converse,
    "rate": _rate,
    "best": _best,
    "compare": _compare,
    "prefer": _prefer,
    "mix": _mix,
    "order": _order,
    "review": _review,
    "quality": _quality,
    "gate": _gate,
    "evaluate": _evaluate,
    "train": _train,
    "output": _output,
}


def prompt(plan: PlanFile, use: PromptUse) -> str:
    """`respond (3 of worked_answers)`"""
    known = plan.method.prompts.get(use.prompt)
    drawn = [
        f"{sample.count} of {' + '.join(map(short, sample.sources))}"
        for sample in (*(known.samples if known else ()), *use.samples)
    ]
    return f"{use.prompt} ({', '.join(drawn)})" if drawn else use.prompt


def sampling(values: Sampling) -> str:
    """`greedy, 80 tokens` or `T 0.7, 200 tokens`"""
    drawn = "greedy" if values.temperature == 0 else f"T {values.temperature:g}"
    return f"{drawn}, {many(values.max_tokens, 'token')}"


def requirements(required: Iterable[Requirement]) -> str:
    """The conditions in their author's words; none of them is to be broken over two lines."""
    return ", ".join(_unbroken(requirement.text) for requirement in required)


def _unbroken(condition: str) -> str:
    """Lines end between the parts of a condition, not inside of one."""
    return re.sub(rf"{UNBROKEN}(and|or){UNBROKEN}", rf" \1{UNBROKEN}", condition.replace(" ", UNBROKEN))


def learning_rate(value: float) -> str:
    """`1e-4`, as it is written in papers and specs."""
    mantissa, _, exponent = f"{value:e}".partition("e")
    return f"{float(mantissa):g}e{int(exponent)}"
