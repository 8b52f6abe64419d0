"""What decides: gates on the way, what is claimed in the end, and what the claim could show."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from compiler.diagnostics import listing
from compiler.plan.model import Evaluate, Gate, Output, PlanFile, Quality, Review, Stage
from compiler.plan.names import short
from compiler.plan.power import DISCORDANCES, POWER, detectable_lift
from stagespec.methods.markdown import code, items, prose, table
from stagespec.methods.phrases import named, requirements
from stagespec.step_lines import rounds, within
from stagespec.wording import in_points, many, points, share

EXACT_BELOW = 25  # as in runtime.statistics, whose libraries a compile does without
WORSE = "no type of item got significantly worse (5 %, after Benjamini and Hochberg over the types)"


def gates(stage: Stage) -> Iterator[str]:
    """Every gate with what opens it and what waits for it."""
    rows = []
    for step in stage.steps:
        if isinstance(step, Quality):
            end = "stops the run" if step.on_failure == "stop" else "stays closed"
            where = f"the records of {rounds(step)}"
            rows.append(
                (code(short(step.id)), where, requirements(step.require), end, _waiting(stage, step.id))
            )
        if isinstance(step, Gate):
            asked = named(step.inputs)
            rows.append((code(short(step.id)), asked, _why(step), "stays closed", _waiting(stage, step.id)))
        if isinstance(step, Review):
            where = f"{many(step.items, 'record')} of {code(within(step, step.source))}"
            rows.append(
                (code(short(step.id)), where, prose(step.question), "stays closed", _waiting(stage, step.id))
            )
    yield table(("gate", "looks at", "opens if", "otherwise", "what waits for it"), rows)
    yield (
        "A missing result closes a gate. What waits for a closed gate does not run, and the stage gives out "
        "the model that it began with; only a rehearsal goes on, and it can claim nothing."
    )


def _why(step: Gate) -> str:
    told = requirements(step.require)
    return f"{told}, because: {prose(step.because)}" if step.because else told


def _waiting(stage: Stage, gate: str) -> str:
    waiting = [step.id for step in stage.steps if gate in step.needs]
    waiting += [step.id for step in stage.steps if isinstance(step, Output) and step.gate == gate]
    return named(waiting) if waiting else "nothing"


def claims(plan: PlanFile, stage: Stage) -> Iterator[str]:
    """What may be said of the stage's model, when, and what it takes."""
    compared = [step for step in stage.steps if isinstance(step, Evaluate) and step.compare]
    for step in compared:
        yield from _claim(plan, step)
    if any(_splits(plan, step) == {"test"} for step in compared):
        yield (
            "A test set is opened for its claim alone, after training. Every opening is counted: each other "
            "plan that opened the same set before divides alpha once more (Bonferroni)."
        )
    for out in (step for step in stage.steps if isinstance(step, Output)):
        yield (
            f"The stage gives out {code(within(out, out.model))} if {named([out.gate])} is open, otherwise "
            f"{code(within(out, out.otherwise))}."
        )


def _claim(plan: PlanFile, step: Evaluate) -> Iterator[str]:
    of = step.compare
    assert of is not None
    number = sum(plan.method.datasets[name].items for name in step.items)
    sets = f"the {many(number, 'item')} of {named(step.items)}"
    by = "their checks" if of.score == "check" else f"the score {code(of.score)}"
    if of.test == "no_worse":
        yield (
            f"**{code(short(step.id))}** asks whether {code(of.arm)} is *no worse* than {code(of.baseline)} "
            f"on {sets}, by {by}. That is said only if all of this holds:"
        )
        yield items(
            (
                f"the difference has a lower limit above −{in_points(of.margin)} (one-sided, alpha "
                f"{share(of.alpha)}; {_limit(step)})",
                f"{_test(step)} does not show {code(of.arm)} to be worse",
                WORSE,
                *_always(),
            )
        )
        return
    others = [name for name in step.arms if name != of.arm]
    yield (
        f"**{code(short(step.id))}** asks whether {code(of.arm)} is *improved* over {code(of.baseline)} "
        f"on {sets}, by {by}. That is said only if all of this holds:"
    )
    yield items(
        (
            f"{_test(step)} gives p < {share(of.alpha)} (two-sided)",
            f"the lift is at least {in_points(of.smallest_effect)}",
            f"{code(of.arm)} also passes more items than {listing(map(code, others))}",
            WORSE,
            *_always(),
        )
    )
    yield _power(number, of.alpha)


def _always() -> tuple[str, str]:
    return (
        "every arm answered every item",
        "nothing taints the run: no rehearsal, stand-in or mock, no shortfall of records, no critic that "
        "was used though it cannot judge",
    )


def _limit(step: Evaluate) -> str:
    one = "Newcombe 1998, method 10"
    return f"{one}, or that over clusters if it is lower" if step.cluster_by else one


def _test(step: Evaluate) -> str:
    if step.cluster_by:
        return f"a randomisation test over clusters of {code(step.cluster_by)}"
    return f"McNemar's test (exact below {EXACT_BELOW} discordant pairs)"


def _power(number: int, alpha: float) -> str:
    """The least lift that the test is likely to show, by how often the arms disagree."""
    lifts = [(part, detectable_lift(number, alpha, part)) for part in DISCORDANCES]
    shown = [
        f"{points(lift)} points if the arms disagree on {share(part)}"
        for part, lift in lifts
        if isfinite(lift)
    ]
    shows = "shows" if number == 1 else "show"
    if not shown:
        return f"Power: {many(number, 'item')} {shows} no lift that could be claimed."
    return (
        f"Power: {many(number, 'item')} {shows}, with {share(POWER)} power, a lift of {listing(shown)} of "
        "the items (Connor 1987)."
    )


def _splits(plan: PlanFile, step: Evaluate) -> set[str | None]:
    return {plan.method.datasets[name].split for name in step.items}
