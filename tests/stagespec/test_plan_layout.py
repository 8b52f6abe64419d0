"""The geometry of the graph: boxes apart, lines forward and around boxes, everything once."""

from __future__ import annotations

from itertools import combinations, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from stagespec.plan_page.layout import BOX_WIDTH, Band, Box, Edge, Layout, Route, lay_out

HALF = 0.01  # rounding


@st.composite
def plans(draw: st.DrawFn) -> tuple[list[Band], list[Edge]]:
    """Up to four stages of up to 14 steps, each of which may read and wait for earlier ones."""
    bands, edges, order = [], [], []
    for stage in range(draw(st.integers(1, 4))):
        own: list[str] = []
        for number in range(draw(st.integers(0, 14))):
            id = f"s{stage}.n{number}"
            near = draw(st.lists(st.sampled_from(own), max_size=3, unique=True)) if own else []
            far = draw(st.lists(st.sampled_from(order), max_size=1)) if order else []
            kinds = st.sampled_from(["reads", "waits"])
            edges += [Edge(source, id, draw(kinds)) for source in dict.fromkeys([*near, *far])]
            own.append(id)
            order.append(id)
        if len(own) > 2 and draw(st.booleans()):
            edges.append(Edge(own[-1], own[0], "again"))
        gone = tuple(f"s{stage}.gone{number}" for number in range(draw(st.integers(0, 6))))
        bands.append(Band(f"s{stage}", tuple(own), gone))
    return bands, edges


def overlap(one: Box, other: Box) -> bool:
    across = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    down = min(one.bottom, other.bottom) - max(one.y, other.y)
    return across > HALF and down > HALF


def within(inner: Box, outer: Box) -> bool:
    return (
        outer.x - HALF <= inner.x
        and inner.x + inner.width <= outer.x + outer.width + HALF
        and outer.y - HALF <= inner.y
        and inner.bottom <= outer.bottom + HALF
    )


def crossed(route: Route, laid: Layout) -> list[str]:
    """Boxes that a line goes through. A curve lies within the rectangle of its two ends."""
    found = []
    for (x, y), (nx, ny) in pairwise(route.points):
        span = Box(min(x, nx), min(y, ny), max(abs(nx - x), 0.1), max(abs(ny - y), 0.1))
        found += [id for id, box in laid.boxes.items() if overlap(span, box)]
    return found


@given(plans())
@settings(max_examples=150, deadline=None)
def test_every_step_stands_once_in_its_own_band_and_apart(plan: tuple[list[Band], list[Edge]]) -> None:
    bands, edges = plan
    laid = lay_out(bands, edges)
    assert sorted(laid.boxes) == sorted(id for band in bands for id in (*band.ids, *band.gone))
    for band in bands:
        assert all(within(laid.boxes[id], laid.bands[band.name]) for id in (*band.ids, *band.gone))
    assert not [pair for pair in combinations(laid.boxes, 2) if overlap(*(laid.boxes[id] for id in pair))]
    frames = list(laid.bands.values())
    assert not any(overlap(one, other) for one, other in combinations(frames, 2))
    assert all(within(frame, Box(0, 0, laid.width, laid.height)) for frame in frames)


@given(plans())
@settings(max_examples=150, deadline=None)
def test_lines_go_forward_and_through_no_box(plan: tuple[list[Band], list[Edge]]) -> None:
    bands, edges = plan
    laid = lay_out(bands, edges)
    assert sorted(map(repr, (route.edge for route in laid.routes))) == sorted(map(repr, edges))
    for route in laid.routes:
        source, target = laid.boxes[route.edge.source], laid.boxes[route.edge.target]
        (x, y), (nx, ny) = route.points[0], route.points[-1]
        assert (y, ny) == (source.bottom, target.y)
        assert source.x < x < source.x + source.width
        assert target.x < nx < target.x + target.width
        if route.edge.kind != "again":
            assert source.bottom < target.y
            heights = [height for _, height in route.points]
            assert heights == sorted(heights)
        assert crossed(route, laid) == []
        assert all(0 <= px <= laid.width and 0 <= py <= laid.height for px, py in route.points)


def test_a_chain_is_a_straight_line() -> None:
    ids = ("s.a", "s.b", "s.c")
    laid = lay_out([Band("s", ids)], [Edge("s.a", "s.b", "reads"), Edge("s.b", "s.c", "reads")])
    assert len({laid.boxes[id].x for id in ids}) == 1


def test_layers_are_the_longest_path() -> None:
    edges = [Edge(f"s.{a}", f"s.{b}", "reads") for a, b in ("ab", "bc", "ac", "cd", "ad")]
    laid = lay_out([Band("s", ("s.a", "s.b", "s.c", "s.d"))], edges)
    heights = [laid.boxes[f"s.{name}"].y for name in "abcd"]
    assert heights == sorted(set(heights))


def test_a_wide_layer_is_put_in_several_rows() -> None:
    ids = tuple(f"s.n{number}" for number in range(20))
    laid = lay_out([Band("s", ids)], [])
    assert len({laid.boxes[id].y for id in ids}) == 5
    assert laid.width < 6 * BOX_WIDTH


def test_the_same_plan_is_drawn_the_same_way() -> None:
    bands = [Band("s", ("s.a", "s.b", "s.c"))]
    edges = [Edge("s.a", "s.b", "reads"), Edge("s.a", "s.c", "waits")]
    assert lay_out(bands, edges) == lay_out(bands, edges)


def test_no_stage_is_an_empty_drawing() -> None:
    assert lay_out([], []).boxes == {}
