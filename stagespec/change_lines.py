"""What changed since an earlier plan, in words: one line for each step's reason, one for each setting."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from compiler.diagnostics import listing
from compiler.plan.counting import counted
from compiler.plan.model import PlanFile, Rejection
from compiler.plan.names import PROFILE, short
from stagespec.last_run import Comparison

if TYPE_CHECKING:
    from compiler.diff import Change, StepChange

MARKS = (("+", "new"), ("~", "changed"), ("=", "the same"), ("-", "taken out"))
LONGEST = 44  # characters of a value that is shown
STEP_ID = re.compile(r"[A-Za-z_]\w*\.[A-Za-z_]\w*")


def reason(plan: PlanFile, step: StepChange) -> str:
    """Why a step has its mark, down to the first field that differs; empty where there is nothing to say."""
    was = f"was called {short(step.was)}" if step.was else ""
    if step.mark == "~":
        more = len(step.changes) - 1
        others = f", and {counted(more, 'more difference')}" if more else ""
        return f"{f'{was}; ' if was else ''}{change(plan, step.changes[0])}{others}"
    if step.mark == "=":
        read = f"behind {listing(map(short, step.upstream))}, which changed" if step.upstream else ""
        return "; ".join(part for part in (was, read) if part)
    return "new" if step.mark == "+" else "taken out"


def change(plan: PlanFile, one: Change) -> str:
    """`critic clear_instruction, methods[0].given changed (specs/shared/critics.stage:14)`

    A place in the stage's own file is a line.
    """
    subject = "" if one.subject in ("", PROFILE) else f"{one.subject}, "
    file, _, line = one.place.rpartition(":")
    own = plan.places.get(plan.method.name, "").rpartition(":")[0]
    place = f" ({f'line {line}' if file == own else one.place})" if one.place else ""
    return (
        f"{subject}{_what(_statement(plan, one) or one.field, _short(one.old), _short(one.new), one)}{place}"
    )


def _what(field: str, old: str, new: str, one: Change) -> str:
    """The field and what became of it; values only where they are short."""
    entry = one.field.endswith("]")  # of a list
    whole = field.rpartition("[")[0] if entry and field == one.field else field
    if one.old is None:
        if new and field == one.field:
            return f"{whole}: {new} added" if entry else f"{field} set to {new}"
        return f"{field} added"
    if one.new is None:
        return f"{whole}: {old or 'one'} taken out" if entry else f"{field} taken out"
    return f"{field}: {old} → {new}" if old and new else f"{field} changed"


def summary(plan: PlanFile, compared: Comparison) -> Iterator[str]:
    """With what the plan is compared, how many steps are what, and what the profile says otherwise."""
    if not compared.steps:
        yield compared.said
        return
    if compared.same:
        yield f"none {compared.said}"
        return
    counts = [(sum(step.mark == mark for step in compared.steps), mark, word) for mark, word in MARKS]
    marked = ", ".join(f"{n} {word} ({mark})" for n, mark, word in counts if n)
    fed = any(step.upstream for step in compared.steps)
    yield f"{compared.said}: {marked}" + (
        "; a step behind a changed one asks again only what is not known yet" if fed else ""
    )
    if not compared.settings and all(step.mark == "=" and not step.was for step in compared.steps):
        yield "only descriptions differ: nothing is made again"
    yield from (change(plan, setting) for setting in compared.settings)


def _statement(plan: PlanFile, one: Change) -> str:
    """A statement of rules by what it is: `reject "long"`."""
    name = one.subject.removeprefix("rules ")
    rules = plan.method.rules.get(name) if name != one.subject else None
    number = one.field.removeprefix("statements[").removesuffix("]")
    if rules is None or not number.isdigit():
        return ""
    statement = rules.statements[int(number)]
    return f'reject "{statement.name}"' if isinstance(statement, Rejection) else statement.op


def _short(value: Any) -> str:
    """A value that fits into a line, or an empty string."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, dict):  # a statement of rules, a requirement
        sink = f' "{value["name"]}"' if value.get("name") else ""
        value = f"{value['op']}{sink}" if "op" in value else value.get("text")
    if not isinstance(value, str | int):
        return ""
    text = short(value) if isinstance(value, str) and STEP_ID.fullmatch(value) else str(value)
    return text if len(text) <= LONGEST and "\n" not in text else ""
