"""Where the steps of a plan stand on a drawing, and how the lines between them run. Pure geometry.

Stages are bands, one below the other. In a band a step stands below all that it reads (layers by the
longest path), in rows of at most `WIDEST`. A line that passes rows has a narrow place of its own in each
of them, so that it crosses no box; lines from one band to another run in a gutter at the left, lines back
to an earlier step in one at the right. Lengths are in units of the drawing, y grows downwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from stagespec.plan_page.rows import PASSING, place_rows

BOX_WIDTH, BOX_HEIGHT = 176.0, 46.0
ACROSS, DOWN = 20.0, 38.0  # free room beside and below a box
HEADER, FOOTER, BETWEEN = 58.0, 26.0, 20.0  # of a band
SIDE = 24.0  # between a band's frame or its lines and its boxes
LANE = 9.0  # between two lines in a gutter
MARGIN = 14.0
WIDEST = 4  # boxes in a row
INSET = 22.0  # how far from a box's side the lines of the gutters reach it

Point = tuple[float, float]
EdgeKind = Literal["reads", "waits", "again"]


@dataclass(frozen=True, slots=True)
class Band:
    """A stage: its steps in an order in which they can run, and those that are there no more."""

    name: str
    ids: tuple[str, ...]
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """`again` leads back to an earlier step (what a later round reads); all others lead forward."""

    source: str
    target: str
    kind: EdgeKind


@dataclass(frozen=True, slots=True)
class Box:
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        return self.x + self.width / 2

    @property
    def bottom(self) -> float:
        return self.y + self.height


@dataclass(frozen=True, slots=True)
class Route:
    """A line through points; `curved` inside a band, else with right angles through a gutter."""

    edge: Edge
    points: tuple[Point, ...]
    curved: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """`boxes` of steps by id, `bands` by the name of the stage; left of `start` there are only lines."""

    width: float
    height: float
    start: float
    boxes: Mapping[str, Box]
    bands: Mapping[str, Box]
    routes: tuple[Route, ...]


def lay_out(bands: Sequence[Band], edges: Sequence[Edge]) -> Layout:
    """Every step once. Edges name steps of the bands, and all but `again` lead from an earlier step."""
    home = {id: number for number, band in enumerate(bands) for id in (*band.ids, *band.gone)}
    inside = [e for e in edges if e.kind != "again" and home[e.source] == home[e.target]]
    outside = [e for e in edges if e.kind != "again" and home[e.source] != home[e.target]]
    back = [e for e in edges if e.kind == "again"]
    left = _lanes([edge.source for edge in outside])
    right: dict[str, int] = {}
    for number in range(len(bands)):
        right |= _lanes([edge.target for edge in back if home[edge.target] == number])
    lanes = max(right.values(), default=-1) + 1
    start = MARGIN + SIDE + LANE * len(left)
    rows = [_rows(band, inside) for band in bands]
    placed = [place_rows(own, inside, BOX_WIDTH, ACROSS) for own in rows]
    inner = max((width for _, width in placed), default=0.0)

    boxes: dict[str, Box] = {}
    frames: dict[str, Box] = {}
    passing: dict[PASSING, Point] = {}
    top = MARGIN
    for band, own, (centres, width) in zip(bands, rows, placed, strict=True):
        shift = start + (inner - width) / 2
        for number, row in enumerate(own):
            y = top + HEADER + number * (BOX_HEIGHT + DOWN)
            for id in row:
                boxes[id] = Box(shift + centres[id] - BOX_WIDTH / 2, y, BOX_WIDTH, BOX_HEIGHT)
            passing |= {
                place: (shift + x, y)
                for place, x in centres.items()
                if isinstance(place, tuple) and place[1] == number
            }
        height = HEADER + len(own) * (BOX_HEIGHT + DOWN) - (DOWN if own else 0) + FOOTER
        frames[band.name] = Box(MARGIN, top, 0, height)
        top += height + BETWEEN
    end = start + inner + SIDE + LANE * lanes
    frames = {name: Box(box.x, box.y, end - MARGIN, box.height) for name, box in frames.items()}
    row_of = {id: number for own in rows for number, row in enumerate(own) for id in row}
    routes = [
        *(_through(edge, boxes, passing, row_of) for edge in inside),
        *(_around(edge, boxes, MARGIN + LANE * (left[edge.source] + 1), -INSET) for edge in outside),
        *(_around(edge, boxes, end - LANE * (right[edge.target] + 1), INSET) for edge in back),
    ]
    return Layout(end + MARGIN, top - BETWEEN + MARGIN, start, boxes, frames, tuple(routes))


def _lanes(names: Sequence[str]) -> dict[str, int]:
    """A lane for each name, in the order in which they come."""
    return {name: number for number, name in enumerate(dict.fromkeys(names))}


def _rows(band: Band, inside: Sequence[Edge]) -> list[list[str]]:
    """Layers by the longest path from the inputs, wide ones in several rows; what is gone comes last."""
    layer: dict[str, int] = {}
    for id in band.ids:
        above = [layer[edge.source] for edge in inside if edge.target == id]
        layer[id] = max(above, default=-1) + 1
    layers: list[list[str]] = [[] for _ in range(max(layer.values(), default=-1) + 1)]
    for id in band.ids:
        layers[layer[id]].append(id)
    return [own[at : at + WIDEST] for own in (*layers, list(band.gone)) for at in range(0, len(own), WIDEST)]


def _through(
    edge: Edge, boxes: Mapping[str, Box], passing: Mapping[PASSING, Point], row: Mapping[str, int]
) -> Route:
    """From the foot of a box to the head of another, straight down through each row between them."""
    source, target = boxes[edge.source], boxes[edge.target]
    points: list[Point] = [(source.middle, source.bottom)]
    for number in range(row[edge.source] + 1, row[edge.target]):
        x, y = passing[edge.source, number]
        points += [(x, y), (x, y + BOX_HEIGHT)]
    return Route(edge, (*points, (target.middle, target.y)), curved=True)


def _around(edge: Edge, boxes: Mapping[str, Box], lane: float, side: float) -> Route:
    """Out below the source, along a lane of a gutter, and in above the target."""
    source, target = boxes[edge.source], boxes[edge.target]
    off = 0.0 if side < 0 else DOWN * 0.14  # so that lines to the left and to the right never lie on another
    out, into = source.bottom + DOWN * 0.2 + off, target.y - DOWN * 0.4 + off
    reach = BOX_WIDTH / 2 - abs(side)
    leaves = source.middle + (reach if side > 0 else -reach)
    enters = target.middle + (reach if side > 0 else -reach)
    points = ((leaves, source.bottom), (leaves, out), (lane, out), (lane, into), (enters, into))
    return Route(edge, (*points, (enters, target.y)), curved=False)
