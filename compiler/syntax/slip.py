"""One syntax error, with what the parser knew and how the text around it is laid out."""

from __future__ import annotations

from compiler.diagnostics import Diagnostics, Span
from compiler.frozen import Frozen
from compiler.syntax.lalr import Unexpected
from compiler.syntax.layout import Layout

READABLE = {
    "END": "the end of the file",
    "NAME": "a name",
    "STRING": "a string",
    "TEXT": "a text block",
    "NUMBER": "a number",
    "ODD": "a number",
    "QUANTITY": "a quantity",
    "REGEX": "a /regular expression/",
    "LBRACE": "{",
    "RBRACE": "}",
    "LSQB": "[",
    "RSQB": "]",
    "LPAR": "(",
    "RPAR": ")",
    "EQUAL": "=",
    "COMMA": "a comma",
    "COLON": ":",
    "COMPARE": "a comparison",
    "DOT": ".",
    "PLUS": "+",
    "RANGE": "a range",
    "RELATION": "after, for, like",
    "TRUTH": "true, false",
    "FROM": "from",
    "IMPORT": "import",
    "WHEN": "when",
}
Region = tuple[int, int]
Meant = tuple[str, str]  # a misspelt word, and the word that it is read as


class Slip(Frozen):
    """One syntax error, at a place of a text (with what was left out already blank)."""

    file: str
    text: str
    place: int
    error: Unexpected
    layout: Layout
    found: Diagnostics

    def span(self, start: int, end: int) -> Span:
        return Span(self.file, start, end)


def wanted(slip: Slip) -> list[str]:
    readable = [READABLE.get(kind, kind.lower()) for kind in slip.error.wanted if kind != "WORD"]
    return sorted({word for words in readable for word in words.split(", ")})


def token_end(slip: Slip) -> int:
    return slip.error.end
