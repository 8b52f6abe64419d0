"""The report of a run, as lines and as a page. The manifest is made up: its figures were measured nowhere."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from stagespec.cli import main
from stagespec.report import render_text
from stagespec.report.page import render_report

MADE_UP = Path(__file__).parent / "fixtures" / "report_manifest.json"
ARCHIVE = Path(__file__).parents[2] / "archive"


class TextFile(SingleFileSnapshotExtension):
    _write_mode = WriteMode.TEXT
    file_extension = "txt"


class Page(HTMLParser):
    """All text of a page with single spaces, and its ids and tags."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.ids += [value for name, value in attrs if name == "id" and value]

    def handle_data(self, data: str) -> None:
        self.words += data.split()

    @property
    def text(self) -> str:
        return " ".join(self.words)


@pytest.fixture
def manifest() -> dict[str, Any]:
    made_up: dict[str, Any] = json.loads(MADE_UP.read_text(encoding="utf-8"))
    return made_up


def test_the_lines_say_all_that_was_measured(manifest: dict[str, Any], snapshot: SnapshotAssertion) -> None:
    assert render_text(manifest) == snapshot(extension_class=TextFile)


@pytest.mark.parametrize(
    "said",
    [
        "0.81 [0.72, 0.90] AUC, keeps to, judged by base",
        "45.0 % → 60.0 % [31 %, 60 %] → [45 %, 74 %], after, 40 items",
        "60 seed records, 42 worked examples, 30 lines of templates, 4 of rules, 2 principles, 240 labels, "
        "1 review answer; 1 restart of the whole run; and 60 held-out items apart",
        "helpfulness 20 60 % [39, 78] 50 % [30, 70] -10.0 [-38.0, +20.0]",
        "harmless requests 10 80 % [49, 94] 20 % [6, 51] -60.0 [-80.0, -17.0]",
        "over-refusal: harmless requests 10 0 % [0, 28] 70 % [40, 89]",
        "pairs prefer 40 25 62.5 12 not preferred (30 %) , 3 length (8 %)",
        "pairs prefer 0.50 62 % [47, 76] -0.40 0.60 2.10 0.60 1.20 2.40",
        "state facts honesty 25 20 80 % [61, 91] 20 of 25, 80 % [61, 91] 1.40",
        "be clear helpfulness 0 0 – – –",
        "Name the best colour. r0/2: not preferred in pairs",
        "chosen: I cannot see you. rejected: Thirty.",
        "no claim, for 1 reason",
    ],
)
def test_the_page_says(manifest: dict[str, Any], said: str) -> None:
    assert said in Page(render_report(manifest)).text


def test_what_each_training_learns_is_told_apart(manifest: dict[str, Any]) -> None:
    (stage,) = manifest["stages"]
    (student,) = stage["training"]
    taught = student | {"step": "constitutional.taught"}
    stage["training"] = [taught, student]
    visits = [
        {"step": step, "id": "r0/7", "sink": None, "score": None}
        for step in ("revision.ideas", "constitutional.lessons.train")
    ]
    story = {"id": "r0/7", "visits": visits, "columns": {"instruction": "Name a bird."}}
    stage["stories"]["learnt"] = [story]
    assert "Of what taught learns: 1 by a hash" in Page(render_report(manifest)).text  # as it was told once
    stage["stories"]["learnt"] = [story | {"learnt_by": t["step"]} for t in stage["training"]]
    text = Page(render_report(manifest)).text
    assert (
        "Of what student learns: 1 by a hash of the seed Name a bird. r0/7: kept up to lessons.train" in text
    )
    assert "revision.ideas r0/7 kept lessons.train r0/7 kept" in text


def test_why_a_step_was_not_trained_is_told(manifest: dict[str, Any]) -> None:
    manifest["stages"][0]["not_trained"] = {"constitutional.student": "gate pilot is closed"}
    assert "training   student: not trained, gate pilot is closed\n" in render_text(manifest)
    assert "student was not trained : gate pilot is closed" in Page(render_report(manifest)).text


