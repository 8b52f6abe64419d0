"""Every code that the compiler or an archive can report can be explained."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

import compiler
from compiler.checks import BY_CODE
from stagespec.codes import CODES, FAMILIES
from stagespec.explain import explanation, meaning

COMPILER = Path(next(iter(compiler.__path__)))
SOURCES = [*COMPILER.rglob("*.py"), *(COMPILER.parent / "stagespec" / "archive").rglob("*.py")]
REPORTED = {code for path in SOURCES for code in re.findall(r'"(SS\d{3})"', path.read_text(encoding="utf-8"))}


def test_every_code_has_words_of_its_own() -> None:
    missing = sorted(REPORTED - CODES.keys() - BY_CODE.keys())
    assert not missing, f"add to stagespec/codes/: {', '.join(missing)}"


def test_no_words_are_left_for_codes_that_are_gone() -> None:
    assert sorted(CODES.keys() - REPORTED) == []
    assert CODES.keys().isdisjoint(BY_CODE.keys())


@pytest.mark.parametrize("code", BY_CODE)
def test_each_check_reports_the_codes_it_is_registered_for(code: str) -> None:
    assert f'"{code}"' in inspect.getsource(BY_CODE[code])
    assert explanation(code)


def test_an_explanation_says_more_than_the_message() -> None:
    """What is wrong, why it matters and how to mend it: three lines or so, and not a page."""
    assert [code for code in REPORTED if not 130 <= len(meaning(code)) <= 88 * 8] == []


def test_every_family_has_a_name() -> None:
    assert {code[:3] for code in REPORTED} == FAMILIES.keys()
