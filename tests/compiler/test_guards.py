"""The registry of checks and the table of mistakes: each check stops what it says, and nothing else does."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest
from wrong_cases import Case, all_cases, compile_case

import compiler.compile as compiling
from compiler.checks import CHECKS, GUARDS, Guard
from compiler.diagnostics import Diagnostics
from compiler.guards import MISTAKES

ROOT = Path(__file__).parents[2]
OWN = {code: guard for guard in GUARDS for code in guard.codes}
# Where an error is allowed in vain, what is told of it hangs on whether it is reported.
CASES = [c for c in all_cases() if set(c.expects) & set(OWN) and "SS365" not in c.expects]


def named(guard: Guard) -> str:
    return guard.check.__name__


def cases_of(guard: Guard) -> list[Case]:
    return [case for case in CASES if set(case.expects) & set(guard.codes)]


@pytest.mark.parametrize("guard", GUARDS, ids=named)
def test_without_a_check_exactly_its_own_is_no_longer_reported(
    guard: Guard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On every case that shows it: the codes that are gone are those of the check that was taken out."""
    assert cases_of(guard)
    monkeypatch.setattr(compiling, "CHECKS", tuple(c for c in CHECKS if c is not guard.check))
    for case in cases_of(guard):
        folder = tmp_path / case.name
        folder.mkdir()
        monkeypatch.chdir(folder)
        reported = sorted(item.code for item in compile_case(case, folder).diagnostics.items)
        assert reported == [code for code in case.expects if code not in guard.codes]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_check_reports_its_own_codes_alone(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So no check of the registry covers for another one."""
    monkeypatch.chdir(tmp_path)
    seen: dict[str, set[str]] = {}

    def watched(guard: Guard) -> compiling.Check:
        def check(view: compiling.StageView, found: Diagnostics) -> None:
            own = Diagnostics()
            guard.check(view, own)
            seen.setdefault(named(guard), set()).update(item.code for item in own.items)
            found.items += own.items

        return check

    monkeypatch.setattr(compiling, "CHECKS", tuple(watched(guard) for guard in GUARDS))
    compile_case(case, tmp_path)
    for guard in GUARDS:
        assert seen.get(named(guard), set()) == set(guard.codes) & set(case.expects)


def test_checks_are_small_and_say_what_went_wrong() -> None:
    for guard in GUARDS:
        assert len((guard.check.__doc__ or "").split()) >= 15, named(guard)
        module = ROOT / Path(*guard.check.__module__.split(".")).with_suffix(".py")
        node = next(n for n in functions(module) if n.name == named(guard))
        assert (node.end_lineno or 0) - node.lineno < 40, named(guard)


def test_all_ninety_six_are_there() -> None:
    assert [mistake.number for mistake in MISTAKES] == list(range(1, 97))


def test_what_stops_a_mistake_is_shown_doing_so() -> None:
    """Every code has a wrong spec, and every test that is named is there."""
    shown = {code for case in all_cases() for code in case.expects}
    for mistake in MISTAKES:
        assert set(mistake.codes) <= shown, mistake.number
        assert (mistake.where == "open") == (not mistake.codes and not mistake.tests), mistake.number
        assert mistake.where != "open" or mistake.how, mistake.number
        for test in mistake.tests:
            path, _, name = test.partition("::")
            assert name in {node.name for node in functions(ROOT / path)}, test


def test_the_registry_and_the_table_agree() -> None:
    """A check that says that it stops a mistake stands in that mistake's row."""
    by_number = {mistake.number: mistake for mistake in MISTAKES}
    for guard in GUARDS:
        for number in guard.stops:
            assert set(guard.codes) & set(by_number[number].codes), (named(guard), number)


@cache
def functions(path: Path) -> tuple[ast.FunctionDef, ...]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return tuple(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
