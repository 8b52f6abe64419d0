"""The tokens of a file as the parser saw them, each with the comments and line breaks before it."""

from __future__ import annotations

import re

from lark import Token

from compiler.frozen import Frozen
from compiler.syntax.grammar import plain_parser
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


def read_leaves(text: str) -> list[Leaf]:
    """All tokens in order, closed by one of type END that holds the last comments.

    Raises what Lark raises where the text does not parse.
    """
    state = plain_parser().parse_interactive(text)
    tokens = list(state.iter_parse())
    tree = state.feed_eof()  # type: ignore[no-untyped-call]
    starts = {part.meta.start_pos for part in tree.iter_subtrees() if part.data in _ENTRIES}
    leaves: list[Leaf] = []
    end = 0
    for token in tokens:
        start = int(token.start_pos or 0)
        comments, newline, blank = _gap(text[end:start], first=not leaves)
        written, block = _written(token)
        leaves.append(Leaf(token.type, written, comments, newline, blank, start in starts, block))
        end = int(token.end_pos or 0)
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
    text = str(token)
    if token.type == "QUANTITY":
        return " ".join(split_quantity(text)), None
    if token.type == "TEXT" and "\n" in text:
        content = dedented(text)
        return text, tuple(content.split("\n")) if content else ()
    return text, None