def test_the_time_is_that_of_every_start(manifest: dict[str, Any]) -> None:
    assert "all steps 2.0 s plan hash" in Page(render_report(manifest)).text
    manifest["seconds"] = {"constitutional.pairs": 7200.0}
    manifest["seconds_before"] = {"constitutional.pairs": 3600.0}
    said = "all steps 1 h 00 min of it before the run was last started again 2 h 00 min plan hash"
    assert said in Page(render_report(manifest)).text


@pytest.mark.parametrize(
    ("absent", "on_page", "in_lines"),
    [
        (
            "before",
            "no arm → 60.0 % [45 %, 74 %], after, 40 items",
            "no arm before, 60 % [45, 74] after training",
        ),
        ("after", "45.0 % → not trained [31 %, 60 %], after, 40", "45 % [31, 60] before, not trained\n"),
        (None, "45.0 % → 60.0 % [31 %, 60 %] → [45 %, 74 %], after, 40", "60 % [45, 74] after training\n"),
    ],
)
def test_an_arm_that_is_absent_leaves_no_arrow(
    manifest: dict[str, Any], absent: str | None, on_page: str, in_lines: str
) -> None:
    if absent:
        manifest["stages"][0]["answers"]["does"][0][absent] = None
    assert on_page in Page(render_report(manifest)).text
    assert in_lines in render_text(manifest)


def test_the_overview_says_what_each_stage_made_and_learnt_from(manifest: dict[str, Any]) -> None:
    (stage,) = manifest["stages"]
    untrained = json.loads(json.dumps(stage)) | {"name": "untrained"}
    run = json.loads((ARCHIVE / "laptop-stage-1" / "manifest.json").read_text(encoding="utf-8"))
    (trained,) = run["stages"][0]["training"]
    learnt = trained["result"]["examples"]
    stage["training"] = [trained]
    untaught = json.loads(json.dumps(stage)) | {"name": "without", "training": []}
    manifest["stages"] = [stage, untrained, untaught]
    text = Page(render_report(manifest)).text
    assert "stage verdict made learnt from knows (AUC)" in text
    assert f"constitutional no difference shown 90 {learnt} student keeps to 0.81 45.0 % 60.0 %" in text
    assert "untrained no difference shown 90 – student keeps to" in text
    assert "without no difference shown 90 – keeps to" in text


def test_a_warning_that_was_allowed_is_told_with_its_reason(manifest: dict[str, Any]) -> None:
    """An older manifest says nothing of it."""
    before = render_text(manifest), render_report(manifest)
    manifest["stages"][0]["allowed"] = []
    assert (render_text(manifest), render_report(manifest)) == before
    manifest["stages"][0]["allowed"] = [{"code": "SS613", "because": "each is <new>"}]
    assert "\n  allowed    SS613: each is <new>\n" in render_text(manifest)
    assert "SS613 is allowed: each is <new>" in Page(render_report(manifest)).text


def test_no_two_places_of_the_page_have_one_name(manifest: dict[str, Any]) -> None:
    other = json.loads(json.dumps(manifest["stages"][0]).replace("constitutional", "another"))
    manifest["stages"].append(other)
    page = render_report(manifest)
    ids = Page(page).ids
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)


def test_what_a_model_wrote_is_only_shown(manifest: dict[str, Any]) -> None:
    bad = "</td><script>alert(1)</script>{{ 7 * 7 }}"
    plain = json.loads(json.dumps(manifest).replace("I cannot help with that.", bad))
    page = Page(render_report(plain))
    assert "script" not in page.tags
    assert bad in page.text


def test_the_command_shows_the_lines_and_writes_the_page(tmp_path: Path, manifest: dict[str, Any]) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    result = CliRunner().invoke(main, ["report", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert result.stdout == render_text(manifest)
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == render_report(manifest)


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "has not ended"), ("{", "cannot be read"), ("{}", "run the same plan again")],
)
def test_a_run_without_a_whole_manifest_has_no_report(tmp_path: Path, content: str | None, said: str) -> None:
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)
    result = CliRunner().invoke(main, ["report", str(tmp_path)])
    assert result.exit_code == 1
    assert said in result.stderr
