"""The command line: exit codes, what is said and where, and that nothing is left half-written."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from compiler.plan.model import PlanFile
from compiler.plan.reading import plan_of, text_of
from runtime.failures import RunFailed, RunStopped
from stagespec.cli import main

SPEC = "specs/stage.stage"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}


def cli(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, prog_name="stagespec")


def real(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    return python("-m", "stagespec", *arguments)


def python(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.run(
        [sys.executable, *arguments], text=True, env=ENVIRONMENT, timeout=60, check=False, **streams
    )


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


# --- specs that cannot be read ---------------------------------------------------------------------


def empty(path: Path) -> None:
    path.write_text("")


def binary(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 8)


def huge(path: Path) -> None:
    path.write_text("# a comment that says nothing\n" * 340_000)


def latin_1(path: Path) -> None:
    path.write_bytes('language 1\nstage x {\n  doc = "Ruhe f\u00fcr alle"\n}\n'.encode("latin-1"))


def missing(path: Path) -> None:
    path.unlink()


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def unknown_name(path: Path) -> None:
    replace(path, "critic = clear_task by base", "critic = clear_tsak by base")


def outside(path: Path) -> None:
    replace(path, '"shared.stage"', '"../../etc/shared.stage"')


def circle(path: Path) -> None:
    shared = path.parent / "shared.stage"
    replace(shared, "language 1\n", 'language 1\nfrom "stage.stage" import small\n')


def into_python(path: Path) -> None:
    shared = path.parent / "shared.stage"
    replace(shared, '"{{ instruction }}"', '"{{ instruction.__class__.__mro__ }}"')


SPOILT: dict[str, tuple[Callable[[Path], None], str]] = {
    "missing": (missing, "SS103"),
    "a_folder": (a_folder, "SS101"),
    "empty": (empty, "SS107"),
    "binary": (binary, "SS105"),
    "huge": (huge, "SS102"),
    "latin_1": (latin_1, "SS106"),
    "unknown_name": (unknown_name, "SS205"),
    "outside": (outside, "SS202"),
    "circle": (circle, "SS203"),
    "into_python": (into_python, "SS403"),
}


@pytest.mark.parametrize("name", SPOILT)
@pytest.mark.parametrize("command", ["compile", "run", "check"])
def test_a_spec_that_cannot_be_used_is_one_diagnostic_and_exit_1(
    command: str, name: str, specs: Path
) -> None:
    spoil, code = SPOILT[name]
    spoil(specs / "stage.stage")
    if (command, name) == ("check", "a_folder"):
        return  # a folder is what check is for
    result = cli(command, SPEC, *(("--profile", "test") if command != "check" else ()))
    assert result.exit_code == 1, result.output
    assert f"error[{code}]" in result.output
    assert "Traceback" not in result.output
    assert not (specs.parent / "runs").exists()


@pytest.mark.parametrize("name", SPOILT)
def test_the_same_as_json_goes_to_standard_output(name: str, specs: Path) -> None:
    spoil, code = SPOILT[name]
    spoil(specs / "stage.stage")
    result = cli("compile", SPEC, "--profile", "test", "--format", "json", "--out", "plan.json")
    assert result.exit_code == 1
    assert code in {item["code"] for item in json.loads(result.stdout)["diagnostics"]}
    assert not Path("plan.json").exists()


# --- compile ---------------------------------------------------------------------------------------


def test_compile_says_that_all_is_well(specs: Path) -> None:
    result = cli("compile", f"{specs.name}/stage.stage")
    assert result.exit_code == 0
    assert re.match(r"small: 14 steps, no errors; plan [0-9a-f]{12}\n", result.stdout)
    assert "profile test" in result.stderr


@pytest.mark.usefixtures("specs")
def test_dry_run_goes_to_standard_output_without_colour() -> None:
    result = cli("compile", SPEC, "--profile", "test", "--dry-run")
    assert result.exit_code == 0
    assert result.stdout.startswith("small ")
    assert "\x1b" not in result.output
    assert result.stderr == ""


@pytest.mark.usefixtures("specs")
def test_json_on_standard_output_is_the_plan_itself(plan: PlanFile) -> None:
    result = cli("compile", SPEC, "--profile", "test", "--format", "json")
    assert result.exit_code == 0
    assert plan_of(result.stdout) == plan


@pytest.mark.usefixtures("specs")
def test_out_writes_the_plan_and_nothing_beside_it() -> None:
    before = set(Path().iterdir())
    result = cli("compile", SPEC, "--profile", "test", "--out", "plan.json")
    assert result.exit_code == 0
    assert set(Path().iterdir()) - before == {Path("plan.json")}
    assert plan_of(Path("plan.json").read_text()).binding.profile == "test"


@pytest.mark.usefixtures("specs")
def test_a_seed_changes_the_plan_and_not_the_method() -> None:
    hashes = []
    for seed in ("1", "2"):
        result = cli("compile", SPEC, "--profile", "test", "--seed", seed, "--format", "json")
        hashes.append(json.loads(result.stdout)["hashes"])
    assert hashes[0]["method"] == hashes[1]["method"]
    assert hashes[0]["plan"] != hashes[1]["plan"]


@pytest.mark.parametrize("place", ["nowhere/plan.json", "specs", "/proc/plan.json"])
@pytest.mark.usefixtures("specs")
def test_out_that_cannot_be_written_is_one_sentence_and_exit_4(place: str) -> None:
    before = sorted(Path().rglob("*"))
    result = cli("compile", SPEC, "--profile", "test", "--out", place)
    assert result.exit_code == 4, result.output
    assert "cannot be written" in result.stderr
    assert "Traceback" not in result.output
    assert sorted(Path().rglob("*")) == before


@pytest.mark.usefixtures("specs")
def test_a_full_disk_is_one_sentence_and_exit_4(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    result = cli("compile", SPEC, "--profile", "test", "--out", "plan.json")
    assert result.exit_code == 4
    assert "is full" in result.stderr
    assert [path.name for path in Path().iterdir()] == ["specs"]


# --- profiles --------------------------------------------------------------------------------------


def test_an_unknown_profile_is_an_error_that_offers_the_nearest(specs: Path) -> None:
    result = cli("compile", f"{specs.name}/stage.stage", "--profile", "tset")
    assert result.exit_code == 1
    assert 'there is no profile "tset"' in result.stderr
    assert 'did you mean "test"?' in result.stderr


def add_profiles(specs: Path, *names: str) -> None:
    path = specs / "profiles.stage"
    text = path.read_text()
    block = text[text.index("profile test") :]
    path.write_text(text + "".join("\n" + block.replace("profile test", f"profile {n}") for n in names))


def test_of_several_profiles_the_laptop_s_is_chosen_and_the_choice_is_said(specs: Path) -> None:
    add_profiles(specs, "laptop")
    result = cli("compile", SPEC, "--dry-run")
    assert result.exit_code == 0
    assert "profile laptop; others: --profile test" in result.stderr


def test_several_profiles_and_no_laptop_is_wrong_use(specs: Path) -> None:
    add_profiles(specs, "pod")
    result = cli("compile", SPEC)
    assert result.exit_code == 2
    assert "--profile pod or test" in result.stderr


# --- plans -----------------------------------------------------------------------------------------


@pytest.fixture
def plan_json(plan: PlanFile) -> Path:
    path = Path("plan.json")
    path.write_text(text_of(plan), encoding="utf-8")
    return path


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def test_a_plan_with_a_profile_is_wrong_use(plan_json: Path) -> None:
    for extra in (["--profile", "test"], ["--seed", "1"]):
        assert cli("run", str(plan_json), *extra).exit_code == 2


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda p: replace(p, '"at_least": 0.8', '"at_least": 0.7'), "the method does not have the hash"),
        (lambda p: replace(p, '"seed": 0', '"seed": 7'), "the binding does not have the hash"),
        (lambda p: replace(p, '\\"good\\"', '\\"bad\\"'), "are not those that were reviewed"),
        (lambda p: replace(p, '"blobs": {', '"blobs": {}, "quote_": {'), "not a whole plan"),
        (
            lambda p: replace(p, '"stagespec_plan": 1', '"stagespec_plan": 2'),
            "not a whole plan of this version",
        ),
        (lambda p: replace(p, '"top_p": 1.0', '"top_p": NaN'), "not"),
        (truncate, "not a whole plan"),
        (lambda p: p.write_text('{"a": 1}'), "is not a plan"),
        (lambda p: p.write_text("[" * 100_000), "is not a plan"),
        (lambda p: p.write_text(""), "is not a plan"),
        (binary, "not UTF-8"),
        (missing, "there is no file"),
        (a_folder, "cannot be read"),
    ],
)
def test_a_plan_that_is_not_what_was_reviewed_is_refused(
    spoil: Callable[[Path], None], said: str, plan_json: Path
) -> None:
    spoil(plan_json)
    result = cli("run", str(plan_json))
    assert result.exit_code == 1, result.output
    assert said in result.stderr
    assert len(result.stderr.strip().split("\n")) == 1
    assert not Path("runs").exists()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("pilot    = 20 items", "pilot    = 30 items", "small.ideas, pilot: 20 items → 30"),
        ("pilot    = 20 items", "pilot    = 20 bananas", "no longer compiles"),
        ("pilot    = 20 items", "pilot    = 20 items   # enough", ""),
    ],
)
def test_a_plan_whose_spec_has_changed_since_is_refused(
    old: str, new: str, said: str, plan_json: Path, running: Any
) -> None:
    running(lambda *_: None)
    spec = next(path for path in Path().rglob("stage.stage"))
    spec.write_text(spec.read_text().replace(old, new))
    result = cli("run", str(plan_json))
    assert result.exit_code == (1 if said else 0), result.output
    assert said.split(",")[0].split(" ")[0] in result.stderr
    assert ("is stale" in result.stderr) == bool(said)


def test_from_another_folder_a_plan_is_compared_with_the_specs_beside_it(
    plan_json: Path, running: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running(lambda *_: None)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    result = cli("run", f"../{plan_json}")
    assert (result.exit_code, result.stderr) == (0, "")
    spec = next(path for path in tmp_path.rglob("stage.stage"))
    replace(spec, "pilot    = 20 items", "pilot    = 30 items")
    result = cli("run", "../plan.json")
    assert result.exit_code == 1
    assert "is stale" in result.stderr
    assert "small.ideas, pilot: 20 → 30" in result.stderr


def test_that_a_plan_was_compared_with_nothing_is_said(
    plan_json: Path, running: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running(lambda *_: None)
    pod = tmp_path / "pod"
    pod.mkdir()
    plan_json.rename(pod / "plan.json")
    monkeypatch.chdir(pod)
    result = cli("run", "plan.json")
    assert result.exit_code == 0
    assert result.stderr.count("\n") == 1
    assert "its specs are not here, so nothing was compared with them" in result.stderr


def test_a_plan_is_known_by_its_content_too(plan_json: Path) -> None:
    plan_json.rename("reviewed")
    replace(Path("reviewed"), '"seed": 0', '"seed": 7')
    assert "the binding does not have the hash" in cli("run", "reviewed").stderr


# --- run -------------------------------------------------------------------------------------------


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[..., Any]], None]:
    """Puts a function in the place of running a plan."""

    def put(function: Callable[..., Any]) -> None:
        module = types.ModuleType("stagespec.running")
        module.run_plan = function  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "stagespec.running", module)

    return put


def raising(error: BaseException) -> Callable[..., None]:
    def run_plan(*_: object) -> None:
        raise error

    return run_plan


@pytest.mark.usefixtures("specs")
def test_run_gives_the_plan_and_the_folder_of_runs(running: Any) -> None:
    given: list[Any] = []
    running(lambda plan, runs, *_: given.extend((plan.binding.seed, runs)))
    assert cli("run", SPEC, "--profile", "test", "--seed", "5", "--runs", "mine").exit_code == 0
    assert given == [5, Path("mine")]


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (RunStopped("gate pilot is closed", "Look at the report."), 3, "stopped: gate pilot is closed"),
        (RunFailed("the disk is full", "Free some space."), 4, "error: the disk is full"),
        (ModuleNotFoundError("No module named 'torch'", name="torch"), 4, "pip install 'stagespec[laptop]'"),
        (ModuleNotFoundError("No module named 'vllm'", name="vllm"), 4, "pip install 'stagespec[pod]'"),
        (MemoryError(), 4, "not enough memory"),
        (KeyboardInterrupt(), 130, "stopped; run the same command again to go on"),
        (ValueError("17 is odd\nand more"), 4, "something unforeseen went wrong: 17 is odd"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
@pytest.mark.usefixtures("specs")
def test_however_a_run_ends_it_is_a_sentence_and_a_code(
    error: BaseException, code: int, said: str, running: Any
) -> None:
    running(raising(error))
    result = cli("run", SPEC, "--profile", "test")
    assert result.exit_code == code
    assert said in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.usefixtures("specs")
def test_the_traceback_of_something_unforeseen_is_kept_in_a_file(running: Any) -> None:
    running(raising(ValueError("17 is odd")))
    found = re.search(r"The whole story is in (\S+)", cli("run", SPEC, "--profile", "test").stderr)
    assert found
    assert "ValueError: 17 is odd" in Path(found.group(1)).read_text()


# --- check and explain -----------------------------------------------------------------------------


def test_check_finds_the_stages_of_a_folder_and_reports_shared_faults_once(specs: Path) -> None:
    for path in specs.glob("*.stage"):
        if path.name not in ("stage.stage", "shared.stage", "profiles.stage"):
            path.unlink()
    result = cli("check", "specs")
    assert (result.exit_code, result.output) == (0, "1 stage and 2 shared files, nothing to report\n")
    (specs / "again.stage").write_text((specs / "stage.stage").read_text())
    replace(specs / "shared.stage", "words(instruction)", "wrods(instruction)")
    result = cli("check", "specs")
    assert result.exit_code == 1
    assert result.output.count("wrods(...)") == 1


def test_check_as_json(specs: Path) -> None:
    unknown_name(specs / "stage.stage")
    result = cli("check", SPEC, "--format", "json")
    assert result.exit_code == 1
    [found] = json.loads(result.stdout)["diagnostics"]
    assert (found["code"], found["file"]) == ("SS205", SPEC)


def test_check_of_a_folder_without_stages_is_an_error(tmp_path: Path) -> None:
    result = cli("check", str(tmp_path))
    assert result.exit_code == 1
    assert "there is no .stage file" in result.stderr


@pytest.mark.parametrize("name", ["shared.stage", "profiles.stage"])
def test_check_of_a_file_without_a_stage(specs: Path, name: str) -> None:
    result = cli("check", f"{specs.name}/{name}")
    assert (result.exit_code, result.output) == (0, "1 shared file, nothing to report\n")


LIBRARY = """language 1

