"""Where a step kind is found: each has a file, which is named after it."""

from __future__ import annotations

from runtime.steps import DECIDES, FITS, MAPS, REDUCES


def test_each_kind_has_the_file_of_its_name() -> None:
    kinds = {**MAPS, **REDUCES, **FITS, **DECIDES}
    assert {kind: step.__module__ for kind, step in kinds.items()} == {
        kind: f"runtime.steps.{kind}" for kind in kinds
    }
