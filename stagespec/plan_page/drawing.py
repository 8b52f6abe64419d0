"""The graph as it is drawn: one picture for each stage, so that a page can end between two of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from compiler.plan.model import PlanFile
from compiler.plan.names import short
from stagespec.change_lines import reason
from stagespec.excerpts import visible, width
from stagespec.figures import sums
from stagespec.last_run import Comparison
from stagespec.plan_page.graph import arrow, bands, edges, family, path, slice_of, touches
from stagespec.plan_page.layout import BETWEEN, Box, lay_out
from stagespec.wording import duration

NAME_COLUMNS = 17  # of a name inside its box
TITLE_COLUMN, SMALL_COLUMN = 10.5, 7.0  # the widest that a column of such text is drawn


@dataclass(frozen=True, slots=True)
class Node:
    """A box. `gone` steps lead to the changes, all others to their detail."""

    id: str
    name: str
    kind: str
    look: str
    shape: str
    box: Box
    figure: str
    mark: str
    said: str
    gone: bool


@dataclass(frozen=True, slots=True)
class Line:
    look: str
    drawn: str
    head: str
    said: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A stage's part of the drawing, from `top` on; lines that only pass through are in it too."""

    title: str
    whole_title: str
    sums: str
    frame: Box
    start: float
    top: float
    width: float
    height: float
    nodes: tuple[Node, ...]
    lines: tuple[Line, ...]


def pictures(plan: PlanFile, compared: Comparison) -> list[Picture]:
    own = bands(plan, compared)
    laid = lay_out(own, edges(plan))
    changes = compared.by_id
    kinds = {step.id: step.kind for stage in plan.method.stages for step in stage.steps}
    found = []
    for band, stage in zip(own, plan.method.stages, strict=True):
        frame = laid.bands[band.name]
        top, bottom = slice_of(frame, BETWEEN / 2)
        nodes = []
        for id in (*band.ids, *band.gone):
            change = changes.get(id)
            kind = kinds.get(id) or (change.kind if change else "")
            quoted = plan.quote.steps.get(id) if id in kinds else None
            look = family(kind)
            why = reason(plan, change) if change else ""
            nodes.append(
                Node(
                    id=id,
                    name=fitted(short(id), NAME_COLUMNS),
                    kind=kind,
                    look=look.name,
                    shape=look.shape,
                    box=laid.boxes[id],
                    figure=duration(quoted.seconds) if quoted and quoted.tokens else "",
                    mark=change.mark if change else "",
                    said=f"{kind} {id}{f': {why}' if why else ''}",
                    gone=id in band.gone,
                )
            )
        whole = " · ".join(sums(plan, [stage], stage.budget_usd))
        room = frame.x + frame.width - laid.start - 2 * BETWEEN - width(whole) * SMALL_COLUMN
        lines = [
            Line(
                look=f"{route.edge.kind}{'' if route.curved else ' around'}",
                drawn=path(route),
                head=arrow(route),
                said=said(route.edge.source, route.edge.target, route.edge.kind),
            )
            for route in laid.routes
            if touches(route, top, bottom)
        ]
        found.append(
            Picture(
                title=fitted(stage.name, max(int(room / TITLE_COLUMN), 1)),
                whole_title=stage.name,
                sums=whole,
                frame=frame,
                start=laid.start,
                top=top,
                width=laid.width,
                height=bottom - top,
                nodes=tuple(nodes),
                lines=tuple(lines),
            )
        )
    return found


def looks(drawn: Sequence[Picture]) -> list[str]:
    """The families that are there, for the legend."""
    return list(dict.fromkeys(node.look for picture in drawn for node in picture.nodes))


def said(source: str, target: str, kind: str) -> str:
    """`good reads answers`"""
    verb = {"reads": "reads", "waits": "waits for", "again": "goes on in rounds with"}[kind]
    return f"{target} {verb} {source}"


def fitted(text: str, columns: int) -> str:
    """A text that takes no more room than so many columns."""
    text = visible(text)
    if width(text) <= columns:
        return text
    while width(text) > columns - 1:
        text = text[: max(columns - 1, 0)] if len(text) >= 2 * columns else text[:-1]
    return f"{text}…"