prompt wrong(task: text) {
  template = "{{ tsak }}"
}

rules slow(answer: text) {
  reject "a" when answer matches /(a+)+$/
  example keep { answer = "b" }
  example reject "a" { answer = "a" }
}

pool lost(task: text) { items = file("data/lost.jsonl") }

preset odd for train { epochz = 3 }

profile bound { engine = mock, held_out = 5 items }
"""


def test_check_reads_files_that_no_stage_imports(specs: Path) -> None:
    """Each mistake in its place; that nothing uses a definition is none."""
    for path in specs.glob("*.stage"):
        if path.name not in ("stage.stage", "shared.stage", "profiles.stage"):
            path.unlink()
    (specs / "library.stage").write_text(LIBRARY)
    found = json.loads(cli("check", "specs", "--format", "json").stdout)["diagnostics"]
    assert sorted(item["code"] for item in found) == ["SS103", "SS308", "SS402", "SS427", "SS711"]
    assert {item["file"] for item in found} == {"specs/library.stage"}


def test_check_reports_once_what_a_stage_and_its_library_share(specs: Path) -> None:
    replace(specs / "shared.stage", "words(instruction)", "wrods(instruction)")
    with (specs / "shared.stage").open("a") as file:
        file.write('prompt nobody(task: text) { template = "{{ tsak }}" }\n')
    paths = ("specs/stage.stage", "specs/shared.stage")
    found = json.loads(cli("check", *paths, "--format", "json").stdout)["diagnostics"]
    assert sorted(item["code"] for item in found) == ["SS402", "SS410"]


@pytest.mark.parametrize(
    ("code", "said"),
    [("SS622", "no gap between"), ("ss205", "not defined here"), ("SS709", "rough")],
)
def test_explain(code: str, said: str) -> None:
    result = cli("explain", code)
    assert result.exit_code == 0
    assert said in result.output


def test_explain_offers_the_nearest_code() -> None:
    assert "did you mean SS205?" in cli("explain", "S205").stderr
    result = cli("explain", "E0425")
    assert result.exit_code == 2
    assert "codes look like SS205" in result.stderr


# --- in a process of its own -----------------------------------------------------------------------


def test_help_reads_well_and_wrong_use_is_exit_2() -> None:
    text = cli("--help").output
    assert "stagespec run plan.json" in text
    assert "..." not in text.split("Commands:")[1].split("\n\n")[0]
    for wrong in ([], ["compile"], ["compile", "--nope"], ["frobnicate"], ["run", "x", "--seed", "-1"]):
        assert cli(*wrong).exit_code == 2


@pytest.mark.usefixtures("specs")
def test_a_real_process_has_the_same_codes_and_no_traceback() -> None:
    for arguments, code in (
        (["compile", SPEC, "--profile", "test"], 0),
        (["compile", "nope.stage"], 1),
        (["compile"], 2),
        (["compile", SPEC, "--profile", "test", "--out", "nowhere/plan.json"], 4),
        (["--version"], 0),
    ):
        done = real(*arguments)
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.usefixtures("specs")
def test_a_reader_that_goes_away_is_no_error() -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        done = python(
            "-m", "stagespec", "compile", SPEC, "--profile", "test", "--dry-run", "-v", stdout=write
        )
    finally:
        os.close(write)
    assert done.returncode == 141
    assert done.stderr == ""


@pytest.mark.usefixtures("specs")
def test_an_interrupt_is_one_line() -> None:
    script = (
        "import os, signal, sys, types\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a job in the background ignores it
        "module = types.ModuleType('stagespec.running')\n"
        "module.run_plan = lambda *_: os.kill(os.getpid(), signal.SIGINT) or input()\n"
        "sys.modules['stagespec.running'] = module\n"
        "from stagespec.cli import main\n"
        f"main(['run', '{SPEC}', '--profile', 'test'])\n"
    )
    done = python("-c", script)
    assert done.returncode == 128 + signal.SIGINT
    assert done.stderr.strip() == "stopped; run the same command again to go on"


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys\n"
        "import stagespec.cli\n"
        "heavy = {'lark', 'pydantic', 'jinja2', 'torch', 'transformers', 'rich', 'numpy', 'scipy'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = python("-c", script)
    assert done.stdout.strip() == "[]"


def test_compiling_what_has_not_changed_loads_little(tmp_path: Path) -> None:
    """A cold compile takes as long as what it loads: validation, parser and templates are for what is new."""
    spec = Path(__file__).parents[2] / "specs" / "stage_3_generation.stage"
    script = (
        "import os, sys\n"
        f"os.environ['XDG_CACHE_HOME'] = {str(tmp_path)!r}\n"
        "from stagespec.cli import main\n"
        f"main({['compile', '--dry-run', str(spec), '--profile', 'laptop']!r}, standalone_mode=False)\n"
        "unneeded = {'pydantic', 'lark', 'jinja2', 'rich', 'difflib', 'tempfile', 'compiler.plan.answers'}\n"
        "unneeded |= {'compiler.syntax.tree', 'compiler.lower', 'compiler.checks'}\n"
        "print(sorted(unneeded & set(sys.modules)), file=sys.stderr)\n"
    )
    first = python("-c", script)
    assert "'lark'" in first.stderr
    assert "'pydantic'" not in first.stderr
    second = python("-c", script)
    assert second.stderr.strip() == "[]"
    assert second.stdout == first.stdout
    shutil.rmtree(tmp_path / "stagespec" / "plans")  # as after an edit; trees of the other files are kept
    third = python("-c", script)
    assert "'compiler.checks'" in third.stderr
    assert not {"'pydantic'", "'lark'", "'jinja2'", "'difflib'"} & set(third.stderr.strip("[]\n").split(", "))
    assert third.stdout == first.stdout
