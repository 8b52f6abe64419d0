"""A walk over the parser's tables: what stands in a text is built from its end upwards, in one pass.

The tables are Lark's. Its own walk also splits texts of every encoding, counts lines, and tries each
terminal that a state takes; here a token is one match of one pattern, and a rule of one symbol for which
nothing is built costs nothing: where a row of such rules leads is looked up once.
(DeRemer 1969, practical translators for LR(k) languages.)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from operator import itemgetter
from typing import Any

from compiler.syntax.grammar import MARK, Rule, Tables

Token = Callable[[str, int, int], Any]  # from what is written, and from where to where
Build = Callable[[Sequence[Any]], Any]
JOINING = "WORD"
_NAMES_A_FIELD = re.compile(r"\s*=[^=]")  # `into = response` after a value on the line above


class Unexpected(Exception):
    """What stands at `start` up to `end` fits nowhere there. `kind` is None where it is no token at all;
    `wanted` are the kinds of token that would fit."""

    def __init__(self, kind: str | None, start: int, end: int, wanted: frozenset[str]) -> None:
        super().__init__(kind, start, end)
        self.kind, self.start, self.end, self.wanted = kind, start, end, wanted


class Parser:
    """`tokens` make values of tokens of some kinds, the others have none; `build` gives the function that
    makes a value of a rule's children."""

    def __init__(self, tables: Tables, tokens: dict[str, Token], build: Callable[[str], Build]) -> None:
        self.tables = tables
        self.tokens = tokens
        self.pattern = re.compile(tables.gap + tables.token)
        self.gap = re.compile(tables.gap)
        groups = self.pattern.groupindex
        self.kinds = [""] * (self.pattern.groups + 1)
        for kind, group in groups.items():
            self.kinds[group] = kind
        # of each rule: how many symbols, what it is of, and what is made of their values, if anything is
        self.rules = [(rule.size, rule.origin, _maker(rule, build)) for rule in tables.rules]
        self.settled = _Settled(tables, self.rules)

    def parse(self, text: str, meant: Mapping[str, str] | None = None) -> Any:
        """What the first rule builds; each name that is among the keys of `meant` may be the word that it
        stands for. Raises Unexpected."""
        words = self.tables.words
        if meant:
            words = {**words, **{written: words[word] for written, word in meant.items()}}
        match, kinds, marks = self.pattern.match, self.kinds, self.tables.marks
        actions, rules, makers, settled = self.tables.actions, self.rules, self.tokens, self.settled
        state, last = self.tables.start, self.tables.end
        states: list[int] = [state]
        values: list[Any] = []
        end = 0
        while True:
            found = match(text, end)
            if found is None:
                raise self._no_token(text, end, states)
            group = found.lastindex or 0
            start, end = found.span(group)
            kind = kinds[group]
            if kind == "NAME":
                written = found[group]
                if written in words:
                    kind = self._word(words[written], text, end, state)
            elif kind == MARK:
                kind = marks[text[start]]
            action = actions[state].get(kind)
            while True:
                if action is None:
                    raise Unexpected(kind, start, end, self._wanted(states))
                if action >= 0:
                    break
                size, origin, make = rules[~action]
                if make is None:
                    del states[-1]
                elif size:
                    children = values[-size:]
                    del states[-size:], values[-size:]
                    values.append(make(children))
                else:
                    values.append(make([]))
                state, action = settled[states[-1], origin, kind]
                states.append(state)
                if state == last:
                    return values[-1]
            state = action
            states.append(state)
            maker = makers.get(kind)
            values.append(maker(text[start:end], start, end) if maker else None)

    def _word(self, kinds: list[str], text: str, end: int, state: int) -> str:
        """The kind of a name that may be a word of the language: the first of those that fit here."""
        actions = self.tables.actions[state]
        for kind in (*kinds, "NAME"):
            if kind in actions and (kind != JOINING or not _NAMES_A_FIELD.match(text, end)):
                return kind
        return kinds[0]

    def _no_token(self, text: str, end: int, states: list[int]) -> Unexpected:
        gap = self.gap.match(text, end)
        place = gap.end() if gap else end
        return Unexpected(None, place, place + 1, self._wanted(states))

    def _wanted(self, states: list[int]) -> frozenset[str]:
        """The kinds of token with which the text could go on."""
        return frozenset(kind for kind in self.tables.actions[states[-1]] if self._takes(states, kind))

    def _takes(self, states: list[int], kind: str) -> bool:
        states = states[:]
        while (action := self.tables.actions[states[-1]].get(kind)) is not None:
            if action >= 0:
                return True
            size, origin, _ = self.rules[~action]
            del states[len(states) - size :]
            states.append(self.tables.gotos[states[-1]][origin])
            if states[-1] == self.tables.end:
                return True
        return False


class _Settled(dict[tuple[int, str, str], tuple[int, int | None]]):
    """(state, origin, kind): where a rule of this origin leads from the state if a token of that kind
    follows, after all rules for which nothing is built; and what to do there."""

    def __init__(self, tables: Tables, rules: list[tuple[int, str, Build | None]]) -> None:
        super().__init__()
        self.tables, self.rules = tables, rules

    def __missing__(self, key: tuple[int, str, str]) -> tuple[int, int | None]:
        below, origin, kind = key
        state = self.tables.gotos[below][origin]
        action = self.tables.actions[state].get(kind)
        while action is not None and action < 0 and self.rules[~action][2] is None:
            state = self.tables.gotos[below][self.rules[~action][1]]
            action = self.tables.actions[state].get(kind)
        self[key] = state, action
        return state, action


def _maker(rule: Rule, build: Callable[[str], Build]) -> Build | None:
    """From the values of all symbols of a rule to its own."""
    if rule.bare:
        return itemgetter(rule.kept[0][0]) if rule.size > 1 else None
    if rule.name.startswith("_"):
        return _row(rule)
    made = build(rule.name)
    if any(row for _, row in rule.kept):
        children = _row(rule)
        return lambda values: made(children(values))
    places = [place for place, _ in rule.kept]
    if len(places) == rule.size:
        return made
    if len(places) == 1:
        return lambda values: made([values[places[0]]])
    picked = itemgetter(*places) if places else lambda _: ()
    return lambda values: made(picked(values))


def _row(rule: Rule) -> Build:
    """The children in one list, which is that of the first where it is a row already: it grows as it is read,
    so that a long row takes linear time."""
    kept = rule.kept
    if not kept or not kept[0][1]:
        return list if len(kept) == rule.size == 1 else lambda values: _spliced([], values, kept)
    (first, _), *rest = kept
    if len(rest) == 1 and not rest[0][1]:
        return partial(_longer, first, rest[0][0])
    return lambda values: _spliced(values[first], values, rest)


def _longer(row: int, place: int, values: Sequence[Any]) -> list[Any]:
    children: list[Any] = values[row]
    children.append(values[place])
    return children


def _spliced(children: list[Any], values: Sequence[Any], kept: Iterable[tuple[int, bool]]) -> list[Any]:
    for place, row in kept:
        if row:
            children += values[place]
        else:
            children.append(values[place])
    return children
