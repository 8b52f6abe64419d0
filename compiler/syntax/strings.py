r"""String literals: `"..."` on one line and `\"""` blocks, with the same escapes and a map of places.

A block drops its first line break, the indentation that all its lines share, and the white space
at its end, so that a template can be indented with its stage and still end without white space.
"""

from __future__ import annotations

import re

ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}
_ESCAPE = re.compile(r'\\([nt"\\])')  # others stay as they are written
BLOCK = '"""'


def string_value(token: str) -> str:
    """What a literal means."""
    written = dedented(token)
    return _ESCAPE.sub(lambda found: ESCAPES[found[1]], written) if "\\" in written else written


def dedented(token: str) -> str:
    """What a literal holds, escapes as they are written: the part of its layout that means something."""
    return "".join(text for _, text in _pieces(token))


def string_places(token: str) -> list[int]:
    """Where in the literal each character of its value stands; an escape, where it begins."""
    written, places = dedented(token), [at + i for at, text in _pieces(token) for i in range(len(text))]
    escaped = {found.start(1) for found in _ESCAPE.finditer(written)}
    return [place for i, place in enumerate(places) if i not in escaped]


def _pieces(token: str) -> list[tuple[int, str]]:
    """The parts of a literal that count, with their places in it."""
    if not token.startswith(BLOCK):
        return [(1, token[1:-1])]
    content = token[3:-3]
    if "\n" not in content:
        return [(3, content)]
    at, lines = 3, []
    for line in content.split("\n"):
        lines.append((at, line))
        at += len(line) + 1
    if not lines[0][1].strip():
        del lines[0]
    common = min((len(line) - len(line.lstrip(" ")) for _, line in lines if line.strip()), default=0)
    pieces = [
        (at + common, f"{line[common:]}\n") if line.strip() else (at + len(line), "\n") for at, line in lines
    ]
    while pieces and not pieces[-1][1].strip():
        pieces.pop()
    if pieces:
        at, line = pieces[-1]
        pieces[-1] = at, line.rstrip()
    return pieces
