"""The walls of the house: who may import whom, what compiling may load, and what may lie at the root."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HOUSE = ("compiler", "runtime", "stagespec")
PURE = {"lark", "pydantic", "jinja2", "compiler"}
HEAVY = ("torch", "transformers", "vllm", "peft", "scipy", "statsmodels", "pyarrow", "numpy")
AT_THE_ROOT = {"pyproject.toml", "README.md", "LICENSE", "specs", "docs", "tests", "archive", *HOUSE}


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, at its top or inside a function, for types or to run."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written out from the root"
            yield f"{node.module}"
            yield from (f"{node.module}.{name.name}" for name in node.names)


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a checkout")
    return [name for name in listed.stdout.split("\0") if name]


@pytest.mark.parametrize(("package", "above"), [("compiler", HOUSE[1:]), ("runtime", HOUSE[2:])])
def test_imports_go_one_way(package: str, above: tuple[str, ...]) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in modules(package)
        for name in imports(path)
        if name.split(".")[0] in above
    ]
    assert wrong == []


def test_the_compiler_is_pure() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in modules("compiler")
        for name in imports(path)
        if (top := name.split(".")[0]) not in PURE and top not in sys.stdlib_module_names
    ]
    assert wrong == []


def test_the_compiler_knows_no_network_and_no_clock() -> None:
    barred = {"socket", "urllib", "http", "ssl", "time", "datetime", "random", "subprocess", "asyncio"}
    wrong = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in modules("compiler")
        for name in imports(path)
        if name.split(".")[0] in barred
    ]
    assert wrong == []


def test_the_runtime_knows_only_the_plan() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in modules("runtime")
        for name in imports(path)
        if name.split(".")[0] == "compiler" and name != "compiler" and name.split(".")[1] != "plan"
    ]
    assert wrong == []


def test_compiling_loads_nothing_heavy() -> None:
    program = (
        "import sys; from compiler.compile import compile_spec; "
        "compiled = compile_spec('tests/compiler/good/stage.stage', 'test'); "
        "assert compiled.plan, compiled.diagnostics.items; "
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.stdout.strip() == "[]", run.stderr


def test_the_root_is_tidy() -> None:
    names = {name.split("/")[0] for name in tracked()}
    assert {name for name in names if not name.startswith(".")} <= AT_THE_ROOT


def test_the_tree_is_small() -> None:
    """What is worked on. Frozen runs are beside it, each bound by the number of its stages (SS912)."""
    names = [name for name in tracked() if not name.startswith("archive/")]
    sizes = {name: (ROOT / name).stat().st_size for name in names if (ROOT / name).is_file()}
    assert sum(sizes.values()) < 10_000_000, sorted(sizes.items(), key=lambda item: -item[1])[:5]
