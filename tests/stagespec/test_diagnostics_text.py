"""Diagnostics as people see them: small wrong specs rendered whole, and the hard cases one by one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from compiler.compile import compile_spec
from compiler.diagnostics import Diagnostic, Diagnostics, Fix, Label, Span
from compiler.source import Source
from stagespec import diagnostics_json
from stagespec.diagnostics_text import render, summary

FIXTURES = sorted((Path(__file__).parent / "fixtures").glob("*.stage"))
EXPECTED = [path for path in FIXTURES if path.read_text(encoding="utf-8").startswith("# expects")]


@pytest.mark.parametrize("fixture", EXPECTED, ids=lambda path: path.stem)
def test_wrong_specs_are_shown_like_this(fixture: Path, specs: Path, snapshot: SnapshotAssertion) -> None:
    compiled = compile_spec(f"{specs.name}/{fixture.name}", "test")
    first = fixture.read_text(encoding="utf-8").split("\n")[0]
    found = {item.code for item in compiled.diagnostics.items}
    assert found >= set(re.findall(r"SS\d{3}", first))
    assert render(compiled.diagnostics.items, compiled.program.sources) == snapshot


def shown(text: str, *labels: tuple[str, str], name: str = "a.stage") -> str:
    """The excerpt for labels on pieces of a text; the first one is primary."""
    sources = {name: Source(name, Path(name), text)}
    places = []
    for piece, label in labels:
        at = text.index(piece) if piece else len(text)
        places.append(Label(Span(name, at, at + len(piece)), label))
    item = Diagnostic("SS000", "error", "wrong", tuple(places))
    lines = render([item], sources).split("\n")
    return "\n".join(lines[3:-3])


def test_secondary_labels_on_one_line_stand_below_it_with_dashes() -> None:
    assert shown("a = b\n", ("b", "this"), ("a", "and that")) == (
        "1 | a = b\n"  #
        "  | - and that\n"
        "  |     ^ this"
    )


def test_lines_left_out_between_two_labels_are_dots() -> None:
    text = "one\n\n\n\ntwo\n"
    assert shown(text, ("two", "here"), ("one", "")) == "1 | one\n  | ---\n...\n5 | two\n  | ^^^ here"


def test_a_span_over_several_lines_has_a_bar_beside_it() -> None:
    text = "x {\n  a\n  b\n  c\n  d\n}\n"
    assert shown(text, (text[:-1], "all of it")) == (
        "1 | / x {\n"  #
        "2 | |   a\n"
        "  | ...\n"
        "6 | | }\n"
        "  | |_^ all of it"
    )


@pytest.mark.parametrize("text", ["model base", "model base\n", "model base\n\n\n", "model base  \n"])
def test_a_span_at_the_end_of_the_file_stands_behind_its_last_word(text: str) -> None:
    assert shown(text, ("", "here")) == "1 | model base\n  |           ^ here"


def test_an_empty_file_can_be_pointed_at() -> None:
    assert shown("", ("", "here")) == "1 |\n  | ^ here"


def test_tabs_are_filled_up_to_their_stops() -> None:
    assert shown("\tab\tc = 1\n", ("c", "")) == "1 |     ab  c = 1\n  |         ^"


def test_wide_and_combining_characters_take_the_room_they_take() -> None:
    assert shown('"日本" x\n', ("x", "")) == '1 | "日本" x\n  |        ^'
    assert shown('"日本" x\n', ("日本", "")) == '1 | "日本" x\n  |  ^^^^'
    assert shown("e\u0301 x\n", ("x", "")) == "1 | e\u0301 x\n  |   ^"


def test_nothing_from_a_file_can_steer_the_terminal() -> None:
    hostile = 'doc = "\x1b]0;title\x07\u202e" x\r\n'
    text = shown(hostile, ("x", "\x1b[2J"))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", text)


def test_a_long_line_is_cut_around_the_label() -> None:
    text = "a" * 300 + " here " + "b" * 300
    lines = shown(text, ("here", "this")).split("\n")
    assert all(len(line) < 120 for line in lines)
    assert lines[0].startswith("1 | …")
    assert lines[0].endswith("…")
    assert lines[0][lines[1].index("^") :].startswith("here")


def test_two_labels_on_a_long_line_show_two_pieces_of_it() -> None:
    text = "first" + " " + "a" * 300 + " second"
    lines = shown(text, ("second", ""), ("first", "")).split("\n")
    assert [line[:3] for line in lines] == ["1 |", "  |", "1 |", "  |"]


def test_files_that_cannot_be_shown_are_named() -> None:
    item = Diagnostic("SS000", "error", "wrong", (Label(Span("gone.stage", 3, 5)),))
    assert render([item], {}) == "error[SS000]: wrong\n --> gone.stage\n\n1 error\n"


def test_the_last_line_counts() -> None:
    found = Diagnostics()
    found.error("SS003", "one")
    found.error("SS002", "two")
    found.warning("SS001", "three")
    found.note("SS000", "four")
    assert render(found.items, {}).endswith("\n2 errors, 1 warning, 1 note\n")


def test_nothing_found_is_nothing_said() -> None:
    assert render([], {}) == ""
    assert summary([Diagnostic("SS000", "error", "wrong")]) == "1 error"


def test_a_fix_is_said_unless_the_label_says_it() -> None:
    source = {"a": Source("a", Path("a"), "x = 5\n")}
    span = Span("a", 4, 5)
    fix = Fix(span, "5 items")
    silent = Diagnostic("SS303", "error", "5 needs a unit", (Label(span),), fix=fix)
    told = Diagnostic("SS303", "error", "5 needs a unit", (Label(span, "write 5 items"),), fix=fix)
    assert "= help: write 5 items" in render([silent], source)
    assert "= help" not in render([told], source)


def test_colour_changes_nothing_but_colour() -> None:
    source = {"a": Source("a", Path("a"), "x = 5\n")}
    item = Diagnostic("SS303", "error", "wrong", (Label(Span("a", 0, 1), "here"),), help="Do this.")
    coloured = render([item], source, colour=True)
    assert "\x1b[31m" in coloured
    assert re.sub(r"\x1b\[\d+m", "", coloured) == render([item], source)


def test_json_has_lines_and_columns_from_1() -> None:
    sources = {"a": Source("a", Path("a"), "x = 5\ny\n")}
    item = Diagnostic(
        "SS303",
        "error",
        "5 needs a unit",
        (Label(Span("a", 4, 5), "write 5 items"), Label(Span("a", 6, 7))),
        "Help.",
        Fix(Span("a", 4, 5), "5 items"),
    )
    placeless = Diagnostic("SS103", "error", "no file")
    first, second = json.loads(diagnostics_json.render([placeless, item], sources))["diagnostics"]
    assert (first["code"], first["file"], first["start"]) == ("SS103", None, None)
    assert second["start"] == {"line": 1, "column": 5}
    assert second["end"] == {"line": 1, "column": 6}
    assert second["labels"][1]["start"] == {"line": 2, "column": 1}
    assert second["fix"]["text"] == "5 items"
    assert second["help"] == "Help."
