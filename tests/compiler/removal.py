"""Take a refusal out of the compiler's code, to see that it is missed.

A check of the registry is taken out of its tuple. What refuses a spec in the midst of reading or lowering it
has no entry in a tuple: here the `if` that reports a code is changed to `if False`, in memory. Where no `if`
leads to the report (the last case of a match, a caught error), the report alone is taken out.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from types import CodeType, FunctionType

import pytest

import compiler

ROOT = Path(compiler.__file__).parent
REPORTS = ("error", "warning", "report")
Function = ast.FunctionDef | ast.AsyncFunctionDef


class Place(tuple[str, str, int]):
    """A report of a code: module, name of the function or method, and line."""

    __slots__ = ()

    def __str__(self) -> str:
        return f"{self[0]}.{self[1]}:{self[2]}"


@cache
def places() -> dict[str, tuple[Place, ...]]:
    """Where each code is reported."""
    found: dict[str, list[Place]] = {}
    for path in sorted(ROOT.rglob("*.py")):
        module = ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__")
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for name, function in _functions(tree):
            for call in ast.walk(function):
                code = _reported(call)
                if code:
                    found.setdefault(code, []).append(Place((module, name, call.lineno)))  # type: ignore[attr-defined]
    return {code: tuple(at) for code, at in found.items()}


def take_out(wanted: tuple[Place, ...], monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Change the functions that hold these places.

    `folder` becomes the cache: what a changed compiler finds sound may not be kept for one that is whole.
    """
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    for module_name, name in {(module, name) for module, name, _ in wanted}:
        lines = {line for module, of, line in wanted if (module, of) == (module_name, name)}
        module = import_module(module_name)
        path = inspect.getsourcefile(module)
        assert path is not None
        tree = ast.parse(Path(path).read_text(encoding="utf-8"))
        (function,) = [node for of, node in _functions(tree) if of == name]
        _Without(lines).visit(function)
        whole = compile(ast.fix_missing_locations(tree), path, "exec")
        target = _live(module, name)
        monkeypatch.setattr(target, "__code__", _code(whole, name))


def _functions(tree: ast.Module) -> Iterator[tuple[str, Function]]:
    """Functions of a module and methods of its classes; what stands inside of one belongs to it."""
    for node in tree.body:
        if isinstance(node, Function):
            yield node.name, node
        if isinstance(node, ast.ClassDef):
            yield from (
                (f"{node.name}.{part.name}", part) for part in node.body if isinstance(part, Function)
            )


def _reported(node: ast.AST) -> str:
    if not isinstance(node, ast.Call) or not node.args:
        return ""
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    first = node.args[0]
    is_code = isinstance(first, ast.Constant) and isinstance(first.value, str) and first.value[:2] == "SS"
    return first.value if called in REPORTS and is_code else ""  # type: ignore[union-attr]


class _Without(ast.NodeTransformer):
    """Close the innermost `if` whose body reports at one of the lines, or drop the report itself."""

    def __init__(self, lines: set[int]) -> None:
        self.lines = lines

    def holds(self, statements: list[ast.stmt]) -> bool:
        return any(
            _reported(node) and node.lineno in self.lines  # type: ignore[attr-defined]
            for statement in statements
            for node in ast.walk(statement)
        )

    def visit_If(self, node: ast.If) -> ast.AST:
        self.generic_visit(node)  # what stands deeper is closed there, and reports no more
        if self.holds(node.body):
            node.test = ast.Constant(value=False)
            node.body = [ast.Pass()]
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        return node

    def drop(self, function: Function) -> None:
        for node in ast.walk(function):
            for field, value in ast.iter_fields(node):
                if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                    kept = [ast.Pass() if isinstance(s, ast.Expr) and self.holds([s]) else s for s in value]
                    setattr(node, field, kept)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        self.drop(node)
        return node


def _live(module: object, name: str) -> FunctionType:
    found: object = module
    for part in name.split("."):
        found = inspect.getattr_static(found, part)
    found = getattr(found, "fget", None) or getattr(found, "__func__", None) or found
    found = inspect.unwrap(found)  # type: ignore[arg-type]
    assert isinstance(found, FunctionType)
    return found


def _code(whole: CodeType, name: str) -> CodeType:
    for constant in whole.co_consts:
        if isinstance(constant, CodeType):
            if constant.co_qualname == name:
                return constant
            if name.startswith(f"{constant.co_qualname}."):
                return _code(constant, name)
    raise LookupError(name)
