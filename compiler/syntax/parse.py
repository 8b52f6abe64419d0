"""Text to tree, with all syntax errors of a file at once.

After an error the smallest part that holds it, an entry or else a block, is blanked out (positions
stay) and the rest is parsed again, so that one slip does not hide the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache, partial
from typing import cast

from compiler import collector
from compiler.diagnostics import Diagnostics, Span
from compiler.source import Source
from compiler.syntax.build import Builder
from compiler.syntax.grammar import tables
from compiler.syntax.lalr import Parser, Unexpected
from compiler.syntax.tree import Block, Definition, File

MAX_ERRORS = 20
NO_LOSS = ("}", "]", ")", ";")  # what was left out closed or ended nothing


def parse(source: Source, found: Diagnostics) -> File:
    """The file's tree; what could not be read is reported and left out of it."""
    text = source.text
    blanked: list[tuple[int, int]] = []
    meant: dict[str, str] = {}  # misspelt words, which are read as what they seem to be
    for _ in range(MAX_ERRORS):
        said = Diagnostics()  # of this attempt alone: the next one says it again
        parser, builder = _parser()
        builder.begin(source.name, said, meant)
        try:
            with collector.left_out():
                file = cast(File, parser.parse(text, meant))
        except Unexpected as error:
            from compiler.syntax.slips import report  # only where something is wrong

            mend = report(source.name, text, error, found, partial(_read_until, source.name, text, meant))
            if isinstance(mend[0], str):
                meant[mend[0]] = mend[1]
                continue
            start, end = mend
            left_out = re.sub(r"[^\n]", " ", text[start:end])
            if text[start:end] == left_out:
                break
            if text[start:end].strip() not in NO_LOSS:
                blanked.append((start, end))
            text = text[:start] + left_out + text[end:]
        except RecursionError:
            found.error("SS119", f'"{source.name}" is nested too deeply to be read')
            break
        else:
            for item in said.items:
                found.items += [item] if item not in found.items else []
            return replace(file, damaged=_damaged(source, file, blanked))
    return File(None, (), (), (Span(source.name, 0, len(source.text)),))


def _read_until(name: str, text: str, meant: dict[str, str], also: tuple[str, str]) -> int:
    """How far the text can be read if one more word is read as another."""
    parser, builder = _parser()
    trial = {**meant, also[0]: also[1]}
    builder.begin(name, Diagnostics(), trial)
    try:
        parser.parse(text, trial)
    except Unexpected as error:
        return error.start
    return len(text) + 1


@cache
def _parser() -> tuple[Parser, Builder]:
    builder = Builder()
    return Parser(tables(), builder.tokens(), builder.rule), builder


def _damaged(source: Source, file: File, blanked: list[tuple[int, int]]) -> tuple[Span, ...]:
    """The heads and bodies of definitions from which something was left out, or else the part itself."""
    places: list[Span] = []
    for start, end in blanked:
        inner = list(enclosing(file.definitions, start, end))
        places.append(inner[-1].span if inner else Span(source.name, start, end))
    return tuple(places)


def every(definitions: tuple[Definition, ...]) -> Iterator[Definition]:
    """All definitions, and the steps inside of them."""
    for definition in definitions:
        yield definition
        if isinstance(definition.body, Block):
            yield from every(tuple(e for e in definition.body.entries if isinstance(e, Definition)))


def enclosing(definitions: tuple[Definition, ...], start: int, end: int) -> Iterator[Definition]:
    """The definitions that hold a part of the text, outermost first."""
    for definition in definitions:
        if definition.span.start <= start and end <= definition.span.end:
            yield definition
            if isinstance(definition.body, Block):
                inner = tuple(e for e in definition.body.entries if isinstance(e, Definition))
                yield from enclosing(inner, start, end)
