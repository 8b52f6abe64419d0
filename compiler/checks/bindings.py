"""Checks of what a profile binds the models to, whatever is made with them."""

from __future__ import annotations

from collections.abc import Callable

from compiler.diagnostics import Diagnostics, Label, listing
from compiler.lower.profile import Bound
from compiler.plan.lock_key import lock_key

BoundCheck = Callable[[Bound, Diagnostics], None]


def one_resident_base(bound: Bound, found: Diagnostics) -> None:
    """In the experiment three 32B models were resident at once, and precision differed from script to
    script. One base serves all roles of a plan, with an adapter where it was trained: every role is bound
    to the same checkpoint in the same precision."""
    bases: dict[str, list[str]] = {}
    for role, model in bound.binding.models.items():
        bases.setdefault(f"{lock_key(model)} {model.precision}", []).append(role)
    if len(bases) < 2:
        return
    (first, *_), *others = bases.values()
    found.error(
        "SS722",
        f"{len(bases)} base models would be resident at once: {listing([first, *(o[0] for o in others)])}",
        Label(bound.places[f"model {others[0][0]}"], "another checkpoint or precision"),
        Label(bound.places[f"model {first}"], "than this one"),
        help="Bind all roles to one checkpoint in one precision: one resident base serves them.",
    )
