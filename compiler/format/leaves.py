"""The tokens of a file as the parser saw them, each with the comments and line breaks before it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

from compiler.frozen import Frozen
from compiler.syntax.grammar import tables
from compiler.syntax.lalr import Parser
from compiler.syntax.strings import dedented
from compiler.units import split_quantity

END = "END"
_ENTRIES = frozenset(
    {
        *("header", "import_", "definition", "field"),
        *("reject", "cut_at", "cut_before", "trim", "example", "allow"),
    }
)
_GAP = re.compile(r"#[^\n]*|\n")


class Comment(Frozen):
    """`own_line`: nothing but white space before it on its line. `blank`: a blank line before it."""

    text: str
    own_line: bool
    blank: bool


class Leaf(Frozen):
    """One token. `newline` and `blank` tell of the space after `comments`; `block` are the lines of a text
    block, without their common indentation."""

    type: str
    text: str
    comments: tuple[Comment, ...]
    newline: bool
    blank: bool
    starts_entry: bool
    block: tuple[str, ...] | None = None


class Token(NamedTuple):
    kind: str
    text: str
    start: int
    end: int


class _Reader:
    """Keeps every token, and where entries start. The value of a rule is its first token."""

    def __init__(self) -> None:
        self.begin()
        own = tables()
        kinds = {*own.marks.values(), *(kind for row in own.actions for kind in row)}
        self.parser = Parser(own, {kind: self._token(kind) for kind in kinds}, self._rule)

    def begin(self) -> None:
        self.tokens: list[Token] = []
        self.starts: set[int] = set()

    def _token(self, kind: str) -> Callable[[str, int, int], Token]:
        def keep(text: str, start: int, end: int) -> Token:
            self.tokens.append(Token(kind, text, start, end))
            return self.tokens[-1]

        return keep

    def _rule(self, name: str) -> Callable[[Sequence[Any]], Any]:
        def keep(children: Sequence[Any]) -> Any:
            if name in _ENTRIES:
                self.starts.add(children[0].start)
            return children[0] if children else None

        return keep


@cache
def _reader() -> _Reader:
    return _Reader()


def read_tokens(text: str) -> tuple[list[Token], set[int]]:
    """All tokens in order, and where entries start. Raises Unexpected where the text does not parse."""
    reader = _reader()
    reader.begin()
    reader.parser.parse(text)
    return reader.tokens, reader.starts


def read_leaves(text: str) -> list[Leaf]:
    """All tokens in order, closed by one of type END that holds the last comments.

    Raises Unexpected where the text does not parse.
    """
    tokens, starts = read_tokens(text)
    leaves: list[Leaf] = []
    end = 0
    for token in tokens:
        comments, newline, blank = _gap(text[end : token.start], first=not leaves)
        written, block = _written(token)
        leaves.append(Leaf(token.kind, written, comments, newline, blank, token.start in starts, block))
        end = token.end
    comments, newline, blank = _gap(text[end:], first=not leaves)
    return [*leaves, Leaf(END, "", comments, newline, blank, starts_entry=False)]


def _gap(space: str, first: bool) -> tuple[tuple[Comment, ...], bool, bool]:
    """The comments between two tokens, and whether a line break and a blank line follow them."""
    comments: list[Comment] = []
    breaks = 0
    for found in _GAP.finditer(space):
        if found.group() == "\n":
            breaks += 1
        else:
            own_line = breaks > 0 or (first and not comments)
            comments.append(Comment(found.group().rstrip(), own_line, blank=breaks > 1))
            breaks = 0
    return tuple(comments), breaks > 0, breaks > 1


def _written(token: Token) -> tuple[str, tuple[str, ...] | None]:
    """A token as it is written here: numbers and strings as their author spelled them."""
    text = token.text
    if token.kind == "QUANTITY":
        return " ".join(split_quantity(text)), None
    if token.kind == "TEXT" and "\n" in text:
        content = dedented(text)
        return text, tuple(content.split("\n")) if content else ()
    return text, None
