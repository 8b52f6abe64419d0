"""The order in which the steps of a stage can run, from what each of them names."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping

from compiler.diagnostics import Label
from compiler.lower.lowering import Lowering
from compiler.syntax import tree

# Fields that name steps which must come before. A source's `until` and the steps that its prompt samples
# close the loop over rounds instead, and order nothing.
ORDERING_FIELDS = frozenset(
    {
        *("input", "needs", "require", "model", "critic", "start", "data", "stop_early"),
        *("arms", "score", "reference", "user", "assistant"),
    }
)
# Fields that name steps in some kinds of step, and columns in others.
ORDERING = frozenset({("mix", "of"), ("review", "on")})


def running_order(low: Lowering, steps: Mapping[str, tree.Definition]) -> list[str] | None:
    """Topological, ties by name: the order of blocks in the source plays no part."""
    before = {name: {n for n in _mentioned(d) if n in steps} for name, d in steps.items()}
    after: dict[str, list[str]] = {name: [] for name in steps}
    for name, needed in before.items():
        for other in needed:
            after[other].append(name)
    ready = sorted(name for name, needed in before.items() if not needed)
    heapq.heapify(ready)
    order: list[str] = []
    while ready:
        name = heapq.heappop(ready)
        order.append(name)
        for other in after[name]:
            before[other].discard(name)
            if not before[other]:
                heapq.heappush(ready, other)
    if len(order) < len(steps):
        circle = _circle(before)
        following = [*circle[1:], circle[0]]
        low.found.error(
            "SS208",
            f'"{circle[0]}" waits for itself'
            if len(circle) == 1
            else f"these steps wait for each other: {' → '.join([*circle, circle[0]])}",
            *(_waits(steps[name], other) for name, other in zip(circle, following, strict=True)),
        )
        return None
    return order


def _waits(step: tree.Definition, other: str) -> Label:
    """Where a step names the one that it waits for."""
    if isinstance(step.body, tree.Block):
        for entry in step.body.fields():
            if _orders(step, entry) and other in _names(entry.value):
                return Label(entry.span, f'"{step.name.value}" names "{other}"')
    return Label(step.name.span, f'"{step.name.value}" names "{other}"')


def _circle(before: dict[str, set[str]]) -> list[str]:
    """Steps each of which waits for the next, and the last for the first; `before` holds what is left."""
    path: list[str] = []
    at = min(name for name, needed in before.items() if needed)
    while at not in path:
        path.append(at)
        at = min(needed for needed in before[at] if before[needed])
    return path[path.index(at) :]


def _mentioned(definition: tree.Definition) -> Iterator[str]:
    """Every name in a step's block that could be a step it must come after."""
    if not isinstance(definition.body, tree.Block):
        yield from _names(definition.body)
        return
    for entry in definition.body.fields():
        if _orders(definition, entry):
            yield from _names(entry.value)


def _orders(step: tree.Definition, entry: tree.Field) -> bool:
    return entry.name.value in ORDERING_FIELDS or (step.kind.value, entry.name.value) in ORDERING


def _names(node: tree.Node) -> Iterator[str]:
    match node:
        case tree.Name(value=name):
            yield name
        case tree.Items(items=parts) | tree.Operation(operands=parts):
            for part in parts:
                yield from _names(part)
        case tree.Attribute(of=inner):
            yield from _names(inner)
        case tree.Call(arguments=arguments, named=named):
            for part in (*arguments, *(value for _, value in named)):
                yield from _names(part)
        case tree.Phrase(head=head, links=links):
            for part in (head, *(value for _, value in links)):
                yield from _names(part)
        case tree.Configured(head=head, settings=settings):
            yield from _names(head)
            yield from _names(settings)
        case tree.Block(entries=entries):
            for entry in entries:
                if isinstance(entry, tree.Field):
                    yield from _names(entry.value)
        case _:
            return
