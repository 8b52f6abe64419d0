"""`check --fix`: what is certain is mended in the files, and nothing else is touched."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from compiler.diagnostics import Diagnostic, Fix, Label, Span, respelled
from compiler.source import Source
from runtime.failures import RunFailed
from stagespec.cli import main
from stagespec.fixing import fix_all

SPEC = "specs/stage.stage"


def cli(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, prog_name="stagespec")


def edit(path: Path, *changes: tuple[str, str]) -> None:
    text = path.read_bytes().decode()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_bytes(text.encode())


@pytest.fixture
def stage(specs: Path) -> Path:
    return specs / "stage.stage"


SLIPS = (
    ("pilot    = 20 items", "pilot    : 20 items"),
    ("temperature = 0.7", "temprature = 0.7"),
    ("clear_task by base", "clear_task by bass"),
    ("max = 40 tokens", "max = 40"),
    ('rejected as "empty"', 'rejected as "emtpy"'),
    ("tuned over few_shot", "tuned over few_shots"),
)


def test_mends_until_nothing_is_left(stage: Path) -> None:
    before = stage.read_bytes()
    edit(stage, *SLIPS)
    result = cli("check", SPEC, "--fix")
    assert (result.exit_code, result.stdout) == (0, "1 stage, nothing to report\n")
    assert stage.read_bytes() == before
    assert sorted(result.stderr.splitlines()) == sorted(
        [
            'fixed specs/stage.stage:17: : → = (SS115: write "=" instead of ":")',
            'fixed specs/stage.stage:30: bass → base (SS205: there is no model "bass")',
            "fixed specs/stage.stage:38: 40 → 40 tokens (SS303: 40 needs a unit here: tokens)",
            "fixed specs/stage.stage:14: temprature → temperature "
            '(SS308: this block has no field "temprature")',
            'fixed specs/stage.stage:62: "emtpy" → "empty" (SS413: "clean" rejects nothing as "emtpy")',
            'fixed specs/stage.stage:105: few_shots → few_shot (SS414: there is no arm "few_shots")',
        ]
    )


def test_what_cannot_be_mended_is_reported_and_exit_1(stage: Path) -> None:
    edit(stage, ("clear_task by base", "clear_task by bass"), ("margin >= 1.0 nats", "margin"))
    result = cli("check", SPEC, "--fix")
    assert result.exit_code == 1
    assert "bass → base" in result.stderr
    assert "error[SS328]" in result.stdout
    assert "clear_task by base" in stage.read_text()


def test_nothing_is_written_without_being_asked(stage: Path) -> None:
    edit(stage, SLIPS[1])
    before = stage.read_bytes()
    assert cli("check", SPEC).exit_code == 1
    assert stage.read_bytes() == before


def test_a_held_out_set_that_changed_is_for_a_person(specs: Path) -> None:
    """Its new hash is offered, and never written unseen."""
    shared = specs / "shared.stage"
    edit(shared, ('sha256 = "0c046a17', 'sha256 = "1c046a17'))
    before = shared.read_bytes()
    result = cli("check", SPEC, "--fix", "--format", "json")
    assert result.exit_code == 1
    assert '"certain": false' in result.stdout
    assert result.stderr == ""
    assert shared.read_bytes() == before


def test_a_hash_that_was_never_there_is_written(specs: Path) -> None:
    shared = specs / "shared.stage"
    before = shared.read_bytes()
    digest = "0c046a171e24709715352556d4434e5def1ab814199473fe6d6d86af2d95b993"
    edit(shared, (f', sha256 = "{digest}"', ""))
    assert cli("check", SPEC, "--fix").exit_code == 0
    assert shared.read_bytes() == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("alpha = 1 %", "alpha = 0.01"),  # 0.01 % or 1 %?
        ("base with answer_format", "base with answer_b"),  # near to more than one
        ("max = 40 tokens", "maximum = 40 tokens"),  # near to none
    ],
)
def test_what_may_mean_two_things_is_left_alone(stage: Path, old: str, new: str) -> None:
    edit(stage, (old, new))
    before = stage.read_bytes()
    result = cli("check", SPEC, "--fix")
    assert (result.exit_code, result.stderr) == (1, "")
    assert stage.read_bytes() == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("import base,", "import spare, base,"),
        ("import base,", "import base, spare, spare_too,"),
        ("test_items\n", "test_items, spare, spare_too\n"),
        ("stage small", 'from "shared.stage" import spare, spare_too\nstage small'),
        ("stage small", 'from "shared.stage" import spare   # a remark\nstage small'),
    ],
)
def test_unused_imports_are_taken_out(specs: Path, stage: Path, old: str, new: str) -> None:
    shared = specs / "shared.stage"
    spare = 'pool spare(instruction: text) { items = file("data/seeds.jsonl") }\n'
    shared.write_text(f"{shared.read_text()}\n{spare}{spare.replace('spare', 'spare_too')}")
    before = stage.read_text()
    edit(stage, (old, new))
    assert cli("check", SPEC, "--fix").exit_code == 0
    remark = "   # a remark\n" if "# a remark" in new else ""
    assert stage.read_text() == before.replace("stage small", f"{remark}stage small", 1)


def test_line_ends_a_byte_order_mark_and_rights_stay(stage: Path) -> None:
    text = "\ufeff" + stage.read_text().replace("\n", "\r\n")
    stage.write_bytes(text.encode())
    stage.chmod(0o640)
    edit(stage, *SLIPS)
    assert cli("check", SPEC, "--fix").exit_code == 0
    assert stage.read_bytes() == text.encode()
    assert stat.S_IMODE(stage.stat().st_mode) == 0o640


def test_a_file_that_is_shared_is_mended_once(specs: Path) -> None:
    (specs / "again.stage").write_text((specs / "stage.stage").read_text())
    shared = specs / "shared.stage"
    before = shared.read_bytes()
    edit(shared, ("words(instruction)", "wrods(instruction)"))
    result = cli("check", SPEC, "specs/again.stage", "--fix")
    assert result.exit_code == 0, result.output
    assert len(result.stderr.splitlines()) == 1
    assert shared.read_bytes() == before


def fixes(path: Path, *replacements: tuple[int, int, str]) -> list[Diagnostic]:
    spans = [(Span(path.name, start, end), text) for start, end, text in replacements]
    return [Diagnostic("SS999", "error", "", (Label(span),), fix=Fix(span, text)) for span, text in spans]


def test_of_mends_that_touch_the_first_is_carried_out(tmp_path: Path) -> None:
    path = tmp_path / "x.stage"
    path.write_text("one two three")
    found = fixes(path, (4, 7, "2"), (6, 9, "?"), (0, 3, "1"), (7, 7, "!"))
    rounds = iter([found, []])
    done = fix_all(lambda: (next(rounds), {path.name: Source(path.name, path, path.read_text())}))
    assert path.read_text() == "1 2 three"
    assert len(done) == 2


def test_mends_that_undo_each_other_come_to_an_end(tmp_path: Path) -> None:
    path = tmp_path / "x.stage"
    path.write_text("a")

    def check() -> tuple[list[Diagnostic], dict[str, Source]]:
        text = path.read_text()
        return fixes(path, (0, 1, "b" if text == "a" else "a")), {path.name: Source(path.name, path, text)}

    assert len(fix_all(check)) == 2


def test_a_file_that_changes_meanwhile_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.stage"
    path.write_text("someone else wrote this")
    with pytest.raises(RunFailed, match="was changed while it was being checked"):
        fix_all(lambda: (fixes(path, (0, 1, "b")), {path.name: Source(path.name, path, "abc")}))
    assert path.read_text() == "someone else wrote this"


@pytest.mark.parametrize(
    ("word", "known", "text", "certain"),
    [
        ("frsh", ["fresh", "clear"], "fresh", True),
        ("tset", ["test", "laptop"], "test", True),
        ("answr", ["answer", "answers"], "answer", False),
        ("instruct", ["instruction", "response"], "instruction", True),
        ("row", ["raw", "tuned"], "raw", False),
    ],
)
def test_a_word_is_certain_if_it_alone_is_very_near(
    word: str, known: list[str], text: str, certain: bool
) -> None:
    fix = respelled(Span("x", 0, 1), word, known)
    assert fix is not None
    assert (fix.text, fix.certain) == (text, certain)
    assert respelled(Span("x", 0, 1), "zzz", known) is None
