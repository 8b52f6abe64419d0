"""The documents are true: their specs compile, their commands run, their tables are the compiler's own."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import textwrap
from pathlib import Path

import pytest
from blocks import DOCS, FENCE, ROOT, Block, blocks
from click.testing import CliRunner

from compiler.compile import ALLOWABLE, compile_spec
from compiler.diagnostics import Diagnostics
from compiler.guards import MISTAKES
from compiler.lower.results import OPS, OUTCOMES
from compiler.plan.hashing import plain
from compiler.source import Source
from compiler.syntax.parse import parse
from stagespec import diagnostics_text, endings, explain, reference
from stagespec.bug_stories import STORIES
from stagespec.cli import main
from stagespec.guards_page import guards_page
from stagespec.known_bugs_page import how, known_bugs_page
from stagespec.methods.markdown import anchor


def specs_and_outputs() -> list[tuple[Block, str | None]]:
    """Every stage of the language page, with the output that is shown after it, if any."""
    found = list(blocks("language.md"))
    after = [*found[1:], None]
    return [
        (block, following.text if following and following.language == "text" else None)
        for block, following in zip(found, after, strict=True)
        if block.language == "stage"
    ]


@pytest.fixture(scope="module")
def specs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the spec folder, so that a reader's `specs/tour.stage` is what is compiled."""
    folder = tmp_path_factory.mktemp("docs")
    shutil.copytree(ROOT / "specs", folder / "specs")
    return folder


