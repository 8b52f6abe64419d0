"""Diagnostics as values."""

from __future__ import annotations

from compiler.diagnostics import Diagnostics, Span, in_order


def test_order_is_by_place_and_what_has_none_comes_first() -> None:
    found = Diagnostics()
    found.error("SS004", "in the file that is read last", Span("shared", 0, 1))
    found.error("SS003", "further down", Span("entry", 4, 5))
    found.warning("SS002", "at the same place, found later", Span("entry", 4, 6))
    found.error("SS001", "first", Span("entry", 0, 1))
    found.note("SS000", "nowhere")
    found.error("SS005", "in a file that is not known", Span("gone", 0, 1))
    ordered = in_order(found.items, ("entry", "shared"))
    assert [item.code for item in ordered] == ["SS000", "SS001", "SS003", "SS002", "SS004", "SS005"]
