r"""String literals: `"..."` on one line and `\"""` blocks, with the same escapes and a map of places.

A block drops its first line break, the indentation that all its lines share, and the white space
at its end, so that a template can be indented with its stage and still end without white space.
"""

from __future__ import annotations

from compiler.diagnostics import Span
from compiler.syntax.tree import Text

ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}


def read_string(token: str, span: Span) -> Text:
    return _unescape([(span.start + 1 + i, c) for i, c in enumerate(token[1:-1])], span)


def read_text_block(token: str, span: Span) -> Text:
    return _unescape([(span.start + place, char) for place, char in _content(token)], span)


def dedented(token: str) -> str:
    """What a block holds, escapes as they are written: the part of its layout that means something."""
    return "".join(char for _, char in _content(token))


def _content(token: str) -> list[tuple[int, str]]:
    """The characters that count, with their places in the token."""
    chars = [(3 + i, c) for i, c in enumerate(token[3:-3])]
    if "\n" not in token:
        return chars
    lines: list[list[tuple[int, str]]] = [[]]
    for place, char in chars:
        lines[-1].append((place, char))
        if char == "\n":
            lines.append([])
    if not _written(lines[0]).strip():
        lines = lines[1:]
    indents = [len(text) - len(text.lstrip(" ")) for text in map(_written, lines) if text.strip()]
    common = min(indents, default=0)
    kept = [pair for line in lines for pair in (line[common:] if _written(line).strip() else line[-1:])]
    while kept and kept[-1][1].isspace():
        kept.pop()
    return kept


def _written(line: list[tuple[int, str]]) -> str:
    return "".join(char for _, char in line)


def _unescape(chars: list[tuple[int, str]], span: Span) -> Text:
    """Unknown escapes stay as they are written: `\\d` in a template is a backslash and a d."""
    value: list[str] = []
    offsets: list[int] = []
    i = 0
    while i < len(chars):
        place, char = chars[i]
        if char == "\\" and i + 1 < len(chars) and chars[i + 1][1] in ESCAPES:
            char = ESCAPES[chars[i + 1][1]]
            i += 1
        value.append(char)
        offsets.append(place)
        i += 1
    return Text("".join(value), span, tuple(offsets))
