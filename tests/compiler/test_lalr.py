"""The walk over Lark's tables builds what Lark's own walk builds of the same tokens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import lark
import pytest
from format.generated import Spec

from compiler.diagnostics import Diagnostics
from compiler.format.leaves import read_tokens
from compiler.source import Source
from compiler.syntax.grammar import grammar_text, tables
from compiler.syntax.lalr import Parser, Unexpected
from compiler.syntax.parse import parse

SPECS = Path(__file__).parents[2] / "specs"
TEXTS = [path.read_text(encoding="utf-8") for path in sorted(SPECS.rglob("*.stage"))]

# what Lark leaves out of its trees: terminals without a name in the grammar
PUNCTUATION = {"COMMA", "EQUAL", "COLON", "DOT", "LPAR", "IMPORT", "WHEN", "AT", "BEFORE"}


class Tokens(lark.lexer.Lexer):
    """Gives Lark our tokens."""

    def __init__(self, _: object) -> None:
        pass

    def lex(self, data: str) -> Iterator[lark.Token]:  # type: ignore[override]
        return (lark.Token(token.kind, token.text) for token in read_tokens(data)[0])


@pytest.fixture(scope="module")
def larks() -> lark.Lark:
    return lark.Lark(grammar_text(), parser="lalr", lexer=Tokens, maybe_placeholders=False)


def plain(part: Any) -> Any:
    """Lark's tree as tuples."""
    if isinstance(part, lark.Tree):
        return (part.data, *map(plain, part.children))
    return (part.type, str(part))


def ours(text: str) -> Any:
    own = tables()
    kept = {kind for row in own.actions for kind in row} - PUNCTUATION

    def token(kind: str) -> Any:
        return lambda written, _start, _end: (kind, written)

    def rule(name: str) -> Any:
        return lambda children: (name, *children)

    return Parser(own, {kind: token(kind) for kind in kept}, rule).parse(text)


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_real_files(text: str, larks: lark.Lark) -> None:
    assert ours(text) == plain(larks.parse(text))


@pytest.mark.parametrize("seed", range(20))
def test_generated_files(seed: int, larks: lark.Lark) -> None:
    text = Spec(Random(seed), 0.05, 0.3).text(definitions=3)
    assert ours(text) == plain(larks.parse(text))


@pytest.mark.parametrize(
    ("text", "kind", "what", "wanted"),
    [
        ("model base {", "END", "", {"NAME", "RBRACE", "TRIM", "CUT", "REJECT", "EXAMPLE", "ALLOW"}),
        ("model base ;", None, ";", {"LPAR", "LBRACE", "EQUAL", "RELATION"}),
        ("stage b afterwards {", "NAME", "afterwards", {"LPAR", "LBRACE", "EQUAL", "RELATION"}),
        ("model b { cut before 5 }", "NUMBER", "5", {"REGEX"}),
    ],
)
def test_what_fits_nowhere(text: str, kind: str | None, what: str, wanted: set[str]) -> None:
    with pytest.raises(Unexpected) as raised:
        read_tokens(text)
    assert (raised.value.kind, text[raised.value.start : raised.value.end]) == (kind, what)
    assert raised.value.wanted == wanted


def test_a_word_is_a_name_where_it_cannot_be_a_word() -> None:
    text = "model by { trim = 5 }\nmodel b { a = c\n into = d }"
    said = Diagnostics()
    parse(Source("x", Path("x"), text.replace("trim", "with")), said)
    assert said.items == []
