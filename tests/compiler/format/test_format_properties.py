"""Whatever is formatted keeps its meaning, its comments and its words, and is formatted for good."""

from __future__ import annotations

import re
import time
from dataclasses import fields, is_dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest
from generated import Spec
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.diagnostics import Diagnostics, Span
from compiler.format import Formatted, format_source
from compiler.format.layout import ALWAYS_JOINING, JOINING
from compiler.format.leaves import read_leaves, read_tokens
from compiler.source import Source
from compiler.syntax.grammar import tables
from compiler.syntax.layout import OPAQUE
from compiler.syntax.parse import parse

ROOT = Path(__file__).parents[3]
FILES = [*sorted((ROOT / "specs").rglob("*.stage")), *sorted((ROOT / "tests/compiler/good").glob("*.stage"))]
TEXTS = [path.read_text(encoding="utf-8") for path in FILES]
NUMBER = re.compile(r"\d$")


def formatted(text: str) -> str:
    result = format_source(text)
    assert isinstance(result, Formatted), result
    return result.text


def without_places(node: Any) -> Any:
    """A tree as plain tuples; texts without the places of their characters."""
    if is_dataclass(node):
        kept = [f.name for f in fields(node) if f.name not in ("written", "damaged")]
        values = [getattr(node, name) for name in kept]
        return type(node).__name__, *(without_places(v) for v in values if not isinstance(v, Span))
    return tuple(map(without_places, node)) if isinstance(node, tuple) else node


def tree(text: str) -> Any:
    return without_places(parse(Source("x.stage", Path("x.stage"), text), Diagnostics()))


def comments(text: str) -> list[str]:
    return [found.group().rstrip() for found in OPAQUE.finditer(text) if found.group().startswith("#")]


def words(text: str) -> list[Any]:
    """Every token as its author spelled it, but for commas and the indentation of text blocks."""
    leaves = read_leaves(text)
    return [leaf.text if leaf.block is None else leaf.block for leaf in leaves if leaf.type != "COMMA"]


def holds(text: str) -> str:
    """All that holds of formatting; returns the result."""
    text = text.replace("\r\n", "\n")
    after = formatted(text)
    assert formatted(after) == after
    assert comments(after) == comments(text)
    assert words(after) == words(text)
    assert tree(after) == tree(text)
    outside = OPAQUE.sub('""', after)
    assert not re.search(r"[ \t]\n|\n\n\n|\A\n|\n\n\Z|\t|\n\n *[\]})]", outside)
    assert not after or after.endswith("\n")
    return after


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**9), st.sampled_from([0, 0.02, 0.2]), st.sampled_from([0.1, 0.6]))
def test_generated_files(seed: int, comments: float, breaks: float) -> None:
    holds(Spec(Random(seed), comments, breaks).text(definitions=seed % 4))


def relaid(text: str, draw: Random) -> str:
    """The text with other white space between its tokens, where no comment is."""
    tokens, _ = read_tokens(text)
    pieces = [text[: tokens[0].start]]
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        pieces.append(token.text)
        gap = text[token.end : following.start if following else len(text)]
        # `5` and `items` below it are no quantity
        on = "" if NUMBER.search(token.text) and "\n" in gap else " "
        if not gap or gap.isspace():
            gap = draw.choice(
                [gap, on, "\n", "\n\n\n", " \n  ", f"{on}\t" if on else "\n"] if gap else ["", on, "\n"]
            )
            gap = gap or "\n"
        pieces.append(gap)
    return "".join(pieces)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(TEXTS), st.integers(0, 10**9))
def test_real_files_with_other_white_space(text: str, seed: int) -> None:
    holds(relaid(text, Random(seed)))


@pytest.mark.parametrize("text", TEXTS, ids=[path.name for path in FILES])
def test_real_files(text: str) -> None:
    holds(text)


def test_files_on_few_lines() -> None:
    for text in TEXTS:
        if not comments(text):
            holds(re.sub(r"(?<!\d)\s*\n\s*", " ", OPAQUE.sub(lambda m: m.group().replace("\n", "\\n"), text)))


def test_the_words_that_join_are_the_grammars() -> None:
    kinds = tables().words
    assert {word for word in kinds if "WORD" in kinds[word]} == JOINING
    assert {word for word in kinds if {"OR", "AND", "MATCHES"} & set(kinds[word])} == ALWAYS_JOINING


def test_time_grows_with_the_lines() -> None:
    def seconds(definitions: int) -> tuple[float, int]:
        text = Spec(Random(0), comments=0.01).text(definitions)
        start = time.process_time()
        lines = formatted(text).count("\n")
        return time.process_time() - start, lines

    few, some_lines = seconds(20)
    many, lines = seconds(190)
    assert lines > 5000
    assert many / lines < 4 * few / some_lines


def test_nesting_too_deep_is_a_diagnostic() -> None:
    result = format_source("model x = " + "[" * 3000 + "]" * 3000, "x.stage")
    assert isinstance(result, Diagnostics)
    assert [item.code for item in result.items] == ["SS119"]


def test_wide_lists_and_long_sums_are_no_trouble() -> None:
    for text in ("[" + "a, " * 5_000 + "]", "a" + " + f(b)" * 3_000, "f" + "(a)" * 3_000):
        formatted(f"model x = {text}")
