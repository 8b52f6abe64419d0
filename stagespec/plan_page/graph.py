"""The steps of a plan as a drawing: what is joined to what, and what each kind of step looks like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from compiler.plan.meaning import reads
from compiler.plan.model import AnyStep, PlanFile
from stagespec.last_run import Comparison
from stagespec.plan_page.layout import BOX_HEIGHT, BOX_WIDTH, Band, Box, Edge, Route


@dataclass(frozen=True, slots=True)
class Family:
    """Kinds of steps that look alike. `shape` is an SVG path in the room of a box, `name` its class."""

    name: str
    said: str
    kinds: tuple[str, ...]
    shape: str


def _polygon(*points: tuple[float, float]) -> str:
    return "M" + " L".join(f"{x:g} {y:g}" for x, y in points) + " Z"


def _rounded(radius: float) -> str:
    right, bottom, turn = BOX_WIDTH - radius, BOX_HEIGHT - radius, f"a{radius:g} {radius:g} 0 0 1"
    return (
        f"M{radius:g} 0 H{right:g} {turn} {radius:g} {radius:g} V{bottom:g} {turn} -{radius:g} {radius:g} "
        f"H{radius:g} {turn} -{radius:g} -{radius:g} V{radius:g} {turn} {radius:g} -{radius:g} Z"
    )


W, H, CUT = BOX_WIDTH, BOX_HEIGHT, 11.0
FAMILIES = (
    Family(
        "writes",
        "makes text",
        ("generate", "compose", "principles", "critique", "revise", "negatives", "converse"),
        _rounded(7),
    ),
    Family(
        "selects",
        "chooses and arranges records",
        ("filter", "best", "prefer", "mix", "order", "split"),
        _polygon((CUT, 0), (W, 0), (W - CUT, H), (0, H)),
    ),
    Family(
        "judges",
        "asks a critic",
        ("judge", "rate", "compare"),
        _polygon((CUT, 0), (W - CUT, 0), (W, H / 2), (W - CUT, H), (CUT, H), (0, H / 2)),
    ),
    Family(
        "guards",
        "a gate",
        ("quality", "review", "gate"),
        _polygon(
            *((CUT, 0), (W - CUT, 0), (W, CUT), (W, H - CUT)),
            *((W - CUT, H), (CUT, H), (0, H - CUT), (0, CUT)),
        ),
    ),
    Family("measures", "measures a model", ("evaluate",), _rounded(H / 2)),
    Family("trains", "trains a model", ("train",), _polygon((0, 0), (W, 0), (W, H), (0, H))),
    Family(
        "gives",
        "gives out a model",
        ("output",),
        _polygon((0, 0), (W - 14, 0), (W, H / 2), (W - 14, H), (0, H)),
    ),
)
OTHER = Family("other", "another step", (), _polygon((0, 0), (W, 0), (W, H), (0, H)))


def family(kind: str) -> Family:
    return next((one for one in FAMILIES if kind in one.kinds), OTHER)


def bands(plan: PlanFile, compared: Comparison) -> list[Band]:
    """A band for each stage; steps that are gone stand in the one that they were taken out of."""
    gone = [step.id for step in compared.steps if step.mark == "-"]
    ids = {step.id for stage in plan.method.stages for step in stage.steps}
    return [
        Band(
            stage.name,
            tuple(step.id for step in stage.steps),
            tuple(id for id in gone if id.rpartition(".")[0] == stage.name and id not in ids),
        )
        for stage in plan.method.stages
    ]


def edges(plan: PlanFile) -> list[Edge]:
    """What each step reads and waits for; reading from a later step, or filling it, leads back."""
    steps = [step for stage in plan.method.stages for step in stage.steps]
    order = {step.id: number for number, step in enumerate(steps)}
    return [edge for step in steps for edge in _edges(step, order)]


def _edges(step: AnyStep, order: Mapping[str, int]) -> Iterator[Edge]:
    read = reads(step, frozenset(order)) - {step.id}
    filled = getattr(step, "until_step", None)
    wanted = {filled} & set(order) if filled else set()
    for source in sorted({*read, *step.needs, *wanted} & set(order) - {step.id}, key=lambda id: order[id]):
        if order[source] > order[step.id]:
            yield Edge(source, step.id, "again")
        else:
            yield Edge(source, step.id, "reads" if source in read else "waits")


def path(route: Route) -> str:
    """The line of a route as an SVG path."""
    x, y = route.points[0]
    drawn = [f"M{x:.1f} {y:.1f}"]
    for number, (nx, ny) in enumerate(route.points[1:], 1):
        if not route.curved or number % 2 == 0 or x == nx:
            drawn.append(f"L{nx:.1f} {ny:.1f}")
        else:
            half = (ny - y) / 2
            drawn.append(f"C{x:.1f} {y + half:.1f} {nx:.1f} {ny - half:.1f} {nx:.1f} {ny:.1f}")
        x, y = nx, ny
    return " ".join(drawn)


def arrow(route: Route) -> str:
    """The head at the end of a route, as an SVG path; every route ends downwards."""
    x, y = route.points[-1]
    return f"M{x - 4:.1f} {y - 7:.1f} L{x:.1f} {y:.1f} L{x + 4:.1f} {y - 7:.1f}"


def touches(route: Route, top: float, bottom: float) -> bool:
    """Whether some of a line lies between two heights."""
    heights = [y for _, y in route.points]
    return min(heights) <= bottom and max(heights) >= top


def slice_of(box: Box, around: float) -> tuple[float, float]:
    """The heights between which a band is drawn by itself; bands drawn one below the other join."""
    return box.y - around, box.bottom + around
