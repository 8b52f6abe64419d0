"""What a plan does otherwise than an earlier one: step by step, down to the fields that differ.

Comments, layout, descriptions and the order of blocks are no differences: none of them is in a meaning.
A step whose meaning is the same and that reads from a changed one stays the same; it says whom it reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from compiler.frozen import Frozen
from compiler.plan.differences import Difference, differences
from compiler.plan.hashing import plain
from compiler.plan.meaning import Meaning, meaning, model_settings, reads
from compiler.plan.model import AnyStep, PlanFile
from compiler.plan.names import PROFILE
from compiler.plan.source_names import in_source

Mark = Literal["+", "~", "=", "-"]


class Change(Frozen):
    """One field that differs. `subject` is what it is a field of: "" for the step itself, `prompt respond`,
    `profile` and so on; `field` is named as in the source; `place` is empty where it stands nowhere."""

    subject: str
    field: str
    old: Any
    new: Any
    place: str


class StepChange(Frozen):
    """What became of a step. `upstream` are the nearest changed steps that a step which is itself the same
    reads from; `was` is the name that it had before, where it was renamed."""

    mark: Mark
    id: str
    kind: str
    changes: tuple[Change, ...] = ()
    upstream: tuple[str, ...] = ()
    was: str = ""


def diff_plans(old: PlanFile, new: PlanFile) -> tuple[StepChange, ...]:
    """Every step of the new plan in its order, then those that are gone, in the order of the old one."""
    before, after = _steps(old), _steps(new)
    renamed = _renamed(old, new)
    was = {later: earlier for earlier, later in renamed.items()}
    changes: dict[str, tuple[Change, ...]] = {}
    for id, step in after.items():
        if id in was:
            meant = _translated(meaning(old.method, old.binding, before[was[id]]), renamed)
            changes[id] = tuple(_changes(meant, meaning(new.method, new.binding, step), new, step))
    changed = {id for id in after if changes.get(id, True)}
    found = [
        StepChange(
            mark="+" if id not in was else "~" if id in changed else "=",
            id=id,
            kind=step.kind,
            changes=changes.get(id, ()),
            upstream=() if id in changed else _nearest(id, after, changed),
            was=was[id] if id in was and _name(was[id]) != _name(id) else "",
        )
        for id, step in after.items()
    ]
    gone = [StepChange("-", id, step.kind) for id, step in before.items() if id not in renamed]
    return (*found, *gone)


def diff_settings(old: PlanFile, new: PlanFile) -> tuple[Change, ...]:
    """What the profile and the stage's head say otherwise: engine, seed, scale, checkpoints, budget.

    A profile of another name is the first of them.
    """
    return tuple(
        Change("", difference.path, difference.old, difference.new, _setting_place(new, difference.path))
        for difference in differences(_settings(old), _settings(new))
    )


def _settings(plan: PlanFile) -> dict[str, Any]:
    told_apart = ("models", "counts", "scale")
    return {
        **{name: value for name, value in plain(plan.binding).items() if name not in told_apart},
        "scale": f"{plan.binding.scale * 100:.12g} %",
        "models": {role: model_settings(plan.method, plan.binding, role) for role in plan.binding.models},
        "budget": next(
            (f"{s.budget_usd:g} usd" for s in plan.method.stages if s.budget_usd is not None), None
        ),
    }


def _setting_place(plan: PlanFile, field: str) -> str:
    if field == "budget":
        return _place(plan, f"stage {plan.method.stages[0].name}", field)
    place = _place(plan, f"profile {plan.binding.profile}", field)
    return "" if place == plan.places.get(f"profile {plan.binding.profile}") else place


def _changes(old: Meaning, new: Meaning, plan: PlanFile, step: AnyStep) -> Iterator[Change]:
    """Differences of the step itself, then of what both versions of it refer to."""
    for subject in new:
        if subject not in old:
            continue  # that the step refers to something else is a difference of its own
        for difference in differences(old[subject], new[subject]):
            yield _change(subject, difference, plan, step)


def _change(subject: str, difference: Difference, plan: PlanFile, step: AnyStep) -> Change:
    field = in_source(difference.path, step.kind if not subject else "")
    if subject == PROFILE:
        place = _setting_place(plan, field)
    elif subject.startswith("model ") and field != "kind":
        place = _setting_place(plan, f"models.{subject.removeprefix('model ')}.{field}")
    else:
        place = _place(plan, subject or step.id, field)
    shown = difference.path if difference.path == "kept at this scale" else field
    return Change(subject, shown, difference.old, difference.new, place)


def _place(plan: PlanFile, owner: str, field: str) -> str:
    """Where the field stands, or else the nearest thing around it."""
    while field:
        if f"{owner}.{field}" in plan.places:
            return plan.places[f"{owner}.{field}"]
        field = field[: max(field.rfind("."), field.rfind("["), 0)]
    return plan.places.get(owner, "")


def _nearest(id: str, steps: Mapping[str, AnyStep], changed: set[str]) -> tuple[str, ...]:
    """The changed steps from which a step reads, over others that are the same; in the plan's order."""
    ids = frozenset(steps)
    seen, waiting, found = {id}, [id], set()
    while waiting:
        for read in reads(steps[waiting.pop()], ids) - seen:
            seen.add(read)
            if read in changed:
                found.add(read)
            else:
                waiting.append(read)
    return tuple(step for step in steps if step in found)


def _renamed(old: PlanFile, new: PlanFile) -> dict[str, str]:
    """Every step of the old plan that the new one still has, with its id there.

    A step has another name where one went, one came, and both mean the same.
    """
    before, after = _steps(old), _steps(new)
    head = _stage_names(old, new)
    same = {id: head(id) for id in before if head(id) in after}
    # What steps that were renamed themselves are read by is compared with their new names: until no more.
    for _ in before:
        came = [id for id in after if id not in same.values()]
        for id, step in before.items():
            if id in same:
                continue
            meant = _translated(meaning(old.method, old.binding, step), same)
            twins = [
                twin
                for twin in came
                if after[twin].kind == step.kind
                and not any(_changes(meant, meaning(new.method, new.binding, after[twin]), new, after[twin]))
            ]
            if len(twins) == 1:
                same[id] = twins[0]
                break
        else:
            break
    return same


def _stage_names(old: PlanFile, new: PlanFile) -> Any:
    """Ids of the old plan as the new one would write them: a stage that is alone may have been renamed."""
    alone = len(old.method.stages) == len(new.method.stages) == 1
    return lambda id: f"{new.method.stages[0].name}.{_name(id)}" if alone else id


def _translated(value: Any, ids: Mapping[str, str]) -> Any:
    """A plain value with step ids replaced."""
    if isinstance(value, str):
        return ids.get(value, value)
    if isinstance(value, Mapping):
        return {key: _translated(inner, ids) for key, inner in value.items()}
    return [_translated(item, ids) for item in value] if isinstance(value, list | tuple) else value


def _steps(plan: PlanFile) -> dict[str, AnyStep]:
    return {step.id: step for stage in plan.method.stages for step in stage.steps}


def _name(id: str) -> str:
    return id.rpartition(".")[2]
