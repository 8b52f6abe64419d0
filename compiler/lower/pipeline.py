"""Pipelines: stages that are run as one."""

from __future__ import annotations

from collections.abc import Sequence

from compiler.diagnostics import Label, listing
from compiler.lower.lowering import Lowering
from compiler.lower.stage import lower_stage
from compiler.plan.model import Pipeline
from compiler.resolve import Symbol
from compiler.shapes import Ref


def lower_pipeline(low: Lowering, symbols: Sequence[Symbol]) -> Pipeline | None:
    """The one pipeline of a file with all its stages lowered; None where anything was reported."""
    symbol, *others = symbols
    name = symbol.definition.name
    for other in others:
        low.found.error(
            "SS367",
            "a file holds one pipeline",
            Label(other.definition.name.span),
            Label(name.span, "the first"),
        )
    body = low.body(symbol)
    if others or body is None or not body.complete:
        return None
    refs: tuple[Ref, ...] = body.get("stages")
    lowered = [lower_stage(low, symbol.file, ref) for ref in refs]
    if any(stage is None for stage in lowered):
        return None
    named = [ref.name for ref in refs]
    for ref in refs:
        if named.count(ref.name) > 1:
            low.found.error("SS309", f'"{ref.name}" is named twice', ref.span)
            return None
    missing = [stage for stage in low.stages if stage not in named]
    if missing:
        low.found.error(
            "SS368",
            f"this pipeline goes on from {listing(missing)}, which it does not name",
            body.place("stages"),
            help=f"Write stages = [{', '.join(low.stages)}].",
        )
        return None
    low.places[f"pipeline {name.value}"] = name.span
    return Pipeline(
        name=name.value,
        doc=" ".join(body.text("doc").split()),
        stages=tuple(low.stages),
        budget_usd=body.get("budget"),
    )
