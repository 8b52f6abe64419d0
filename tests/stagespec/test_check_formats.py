"""`check` for machines: JSON, SARIF and the annotations of a workflow say the same as the text."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from compiler.diagnostics import Diagnostic, Fix, Label, Span
from compiler.source import Source
from stagespec import diagnostics_github, diagnostics_sarif
from stagespec.cli import main
from stagespec.explain import meaning

SPEC = "specs/stage.stage"
TEXT = 'one = "ä€😀", two\nthree\nfour\n'


def check(*arguments: str) -> str:
    return CliRunner().invoke(main, ["check", *arguments]).stdout


def source(name: str = "specs/a.stage") -> dict[str, Source]:
    return {name: Source(name, Path(name), TEXT)}


def at(old: str, name: str = "specs/a.stage") -> Span:
    start = TEXT.index(old)
    return Span(name, start, start + len(old))


@pytest.fixture
def slip(specs: Path) -> Path:
    """One error with a certain fix, and one note without a place."""
    path = specs / "stage.stage"
    path.write_text(path.read_text().replace("clear_task by base", "clear_task by bass"))
    return path


# --- JSON ------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("slip")
def test_json_has_the_fix_and_whether_it_is_certain() -> None:
    [found] = json.loads(check(SPEC, "--format", "json"))["diagnostics"]
    place = {"file": SPEC, "start": {"line": 30, "column": 28}, "end": {"line": 30, "column": 32}}
    assert found == {
        "code": "SS205",
        "severity": "error",
        "message": 'there is no model "bass"',
        **place,
        "labels": [{**place, "text": 'did you mean "base"?'}],
        "help": "",
        "fix": {**place, "text": "base", "certain": True},
    }


# --- SARIF -----------------------------------------------------------------------------------------


def sarif(*found: Diagnostic) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(diagnostics_sarif.render(found, source()))
    [run] = log["runs"]
    return dict(run)


@pytest.mark.usefixtures("slip")
def test_sarif_as_a_whole() -> None:
    log = json.loads(check(SPEC, "--format", "sarif"))
    log["runs"][0]["tool"]["driver"].pop("version")
    region = {"startLine": 30, "startColumn": 28, "endLine": 30, "endColumn": 32}
    uri = {"uri": SPEC}
    assert log == {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "stagespec",
                        "rules": [
                            {
                                "id": "SS205",
                                "shortDescription": {"text": meaning("SS205")},
                                "properties": {"tags": ["names, imports and order"]},
                            }
                        ],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [
                    {
                        "ruleId": "SS205",
                        "ruleIndex": 0,
                        "level": "error",
                        "message": {"text": 'there is no model "bass"\ndid you mean "base"?'},
                        "locations": [{"physicalLocation": {"artifactLocation": uri, "region": region}}],
                        "fixes": [
                            {
                                "description": {"text": "write base"},
                                "artifactChanges": [
                                    {
                                        "artifactLocation": uri,
                                        "replacements": [
                                            {"deletedRegion": region, "insertedContent": {"text": "base"}}
                                        ],
                                    }
                                ],
                                "properties": {"certain": True},
                            }
                        ],
                    }
                ],
            }
        ],
    }


def test_sarif_without_findings_is_a_run_without_results(specs: Path) -> None:
    [run] = json.loads(check(f"{specs.name}/stage.stage", "--format", "sarif"))["runs"]
    assert (run["results"], run["tool"]["driver"]["rules"]) == ([], [])


def test_sarif_counts_characters_and_names_other_places() -> None:
    item = Diagnostic(
        "SS204", "warning", "twice", (Label(at("two")), Label(at("three"), "first here"), Label(at("four")))
    )
    [result] = sarif(item)["results"]
    [place] = result["locations"]
    assert place["physicalLocation"]["region"]["startColumn"] == 14
    assert [(p["id"], p["message"]["text"]) for p in result["relatedLocations"]] == [
        (1, "first here"),
        (2, "see also"),
    ]
    assert result["level"] == "warning"


def test_sarif_of_what_has_no_place_no_source_or_an_odd_name() -> None:
    nowhere = Diagnostic("SS709", "note", "not measured", help="Measure it.")
    elsewhere = Diagnostic("SS103", "error", "not there", (Label(Span("my specs/ä.stage", 0, 0)),))
    removal = Diagnostic("SS607", "warning", "unused", (Label(at("two")),), fix=Fix(at("two"), "", False))
    run = sarif(nowhere, elsewhere, removal)
    first, *others = run["results"]
    assert (first["locations"], first["level"]) == ([], "note")
    [place] = next(r for r in others if r["ruleId"] == "SS103")["locations"]
    assert place["physicalLocation"] == {"artifactLocation": {"uri": "my%20specs/%C3%A4.stage"}}
    [fix] = next(r for r in others if r["ruleId"] == "SS607")["fixes"]
    [[replacement]] = [change["replacements"] for change in fix["artifactChanges"]]
    assert list(replacement) == ["deletedRegion"]
    assert fix["properties"] == {"certain": False}
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == sorted(rules)
    assert all(run["results"][n]["ruleId"] == rules[r["ruleIndex"]] for n, r in enumerate(run["results"]))


# --- GitHub ----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("slip")
def test_github() -> None:
    assert check(SPEC, "--format", "github") == (
        f"::error file={SPEC},line=30,col=28,endLine=30,endColumn=32,title=SS205"
        '::there is no model "bass"%0Adid you mean "base"?\n'
    )


def test_github_without_findings_is_nothing(specs: Path) -> None:
    assert check(f"{specs.name}/stage.stage", "--format", "github") == ""


def test_github_escapes_what_would_end_a_command() -> None:
    name = "a,b:c%.stage"
    item = Diagnostic(
        "SS302", "error", "101 % is :: out of bounds", (Label(at("two", name)),), help="One.\r\nTwo."
    )
    assert diagnostics_github.render([item], source(name)) == (
        "::error file=a%2Cb%3Ac%25.stage,line=1,col=14,endLine=1,endColumn=17,title=SS302"
        "::101 %25 is :: out of bounds%0AOne.%0D%0ATwo."
    )


def test_github_takes_no_columns_of_several_lines_and_has_notices() -> None:
    lines = Diagnostic("SS110", "warning", "ends", (Label(at("three\nfour")),))
    nowhere = Diagnostic("SS709", "note", "not measured")
    elsewhere = Diagnostic("SS103", "error", "not there", (Label(Span("x.stage", 0, 0)),))
    assert diagnostics_github.render([nowhere, lines, elsewhere], source()).split("\n") == [
        "::notice title=SS709::not measured",
        "::warning file=specs/a.stage,line=2,endLine=3,title=SS110::ends",
        "::error file=x.stage,title=SS103::not there",
    ]


# --- several profiles ------------------------------------------------------------------------------


def test_what_profiles_have_in_common_is_said_once_and_the_rest_by_whom(specs: Path) -> None:
    path = specs / "profiles.stage"
    text = path.read_text()
    bound = text[text.index("profile test") :].replace("mock() {", 'hub("a/b", revision = "c") {')
    more = "".join("\n" + bound.replace("profile test", f"profile {name}") for name in ("one", "two"))
    path.write_text(text + more)
    output = check(SPEC)
    assert output.count("SS709") == 1
    assert "rough (under profiles one and two)" in output
    path.write_text(text.replace("mock() {", 'hub("a/b", revision = "c") {'))
    assert re.search(r"rough$", check(SPEC), re.MULTILINE)
