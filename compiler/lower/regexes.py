"""Regular expressions: readable, and not of the kind that takes twice as long for each letter more."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

# The one parser that reads exactly what the engine will; it has no public name.
from re import _compiler, _parser  # type: ignore[attr-defined]
from typing import Any

from compiler.diagnostics import Diagnostics, Span
from compiler.syntax import tree

MANY = 10  # repetitions from which on the ways to share out a text are too many to go through
LOOPS = (_parser.MAX_REPEAT, _parser.MIN_REPEAT)
LOOKING = (_parser.AT, _parser.ASSERT, _parser.ASSERT_NOT, _parser.GROUPREF, _parser.GROUPREF_EXISTS)
LETTERS = [chr(code) for code in range(1, 256)]
# Quantifiers, in the group, beside all in which such a sign means something else.
_TOKEN = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?(?:#[^)]*\)|P?<?[=!]?)|([*+?]|\{\d*,?\d*\})[?+]?|.", re.S
)

Item = tuple[Any, Any]


def regex_is_sound(regex: tree.Regex, found: Diagnostics) -> bool:
    try:
        re.compile(regex.pattern)
    except re.error as error:
        place = regex.span if error.pos is None else _within(regex, error.pos, error.pos + 1)
        found.error("SS408", f"this regular expression cannot be read: {error.msg}", place)
        return False
    slow = next(endless(regex.pattern), None)
    if slow is not None:
        why, start, end = slow
        found.error(
            "SS427",
            f"this regular expression can take for ever: {why}",
            _within(regex, start, end),
            help="Where it does not match, every way to share out the text is tried: twice as many for each "
            "letter more. Of two repetitions one is enough: (x+)+ is x+.",
        )
    return slow is None


def _within(regex: tree.Regex, start: int, end: int) -> Span:
    """A place in the pattern, in the source: there a slash is written `\\/`."""
    first, last = (at + 1 + regex.pattern[:at].count("/") for at in (start, end))
    place = regex.span
    return Span(place.file, min(place.start + first, place.end - 1), min(place.start + last, place.end))


def endless(pattern: str) -> Iterator[tuple[str, int, int]]:
    """Repetitions of something that can match the same text in several ways: why, and the place of the sign
    that repeats it."""
    signs = [found.span() for found in _TOKEN.finditer(pattern) if found.group(1)]
    loops = list(_loops(_parser.parse(pattern)))
    for number, (most, body) in enumerate(loops):
        why = _several_ways(body) if most >= MANY else ""
        if why:
            start, end = signs[number] if len(signs) == len(loops) else (0, len(pattern))
            yield why, start, end


def _loops(sequence: Sequence[Item]) -> Iterator[tuple[int, Sequence[Item]]]:
    """All repetitions in the order of their signs, which stand behind what they repeat. Those that never go
    back count as none."""
    for op, value in sequence:
        for part in _parts(op, value):
            yield from _loops(part)
        if op in (*LOOPS, _parser.POSSESSIVE_REPEAT):
            _, most, body = value
            yield (int(most) if op in LOOPS else 0), body


def _parts(op: Any, value: Any) -> list[Sequence[Item]]:
    """The sequences inside of one item."""
    if op in (*LOOPS, _parser.POSSESSIVE_REPEAT):
        return [value[2]]
    if op is _parser.SUBPATTERN:
        return [value[3]]
    if op is _parser.BRANCH:
        return list(value[1])
    if op is _parser.ATOMIC_GROUP:
        return [value]
    if op in (_parser.ASSERT, _parser.ASSERT_NOT):
        return [value[1]]
    return [part for part in value[1:] if part] if op is _parser.GROUPREF_EXISTS else []


def _several_ways(body: Any) -> str:
    if _looks(body):
        return ""  # what stands around may leave one way
    if _splits(body):
        return "a repetition stands alone in another"
    if any(_overlap(body.state, branches) for branches in _branches(body)):
        return "what is repeated has two alternatives for the same text"
    return ""


def _looks(sequence: Sequence[Item]) -> bool:
    return any(op in LOOKING or any(map(_looks, _parts(op, value))) for op, value in sequence)


def _splits(sequence: Any) -> bool:
    """Whether what it matches can also be matched as several of its own: in it is a repetition, and nothing
    else that must be there."""
    needed = [item for item in sequence if _width(sequence.state, item)[0]]
    if len(needed) > 1:
        return False
    for item in needed or sequence:
        op, value = item
        if op in LOOPS:
            least, most, body = value
            if (most > least and most > 1 and body.getwidth()[1] > 0) or (least <= 1 and _splits(body)):
                return True
        elif op in (_parser.SUBPATTERN, _parser.BRANCH) and any(map(_splits, _parts(op, value))):
            return True
    return False


def _width(state: Any, item: Item) -> tuple[int, int]:
    least, most = _parser.SubPattern(state, [item]).getwidth()
    return least, most


def _branches(sequence: Sequence[Item]) -> Iterator[list[Any]]:
    """Alternatives of which every round takes one."""
    for op, value in sequence:
        if op is _parser.BRANCH:
            yield list(value[1])
        elif op is _parser.SUBPATTERN:
            yield from _branches(value[3])


def _overlap(state: Any, alternatives: list[Any]) -> bool:
    """Whether two are the same, or of one letter each and match the same one."""
    told = [repr(list(one)) for one in alternatives]
    if len(set(told)) < len(told):
        return True
    single = [_compiler.compile(one, state.flags) for one in alternatives if one.getwidth() == (1, 1)]
    return any(sum(bool(one.fullmatch(letter)) for one in single) > 1 for letter in LETTERS)
