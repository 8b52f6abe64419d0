"""The registry of checks and the table of mistakes: each check stops what it says, and nothing else does."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from removal import places, take_out
from wrong_cases import Case, all_cases, compile_case

import compiler.compile as compiling
from compiler.checks import ALL_GUARDS, BOUND_GUARDS, BY_CODE, GUARDS, HARDWARE_GUARDS, SPEC_GUARDS, Guard
from compiler.compile import ALLOWABLE, compile_spec
from compiler.diagnostics import Diagnostics
from compiler.guards import MISTAKES

ROOT = Path(__file__).parents[2]
WRONG = {case.name: case for case in all_cases()}
# Where an error is allowed in vain, what is told of it hangs on whether it is reported.
CASES = [c for c in WRONG.values() if set(c.expects) & BY_CODE.keys() and "SS365" not in c.expects]
TUPLES = {
    "CHECKS": GUARDS,
    "SPEC_CHECKS": SPEC_GUARDS,
    "BOUND_CHECKS": BOUND_GUARDS,
    "HARDWARE_CHECKS": HARDWARE_GUARDS,
}
# What is refused in the midst of reading or lowering a spec: no check of a registry, but an `if` of its own.
REFUSED = sorted({code for mistake in MISTAKES for code in mistake.codes} - BY_CODE.keys())
PROVEN = {*BY_CODE, *REFUSED}


def named(guard: Guard) -> str:
    return guard.check.__name__


def without_notes(codes: list[str]) -> list[str]:
    """SS709 is noted of any plan with a model that is not locked, and of a spec without a plan it is not."""
    return [code for code in codes if code != "SS709"]


def cases_of(guard: Guard) -> list[Case]:
    return [case for case in CASES if set(case.expects) & set(guard.codes)]


@pytest.mark.parametrize("guard", ALL_GUARDS, ids=named)
def test_without_a_check_exactly_its_own_is_no_longer_reported(
    guard: Guard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On every case that shows it: the codes that are gone are those of the check that was taken out."""
    assert cases_of(guard)
    for name, guards in TUPLES.items():
        monkeypatch.setattr(compiling, name, tuple(g.check for g in guards if g is not guard))
    for case in cases_of(guard):
        folder = tmp_path / case.name
        folder.mkdir()
        monkeypatch.chdir(folder)
        reported = sorted(item.code for item in compile_case(case, folder).diagnostics.items)
        expected = [code for code in case.expects if code not in guard.codes]
        assert without_notes(reported) == without_notes(expected)


@pytest.mark.parametrize("code", REFUSED)
def test_without_what_refuses_it_a_mistake_is_no_longer_reported(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The `if` that reports the code is closed in memory; what then becomes of the spec is not asked."""
    take_out(places()[code], monkeypatch, tmp_path / "cache")
    for name in {case for mistake in MISTAKES for case in mistake.cases if case.startswith(code)}:
        folder = tmp_path / name
        folder.mkdir()
        monkeypatch.chdir(folder)
        found = Diagnostics()
        monkeypatch.setattr(compiling, "Diagnostics", lambda found=found: found)
        with suppress(AttributeError, KeyError, TypeError):  # what was let through may be used
            compile_case(WRONG[name], folder)
        assert code in WRONG[name].expects
        assert code not in {item.code for item in found.items}


@pytest.mark.parametrize("code", sorted(ALLOWABLE))
def test_an_allowable_error_stands_for_a_reason(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    case = next(c for c in CASES if set(c.expects) == {code})
    entry = tmp_path / case.write(tmp_path)
    assert compile_spec(entry.name, case.profile).plan is None
    head = re.compile(r"^(stage [\w ]+\{)$", re.M)
    allowed = head.sub(rf'\1\n  allow({code}, because = "the reason")', entry.read_text("utf-8"))
    entry.write_text(allowed, encoding="utf-8")
    compiled = compile_spec(entry.name, case.profile)
    assert compiled.plan is not None
    assert [one.because for stage in compiled.plan.method.stages for one in stage.allowed] == ["the reason"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_check_reports_its_own_codes_alone(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So no check of the registry covers for another one."""
    monkeypatch.chdir(tmp_path)
    seen: dict[str, set[str]] = {}

    def watched(guard: Guard) -> Callable[[Any, Diagnostics], None]:
        def check(view: Any, found: Diagnostics) -> None:
            own = Diagnostics()
            guard.check(view, own)
            seen.setdefault(named(guard), set()).update(item.code for item in own.items)
            found.items += own.items

        return check

    for name, guards in TUPLES.items():
        monkeypatch.setattr(compiling, name, tuple(watched(guard) for guard in guards))
    compile_case(case, tmp_path)
    for guard in ALL_GUARDS:
        assert seen.get(named(guard), set()) == set(guard.codes) & set(case.expects)


def test_checks_are_small_and_say_what_went_wrong() -> None:
    for guard in ALL_GUARDS:
        assert len((guard.check.__doc__ or "").split()) >= 15, named(guard)
        module = ROOT / Path(*guard.check.__module__.split(".")).with_suffix(".py")
        node = next(n for n in functions(module) if n.name == named(guard))
        assert (node.end_lineno or 0) - node.lineno < 40, named(guard)


def test_all_ninety_six_are_there() -> None:
    assert [mistake.number for mistake in MISTAKES] == list(range(1, 97))


def test_what_stops_a_mistake_is_shown_doing_so() -> None:
    """Every wrong spec that is named is refused by an error, and every test that is named is there."""
    decisions = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    for mistake in MISTAKES:
        for name in mistake.cases:
            assert name.partition("_")[0] in WRONG[name].expects, mistake.number
        for test in mistake.tests:
            path, _, name = test.partition("::")
            assert name in {node.name for node in functions(ROOT / path)}, test
        assert f"**{mistake.decision}**" in decisions or not mistake.decision, mistake.number


def test_each_mistake_is_stopped_where_it_says() -> None:
    """At compile time by an error, which is missed when it is taken out; else by something that is proven."""
    for mistake in MISTAKES:
        errors = {code for name in mistake.cases for code in errors_of(name) if code in mistake.codes}
        assert errors <= PROVEN
        assert mistake.where != "compile" or errors, f"{mistake.number} is only warned of"
        assert mistake.where not in ("bind", "run") or (mistake.how and mistake.tests), mistake.number
        assert (mistake.where == "design") == bool(mistake.decision), mistake.number
        assert (mistake.where == "open") == (not mistake.cases and not mistake.tests), mistake.number
        assert mistake.how or mistake.codes, mistake.number


def test_the_registry_and_the_table_agree() -> None:
    """A check that says that it stops a mistake stands in that mistake's row."""
    by_number = {mistake.number: mistake for mistake in MISTAKES}
    for guard in ALL_GUARDS:
        for number in guard.stops:
            assert set(guard.codes) & set(by_number[number].codes), (named(guard), number)
        for mistake in MISTAKES:
            assert mistake.number in guard.stops or not set(guard.codes) & set(mistake.codes), mistake.number


def errors_of(name: str) -> set[str]:
    """The codes that a wrong spec is refused with, in the text that people see."""
    path = Path(__file__).parent / "__snapshots__" / "test_wrong" / f"test_reports[{name}].txt"
    return set(re.findall(r"^error (SS\d{3}):", path.read_text(encoding="utf-8"), re.M))


@cache
def functions(path: Path) -> tuple[ast.FunctionDef, ...]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return tuple(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
