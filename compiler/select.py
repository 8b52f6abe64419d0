"""From the names on a command line to a part of the plan. What they get wrong are diagnostics."""

from __future__ import annotations

from collections.abc import Iterable

from compiler.diagnostics import Diagnostics, did_you_mean, listing
from compiler.plan.model import Method
from compiler.plan.selection import Selection, behind, select


def named_part(
    method: Method, only: str | None, start: str | None, until: str | None, found: Diagnostics
) -> Selection | None:
    """The part that `--only STAGE`, `--from STEP` and `--until STEP` name; None where anything was reported.

    A step is named `stage.step`, or `step` where one stage alone has it; with `only`, that stage.
    """
    stages = {stage.name: [step.id for step in stage.steps] for stage in method.stages}
    if only is not None and only not in stages:
        found.error("SS801", f'there is no stage "{only}" in this plan', help=_hint(only, stages, stages))
        return None
    first = _step(stages, only, start, found) if start is not None else None
    last = _step(stages, only, until, found) if until is not None else None
    if found.failed:
        return None
    if first is not None and last is not None and last not in behind(method, first):
        found.error(
            "SS804",
            f"{last} does not rest on {first}",
            help=f"A run that ends with {last} would never come to {first}.",
        )
        return None
    return select(method, only, first, last)


def _step(stages: dict[str, list[str]], only: str | None, name: str, found: Diagnostics) -> str | None:
    """The id of the step that is meant."""
    every = [id for ids in stages.values() for id in ids]
    near = stages[only] if only is not None else every
    fitting = [id for id in near if name in _names(id)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        found.error(
            "SS802",
            f'"{name}" is a step of {listing(id.rpartition(".")[0] for id in fitting)}',
            help=f"Write {', '.join(fitting[:-1])} or {fitting[-1]}.",
        )
    elif any(name in _names(id) for id in every):
        found.error("SS803", f'"{name}" is no step of {only}', help="--only runs this one stage.")
    else:
        known = [word for id in near for word in _names(id)]
        hint = _hint(name, known, (id.rpartition(".")[2] for id in near))
        found.error("SS801", f'there is no step "{name}" in this plan', help=hint)
    return None


def _names(id: str) -> tuple[str, str]:
    return id, id.rpartition(".")[2]


def _hint(name: str, known: Iterable[str], listed: Iterable[str]) -> str:
    """The name that may have been meant, or those that there are."""
    near = did_you_mean(name, known)
    return near[:1].upper() + near[1:] if near else f"There is {listing(dict.fromkeys(listed))}."
