"""The tables of the stage language: what Lark makes of `grammar.lark`, as plain data.

Lark takes longer to make them than a spec takes to compile, so they are kept in the user's cache, under the
hash of all that they depend on. Without a cache they are made anew. Who has tables needs no Lark.
"""

from __future__ import annotations

import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from compiler.cached import cache_folder, code, keep
from compiler.frozen import Frozen
from compiler.units import number_pattern, odd_number_pattern, quantity_pattern

END = "END"  # the kind of token that stands at the end of a text
MARK = "MARK"  # of the pattern: one of `Tables.marks`
_SPELT = re.compile(r"\(\?:([a-z|]+)\)|([a-z]+)")  # a terminal that is some words, as Lark writes it


class Rule(Frozen):
    """A production. `name` is the method that builds it; `size` is how many symbols it has, and `kept` are
    those that reach the method: their places, and whether each is a row of its own that is spliced in.
    `bare`: of a single child nothing is built."""

    origin: str
    name: str
    size: int
    kept: tuple[tuple[int, bool], ...]
    bare: bool


class Tables(Frozen):
    """`gap` are the white space and comments before a token, and `token` finds it, as a group named after its
    kind. A name that is among `words` may be of other kinds, where the state takes them.
    `actions[state][kind]` is the next state, or the complement of the number of a rule;
    `gotos[state][origin]` is where it goes on after one."""

    gap: str
    token: str
    marks: dict[str, str]
    words: dict[str, list[str]]
    rules: tuple[Rule, ...]
    actions: list[dict[str, int]]
    gotos: list[dict[str, int]]
    start: int
    end: int


def grammar_text() -> str:
    """The grammar, with the units filled in from their one list."""
    template = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    patterns = {"number": number_pattern(), "quantity": quantity_pattern(), "odd": odd_number_pattern()}
    for name, pattern in patterns.items():
        template = template.replace(f"<{name}>", pattern)
    return template


@cache
def tables() -> Tables:
    grammar = grammar_text()
    path = cache_path(grammar)
    kept = _kept(path)
    if kept is None:
        written = _made(grammar)
        keep(json.dumps(written).encode(), path)
        kept = _read(written)
    return kept


def cache_path(grammar: str) -> Path | None:
    depends_on = "\n".join([grammar, code(("syntax/grammar.py",))])
    name = f"grammar-{hashlib.sha256(depends_on.encode()).hexdigest()[:16]}.json"
    folder = cache_folder()
    return folder / name if folder else None


def _kept(path: Path | None) -> Tables | None:
    if path is None:
        return None
    try:
        return _read(json.loads(path.read_bytes()))
    except Exception:  # absent, cut short, of other hands: whatever it is, the tables can be made
        return None


def _read(written: dict[str, Any]) -> Tables:
    rules = (
        Rule(origin, name, size, tuple((place, row) for place, row in kept), bare)
        for origin, name, size, kept, bare in written["rules"]
    )
    return Tables(**{**written, "rules": tuple(rules)})


def _made(grammar: str) -> dict[str, Any]:
    import lark

    made = lark.Lark(grammar, parser="lalr", lexer="basic", maybe_placeholders=False)
    table = made.parser.parser._parse_table
    numbers = {rule: number for number, rule in enumerate(made.rules)}
    actions: list[dict[str, int]] = [{} for _ in table.states]
    gotos: list[dict[str, int]] = [{} for _ in table.states]
    terminals = {terminal.name for terminal in made.terminals} | {"$END"}
    for state, steps in table.states.items():
        for symbol, (action, to) in steps.items():
            if symbol not in terminals:
                gotos[state][symbol] = to
            else:
                kind = END if symbol == "$END" else symbol
                actions[state][kind] = ~numbers[to] if action.name == "Reduce" else to
    return {
        **_tokens(made),
        "rules": [_rule(rule) for rule in made.rules],
        "actions": actions,
        "gotos": gotos,
        "start": table.start_states["start"],
        "end": table.end_states["start"],
    }


def _rule(rule: Any) -> tuple[str, str, int, list[tuple[int, bool]], bool]:
    """As Lark's own trees would have it: what is named `_so` is spliced in, punctuation left out, and
    `?so` builds nothing of a single child."""
    kept = [
        (place, not symbol.is_term and symbol.name.startswith("_"))
        for place, symbol in enumerate(rule.expansion)
        if not (symbol.is_term and symbol.filter_out)
    ]
    bare = rule.options.expand1 and not rule.alias and len(kept) == 1
    return str(rule.origin.name), rule.alias or str(rule.origin.name), len(rule.expansion), kept, bare


def _tokens(made: Any) -> dict[str, Any]:
    """One pattern for all kinds of token, which are told apart by how they begin, or else by priority."""
    marks: dict[str, str] = {}
    words: dict[str, list[str]] = {}
    patterns: list[str] = []
    ignored: list[str] = []
    for one in sorted(made.terminals, key=lambda one: (-one.priority, -len(one.pattern.value))):
        spelt = _SPELT.fullmatch(one.pattern.value)
        if one.name in made.ignore_tokens:
            ignored.append(one.pattern.to_regexp())
        elif spelt:
            for word in (spelt[1] or spelt[2]).split("|"):
                words.setdefault(word, []).append(one.name)
        elif len(one.pattern.value) == 1:
            marks[one.pattern.value] = one.name
        else:
            patterns.append(f"(?P<{one.name}>{one.pattern.to_regexp()})")
    patterns += [f"(?P<{MARK}>[{re.escape(''.join(marks))}])", rf"(?P<{END}>\Z)"]
    gap = f"(?:{'|'.join(ignored)})*+"
    return {"gap": gap, "token": f"(?:{'|'.join(patterns)})", "marks": marks, "words": words}
