"""The one way to lay out a stage file: same meaning, same comments, the author's blank lines."""

from __future__ import annotations

from pathlib import Path

from compiler.diagnostics import Diagnostics
from compiler.format.layout import Layout
from compiler.format.leaves import read_leaves
from compiler.format.pieces import read_body
from compiler.frozen import Frozen
from compiler.source import Source
from compiler.syntax.lalr import Unexpected
from compiler.syntax.parse import parse


class Formatted(Frozen):
    text: str


def format_source(text: str, name: str = "") -> Formatted | Diagnostics:
    """The text as it should be, or what is wrong with its syntax. Formatting it again changes nothing."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    found = Diagnostics()
    try:
        lines = Layout().body(read_body(read_leaves(text)), indent=0, commas=False)
    except Unexpected:
        parse(Source(name, Path(name), text), found)
        return found
    except RecursionError:
        found.error("SS119", f'"{name}" is nested too deeply to be read')
        return found
    return Formatted("".join(f"{line}\n" for line in lines))