@pytest.mark.parametrize(
    ("block", "output"), specs_and_outputs(), ids=lambda v: str(v) if isinstance(v, Block) else ""
)
def test_every_spec_compiles_or_fails_as_it_says(
    block: Block, output: str | None, specs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(specs)
    Path("specs/tour.stage").write_text(block.text, encoding="utf-8")
    compiled = compile_spec("specs/tour.stage", "mock")
    Path("specs/tour.stage").unlink()
    found = compiled.diagnostics.items
    assert sorted(item.code for item in found if item.severity != "note") == block.expects
    if output is not None:
        assert diagnostics_text.render(found, compiled.program.sources, colour=False) == output


def test_the_tables_are_the_compilers_own(request: pytest.FixtureRequest) -> None:
    path = DOCS / "language.md"
    page = path.read_text(encoding="utf-8")
    if request.config.option.update_snapshots:
        path.write_text(reference.filled(page), encoding="utf-8")
    assert path.read_text(encoding="utf-8") == reference.filled(page), "pytest tests/docs --snapshot-update"
    assert set(re.findall(r"<!-- generated: (\w+) -->", page)) == set(reference.TABLES)


def test_the_table_of_results_has_all_that_a_gate_may_ask() -> None:
    page = (DOCS / "language.md").read_text(encoding="utf-8")
    (rows,) = re.findall(r"^\| result \| of \|\n((?:\|.*\n)+)", page, re.M)
    asked = [*(op.partition("_")[0] for op in OPS if not op.startswith(("arm_", "verdict"))), *OUTCOMES]
    assert [word for word in asked if not re.search(rf"`{word}\b", rows)] == []


def test_the_guards_are_the_registrys_own(request: pytest.FixtureRequest) -> None:
    page = guards_page()
    path = DOCS / "guards.md"
    if request.config.option.update_snapshots:
        path.write_text(page, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == page, "pytest tests/docs --snapshot-update"


def test_what_may_stand_is_all_named() -> None:
    page = (DOCS / "language.md").read_text(encoding="utf-8")
    (named,) = re.findall(r"since only the author can know: (.+?)\. Any other", page)
    assert named.split(", ") == sorted(ALLOWABLE)


def test_the_known_bugs_are_the_registrys_own(request: pytest.FixtureRequest) -> None:
    page = known_bugs_page()
    path = DOCS / "KNOWN_BUGS_AND_FIXES.md"
    if request.config.option.update_snapshots:
        path.write_text(page, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == page, "pytest tests/docs --snapshot-update"
    links = set(re.findall(r"\]\(#([^)]+)\)", page))
    assert links == {anchor(heading) for heading in re.findall(r"^## (.+)$", page, re.MULTILINE)}


def test_every_mistake_is_told_in_one_story_with_all_that_stops_it() -> None:
    told = [number for story in STORIES for number in story.mistakes]
    assert sorted(told) == [mistake.number for mistake in MISTAKES]
    page = (DOCS / "KNOWN_BUGS_AND_FIXES.md").read_text(encoding="utf-8")
    _, *sections = re.split(r"^## ", page, flags=re.MULTILINE)
    for story, section in zip(STORIES, sections, strict=True):
        for number in story.mistakes:
            mistake = MISTAKES[number - 1]
            assert mistake.codes or how(mistake), number
            assert how(mistake) in section, number
            assert all(f"`{code}`" in section for code in mistake.codes), number


def commands() -> list[Block]:
    return [block for block in blocks("running.md") if block.language == "sh"]


@pytest.mark.parametrize("block", [b for b in commands() if "skipped=" not in b.info], ids=str)
def test_every_command_ends_as_it_says(block: Block, specs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All in one folder, as a reader would; one of them is the one whole run, on the mock."""
    monkeypatch.chdir(specs)
    wanted = re.search(r"exits=(\d+)", block.info)
    for line in block.text.splitlines():
        program, *arguments = shlex.split(line)
        assert program == "stagespec"
        ended = CliRunner().invoke(main, arguments)
        assert ended.exit_code == (int(wanted[1]) if wanted else 0), ended.output
        if arguments[0] == "run":
            (folder,) = Path("runs").iterdir()
            files = {path.name + "/" * path.is_dir() for path in folder.iterdir()}
            assert files - {".lock"} == files_of_a_run()


def test_the_ten_minutes(specs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """docs/authoring.md from top to bottom in one folder, with the changes that it asks for."""
    monkeypatch.chdir(specs)
    stage = Path("specs/my_stage.stage")
    ran, said = 0, ""
    for block in blocks("authoring.md"):
        if not block.language:
            old = next(line for line in stage.read_text().splitlines() if "max = 80 tokens" in line)
            stage.write_text(stage.read_text().replace(old, block.text.rstrip("\n")))
        elif block.language == "jsonl":
            Path("specs", block.info.removeprefix("file=")).write_text(block.text)
        elif block.language == "stage":
            text = stage.read_text().replace(", explicit_test\n", "\n").replace("explicit_test", "my_test")
            stage.write_text(f"{text}\n{block.text}")
        if block.language != "sh" or "skipped=" in block.info:
            continue
        wanted = re.search(r"exits=(\d+)", block.info)
        for line in block.text.splitlines():
            ended = CliRunner().invoke(main, shlex.split(line)[1:])
            assert ended.exit_code == (int(wanted[1]) if wanted else 0), ended.output
            ran, said = ran + 1, said + ended.output
    assert ran == 6
    assert "max = 60 tokens" in stage.read_text()
    (hash,) = re.findall(r'SS502.*?add (sha256 = "\w+")', said, re.DOTALL)
    stage.write_text(stage.read_text().replace('my_test.jsonl")', f'my_test.jsonl", {hash})'))
    checked = CliRunner().invoke(main, ["check", str(stage)])
    assert checked.exit_code == 0
    assert set(re.findall(r"(?:warning|error)\[(SS\d+)\]", checked.output)) == {"SS635"}
    assert "it takes 114" in checked.output


def test_what_is_not_run_has_a_reason_and_one_command_is_a_run() -> None:
    skipped = [block for block in commands() if "skipped=" in block.info]
    assert all(re.search(r'skipped="[a-z]', block.info) for block in skipped)
    run = [block for block in commands() if block not in skipped and "stagespec run" in block.text]
    assert len(run) == 1
    assert "--profile mock" in run[0].text


def files_of_a_run() -> set[str]:
    """The files that the page lists, from its table."""
    page = (DOCS / "running.md").read_text(encoding="utf-8")
    table = page.partition("<!-- run folder -->")[2].partition("\n\nNothing")[0]
    return set(re.findall(r"^\| `([^`]+)`", table, re.MULTILINE))


def test_the_events_listed_are_those_that_are_written() -> None:
    page = (DOCS / "running.md").read_text(encoding="utf-8")
    listed = re.search(r"The journal's events are (.*?)\. A run", page, re.DOTALL)
    assert listed
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "runtime").rglob("*.py"))
    written = set(re.findall(r'(?:journal|log|self)\.append\(\s*"([a-z ]+)"', source)) | {"done", "stopped"}
    assert set(re.findall(r"`([a-z ]+)`", listed[1])) == written


@pytest.mark.parametrize(
    "block", [b for b in blocks("running.md") if b.info == "file=profiles.stage"], ids=str
)
def test_every_profile_shown_compiles(block: Block, specs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(specs)
    path = Path("specs/profiles.stage")
    before = path.read_text(encoding="utf-8")
    path.write_text(f"{before}\n{block.text}", encoding="utf-8")
    (name,) = re.findall(r"^profile (\w+)", block.text, re.MULTILINE)
    compiled = compile_spec("specs/stage_1_explicit_instructions.stage", name)
    path.write_text(before, encoding="utf-8")
    assert compiled.plan is not None, compiled.diagnostics.items


def test_every_exit_code_is_listed() -> None:
    page = (DOCS / "running.md").read_text(encoding="utf-8")
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)}
    assert listed == {0, endings.ERRORS, 2, endings.STOPPED, endings.FAILED, endings.INTERRUPTED}


@pytest.mark.parametrize("page", sorted(path.name for path in DOCS.glob("*.md")))
def test_every_path_and_code_that_is_named_exists(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    prose = FENCE.sub("", text)
    named = re.findall(r"`((?:compiler|runtime|stagespec|specs|tests)/[\w./]*)`", prose)
    assert [path for path in named if not (ROOT / path).exists()] == []
    codes = set(re.findall(r"\bSS\d{3}\b", text))
    assert [code for code in sorted(codes) if explain.explanation(code) is None] == []


@pytest.mark.parametrize("page", ["README.md", *sorted(f"docs/{path.name}" for path in DOCS.glob("*.md"))])
def test_every_link_to_a_file_leads_to_one(page: str) -> None:
    path = ROOT / page
    prose = FENCE.sub("", path.read_text(encoding="utf-8"))
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", prose)]
    files = [link for link in links if link and "://" not in link]
    assert [link for link in files if not (path.parent / link).exists()] == []
    assert files or page != "README.md"


def test_the_line_that_is_followed_is_in_the_spec_and_becomes_what_is_shown() -> None:
    spec = ROOT / "specs" / "stage_1_explicit_instructions.stage"
    line, step, _ = blocks("architecture.md")
    assert textwrap.indent(line.text, "  ") in spec.read_text(encoding="utf-8")
    plan = compile_spec(str(spec), "mock").plan
    assert plan is not None
    shown = json.loads(step.text)
    (lowered,) = [s for s in plan.method.stages[0].steps if s.id == shown["id"]]
    assert shown.items() <= plain(lowered).items()


def test_the_essay_is_short() -> None:
    assert len((DOCS / "architecture.md").read_text(encoding="utf-8").split()) <= 1_300


def test_the_reserved_words_cannot_be_names_everywhere() -> None:
    page = (DOCS / "language.md").read_text(encoding="utf-8")
    listed = re.search(r"No name may be (.*?):", page)
    assert listed
    for word in re.findall(r"`(\w+)`", listed[1]):
        places = (
            f"stage s {{ evaluate e {{ arms = {{ a = b\n {word} = c }} }} }}",
            f"critic {word}(a: text) {{ methods = [labels {{ both_orders = true }}], examples = {word} }}",
            f"stage s {{ evaluate e {{ items = {word} }} }}",
        )
        assert any(fails(text) for text in places), word
    assert not fails("stage s { evaluate by { items = at } }")


def fails(text: str) -> bool:
    """Whether a text is no sound file, or a name in it is read as something else."""
    found = Diagnostics()
    file = parse(Source("a", Path("a"), f"language 1\n{text}\n"), found)
    return bool(found.items) or "Truth" in repr([f.body for f in file.definitions if f.kind.value == "stage"])
