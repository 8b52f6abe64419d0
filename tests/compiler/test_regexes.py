"""A regular expression that takes twice as long for each letter more is known before it is tried."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from compiler.lower.regexes import endless

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("pattern", "sign"),
    [
        (r"(a+)+$", 4),
        (r"(a*)*b", 4),
        (r"(?:a+)*b", 6),
        (r"((a+)?)+b", 7),
        (r"(a+)+?b", 4),
        (r"(\d{1,3})+b", 9),
        (r"(\s*a+\s*)+b", 10),
        (r"(\w+\s?)*$", 8),
        (r"(a+|b)+$", 6),
        (r"(a|a)+$", 5),
        (r"(ab|ab)+$", 7),
        (r"(.|a)+$", 5),
        (r"(?s)(.|\n)*!", 10),
        (r"[^]a]*(?#*)\+(b+)+$", 17),
        (r"(?>(a+)+$)", 7),
    ],
)
def test_endless_ones_are_known_with_the_sign_that_repeats(pattern: str, sign: int) -> None:
    assert [start for _, start, _ in endless(pattern)] == [sign]


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a+b)+",
        r"(a|b)+",
        r"(\w+\s)*$",
        r"(\d{3})+",
        r"(?:\.\d+)*",
        r"(x?)+",
        r"(a+){3}",
        r"(a++)+",
        r"(?>a+)+",
        r"(\ba+\b)+",
        r"[(a+)+]",
        r"\(a+\)+",
        r"(a+b|a+c)+",
        r"(.|\n)*",
        r"(?:^- .+\n)+",
    ],
)
def test_others_are_left_alone(pattern: str) -> None:
    assert list(endless(pattern)) == []


def test_patterns_of_our_own_data_are_left_alone() -> None:
    found = [
        written
        for path in (ROOT / "specs").rglob("*.jsonl")
        for written in re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', path.read_text(encoding="utf-8"))
    ]
    assert len(found) > 100
    assert [pattern for pattern in found if list(endless(json.loads(pattern)))] == []
