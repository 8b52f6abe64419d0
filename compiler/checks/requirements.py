"""Checks on what gates require: whether it can hold at all, and whether it can fail."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from compiler.checks.amounts import most_kept
from compiler.checks.data import WRITERS
from compiler.checks.openings import joined, may_be, measures, of_records
from compiler.checks.training import by_people
from compiler.checks.view import StageView
from compiler.diagnostics import Diagnostics
from compiler.frozen import Frozen
from compiler.plan.expressions import COMPARE, Value
from compiler.plan.model import AnyStep, Evaluate, Expression, Gate, Generate, Quality
from compiler.plan.names import short

OUTCOMES = {
    "mcnemar": ("improved", "no difference shown", "worse", "not shown"),
    "no_worse": ("no worse", "no difference shown", "worse", "not shown"),
}
SHARES = ("accepted", "rate_rejected", "rate_where", "arm_rate")
FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


class Bound(Frozen):
    """`measure op value`, with what may be measured: from `least` to `most`."""

    measure: Expression
    op: str
    value: float
    most: float


def gates_can_open_and_close(view: StageView, found: Diagnostics) -> None:
    """A gate of the experiment could not be met. And one that every result meets stops nothing. What a gate
    requires must be possible, alone and together, and must be able to fail, with texts as long as they can
    be written and as many records as there can be."""
    for gate in view.stage.steps:
        if not isinstance(gate, Gate | Quality):
            continue
        for problem in _problems(gate, view):
            found.error("SS638", f'gate "{short(gate.id)}" {problem}', view.place(gate.id))


def quality_can_be_found_bad(view: StageView, found: Diagnostics) -> None:
    """A quality gate that stays open where 99 % of the records are bad looks at nothing. At least one bound
    of a quality gate lies where bad records would close it, such as accepted(good) >= 50 %."""
    for gate in view.of(Quality):
        if all(_idle(r.condition, 0.01, 0.99) for r in gate.require) and not all(
            _idle(r.condition, 0.0, 1.0)
            for r in gate.require  # SS638 says so
        ):
            found.error(
                "SS652",
                f'quality gate "{short(gate.id)}" is open at 1 % and at 99 % of all that it measures',
                view.place(gate.id),
                help="Bound a share where bad records would show: accepted(good) >= 50 %",
            )


def _idle(condition: Expression, low: float, high: float) -> bool:
    """Whether a condition holds wherever the shares in it are at either of two ends."""
    return may_be(condition, lambda of: (low, high) if of.op in SHARES else None) == {True}


def _problems(gate: Gate | Quality, view: StageView) -> Iterator[str]:
    required = [part for r in gate.require for part in joined(r.condition)]
    bounds = [bound for part in required if (bound := _bound(part, gate, view)) is not None]
    for bound in bounds:
        if not _possible([bound], bound.most):
            yield f"can never open: no measured value meets one of its bounds{_known_most(bound)}"
        elif _always(bound):
            yield f"can never close: every measured value meets one of its bounds{_known_most(bound)}"
    by_measure: dict[str, list[Bound]] = {}
    for bound in bounds:
        by_measure.setdefault(repr(bound.measure), []).append(bound)
    for same in by_measure.values():
        if all(_possible([b], b.most) for b in same) and not _possible(same, same[0].most):
            yield "can never open: two of its bounds exclude each other"
    for part in required:
        yield from _verdicts(part, view)
        for rate in measures(part, "rate_where"):
            step, condition = view.step(str(rate.args[0])), rate.args[1]
            if step and isinstance(condition, Expression) and len(of_records(condition, step.columns)) == 1:
                yield "asks how often something holds that holds of every record, or of none"


def _bound(part: Expression, gate: Gate | Quality, view: StageView) -> Bound | None:
    if part.op not in FLIPPED or len(part.args) != 2:
        return None
    left, right = part.args
    op = part.op
    if isinstance(right, Expression) and not isinstance(left, Expression):
        left, right, op = right, left, FLIPPED[op]
    if not isinstance(left, Expression) or isinstance(right, Expression | str | bool):
        return None
    if left.op in SHARES:
        return Bound(left, op, right, 1.0)
    if left.op == "kept":
        return Bound(left, op, right, most_kept(str(left.args[0]), gate, view))
    return Bound(left, op, right, _most_tokens(left, view)) if left.op == "median" else None


def _known_most(bound: Bound) -> str:
    """What follows from the rest of the plan, and so does not stand beside the bound."""
    return f" ({bound.most:g} is the most)" if 1.0 < bound.most < inf else ""


def _most_tokens(median: Expression, view: StageView) -> float:
    """A text has at most so many tokens as its step may write; of other numbers no bound is known."""
    id, of = median.args
    text = of.args[0] if isinstance(of, Expression) and of.op == "tokens" else None
    if not isinstance(text, Expression) or text.op not in ("column", "raw"):
        return inf
    steps = [step for step in (view.step(str(id)), *view.before(str(id))) if step is not None]
    if any(text.args[0] in by_people(step, view) for step in steps):
        return inf
    writers = [s for s in steps if isinstance(s, WRITERS) and text.args[0] in (s.into, *_fields(s))]
    return max((writer.sampling.max_tokens for writer in writers), default=inf)


def _fields(step: AnyStep) -> tuple[str, ...]:
    return tuple(step.fields) if isinstance(step, Generate) else ()


def _possible(bounds: list[Bound], most: float) -> bool:
    """Whether some value from 0 to `most` meets all bounds: one of their values, or one just beside them."""
    step = 1e-9
    values = {0.0, most if most < float("inf") else 1e12}
    for bound in bounds:
        values |= {bound.value, bound.value - step, bound.value + step}
    return any(0 <= v <= most and all(_meets(v, b) for b in bounds) for v in values)


def _always(bound: Bound) -> bool:
    values = (0.0, bound.value, bound.value - 1e-9, bound.value + 1e-9, min(bound.most, 1e12))
    return all(_meets(v, bound) for v in values if 0 <= v <= bound.most)


def _meets(value: float, bound: Bound) -> bool:
    return COMPARE[bound.op](value, bound.value)


def _verdicts(part: Expression | Value, view: StageView) -> Iterator[str]:
    """A verdict that the test of its comparison cannot give."""
    if not isinstance(part, Expression):
        return
    asked = [arg for arg in part.args if isinstance(arg, Expression) and arg.op == "verdict"]
    wanted = [arg for arg in part.args if isinstance(arg, str)]
    if part.op == "==" and asked and wanted:
        step = view.step(str(asked[0].args[0]))
        if isinstance(step, Evaluate) and step.compare and wanted[0] not in OUTCOMES[step.compare.test]:
            word = wanted[0].replace(" ", "_")
            yield f"can never open: test {step.compare.test} does not end in {word}"
        return
    for arg in part.args:
        yield from _verdicts(arg, view)
