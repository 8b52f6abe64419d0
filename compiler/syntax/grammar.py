"""The parser of the stage language. Its tables take longer to build than a spec to compile, so they are
kept in the user's cache, under the hash of all that they depend on. Without a cache they are built anew."""

from __future__ import annotations

import hashlib
import sys
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import lark

from compiler.cached import cache_folder, keep
from compiler.syntax.build import Builder
from compiler.units import number_pattern, odd_number_pattern, quantity_pattern


def grammar_text() -> str:
    """The grammar, with the units filled in from their one list."""
    template = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    patterns = {"number": number_pattern(), "quantity": quantity_pattern(), "odd": odd_number_pattern()}
    for name, pattern in patterns.items():
        template = template.replace(f"<{name}>", pattern)
    return template


@cache
def parser() -> tuple[lark.Lark, Builder]:
    """The parser, and the builder that it calls while it parses: what it returns is our tree."""
    builder = Builder()
    return _parser(transformer=builder), builder


@cache
def plain_parser() -> lark.Lark:
    """The same, with Lark's own tree and the place of each part: for those who lay out the text anew."""
    return _parser(propagate_positions=True)


def _parser(**options: Any) -> lark.Lark:
    grammar = grammar_text()
    path = cache_path(grammar)
    kept = _kept(path, options)
    if kept is not None:
        return kept
    tables = BytesIO()
    lark.Lark(grammar, parser="lalr", lexer="contextual", maybe_placeholders=False).save(tables)
    keep(tables.getvalue(), path)
    return _loaded(tables.getvalue(), options)


def _loaded(tables: bytes, options: dict[str, Any]) -> lark.Lark:
    """As Lark.load does, which passes no options on."""
    made = lark.Lark.__new__(lark.Lark)
    return made._load(BytesIO(tables), **options)


def cache_path(grammar: str) -> Path | None:
    """Where the tables are kept: in the user's own folder, since reading them runs what they say."""
    depends_on = "\n".join([grammar, lark.__version__, sys.version])
    name = f"grammar-{hashlib.sha256(depends_on.encode()).hexdigest()[:16]}.tables"
    folder = cache_folder()
    return folder / name if folder else None


def _kept(path: Path | None, options: dict[str, Any]) -> lark.Lark | None:
    if path is None:
        return None
    try:
        return _loaded(path.read_bytes(), options)
    except Exception:  # absent, cut short, of other hands: whatever it is, the tables can be built
        return None
