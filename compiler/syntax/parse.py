"""Text to tree, with all syntax errors of a file at once.

After an error the smallest part that holds it, an entry or else a block, is blanked out (positions
stay) and the rest is parsed again, so that one slip does not hide the next.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

from lark import Lark, UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken

from compiler.diagnostics import Diagnostics, Label, Span, did_you_mean, listing
from compiler.source import Source
from compiler.syntax.build import Builder
from compiler.syntax.tree import File
from compiler.units import NUMBER, UNITS, quantity_pattern

MAX_ERRORS = 20

READABLE = {
    "NAME": "a name",
    "STRING": "a string",
    "TEXT": "a text block",
    "NUMBER": "a number",
    "QUANTITY": "a quantity",
    "REGEX": "a /regular expression/",
    "LBRACE": "{",
    "RBRACE": "}",
    "LSQB": "[",
    "RSQB": "]",
    "LPAR": "(",
    "RPAR": ")",
    "EQUAL": "=",
    "COMMA": "a comma",
    "COLON": ":",
    "FROM": "from",
    "IMPORT": "import",
    "WHEN": "when",
}

STATEMENTS = ("trim", "reject", "cut", "example")

SKELETON = re.compile(r'"""(?:[^\\]|\\.)*?"""|"(?:[^"\\\n]|\\.)*"|#[^\n]*|[{}\[\]()]', re.S)


@cache
def _grammar() -> str:
    template = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    return template.replace("<number>", NUMBER).replace("<quantity>", quantity_pattern())


@cache
def _parser() -> Lark:
    return Lark(
        _grammar(), parser="lalr", lexer="contextual", propagate_positions=True, maybe_placeholders=False
    )


def parse(source: Source, found: Diagnostics) -> File:
    """The file's tree; what could not be read is reported and left out of it."""
    text = source.text
    blanked: list[tuple[int, int]] = []
    for _ in range(MAX_ERRORS):
        try:
            raw = _parser().parse(text)
        except UnexpectedInput as error:
            place = min(error.pos_in_stream if error.pos_in_stream is not None else len(text), len(text))
            if isinstance(error, UnexpectedEOF) or (
                isinstance(error, UnexpectedToken) and error.token.type == "$END"
            ):
                place = len(text)
            start, end = _report_and_choose(source, text, place, error, found)
            if start >= end:
                break
            blanked.append((start, end))
            text = text[:start] + re.sub(r"[^\n]", " ", text[start:end]) + text[end:]
        else:
            file: File = Builder(source.name, found).transform(raw)
            damaged = {
                d.name.value
                for d in file.definitions
                for s, e in blanked
                if d.span.start <= s and e <= d.span.end
            }
            return replace(file, damaged=frozenset(damaged))
    return File(None, (), (), frozenset())


def _report_and_choose(
    source: Source, text: str, place: int, error: UnexpectedInput, found: Diagnostics
) -> tuple[int, int]:
    """Report one syntax error; return the part of the text to blank out."""
    opened = _open_brackets(text, place)
    if place >= len(text.rstrip()):
        if not opened:
            start = max(text.rfind("\n", 0, len(text.rstrip())) + 1, 0)
            found.error(
                "SS110", "the file ends in the middle of a definition", Span(source.name, start, len(text))
            )
            return _line(text, start)
        bracket = opened[-1]
        found.error(
            "SS111",
            f'this "{text[bracket]}" is never closed',
            Span(source.name, bracket, bracket + 1),
            help="Add the closing bracket at the end of its block.",
        )
        return text.rfind("\n", 0, opened[0]) + 1, len(text)
    if isinstance(error, UnexpectedCharacters):
        _report_character(source, text, place, found)
    else:
        assert isinstance(error, UnexpectedToken)
        place = _report_token(source, text, place, error, found)
        opened = _open_brackets(text, place)
    if text[place] in "}])" and not opened:
        return place, place + 1
    return _entry(text, place, opened)


def _report_character(source: Source, text: str, place: int, found: Diagnostics) -> None:
    char = text[place]
    line_end = text.find("\n", place) if "\n" in text[place:] else len(text)
    if char == '"':
        found.error(
            "SS112",
            "this string is not closed on its line",
            Span(source.name, place, line_end),
            help='Close it with ", or write a text of several lines between """ and """.',
        )
    else:
        shown = char if char.isprintable() else f"U+{ord(char):04X}"
        found.error("SS113", f'"{shown}" has no meaning here', Span(source.name, place, place + 1))


def _report_token(source: Source, text: str, place: int, error: UnexpectedToken, found: Diagnostics) -> int:
    """Report at the token, or at the word before it that nothing followed up; return the place blamed."""
    token = error.token
    span = Span(source.name, place, token.end_pos or place + 1)
    wanted = sorted({READABLE.get(t, t.lower()) for t in error.accepts or error.expected} - {"word"})
    word = (
        re.search(r"[A-Za-z_]\w*(?=\s*$)", text[:place])
        if "=" in wanted
        else re.match(r"[A-Za-z]\w*", text[place:])
    )
    if word:
        at = word.start() if "=" in wanted else place
        blamed = Span(source.name, at, at + len(word.group()))
        if re.search(r"\d[ \t]+$", text[:at]):
            found.error(
                "SS114",
                f'"{word.group()}" is not a unit',
                Label(blamed, did_you_mean(word.group(), UNITS)),
                help=f"Units are {listing(UNITS)}.",
            )
            return at
        lone = re.search(r"\n[ \t]*([A-Za-z_]\w*)[ \t]*\n\s*$", text[:at])
        if "=" in wanted and lone:
            # `trimm` on a line of its own, then `reject "x"`: the two words read as a definition's head
            hint = did_you_mean(lone.group(1), STATEMENTS)
            found.error(
                "SS117",
                f'"{lone.group(1)}" stands alone on its line',
                Label(Span(source.name, lone.start(1), lone.end(1)), hint),
                help="A field is written name = value.",
            )
            return lone.start(1)
        if "=" in wanted:
            on_one_line = "\n" not in text[at:place]
            if on_one_line and text[place] not in "}])":
                found.error(
                    "SS115",
                    'there is an "=" missing before this',
                    span,
                    help="A field is written name = value.",
                )
            else:
                found.error(
                    "SS117", f'"{word.group()}" has no value', blamed, help="A field is written name = value."
                )
            return at
    hint = f"Expected {listing(wanted)}." if len(wanted) <= 6 else ""
    found.error("SS116", f'"{_short(token)}" cannot stand here', span, help=hint)
    return place


def _short(token: str) -> str:
    first = token.split("\n")[0]
    return first if len(first) <= 30 else first[:27] + "..."


def _open_brackets(text: str, until: int) -> list[int]:
    """Offsets of the brackets that are open at `until`, outermost first."""
    opened: list[int] = []
    for match in SKELETON.finditer(text, 0, until):
        if match.group() in "{[(":
            opened.append(match.start())
        elif match.group() in "}])" and opened:
            opened.pop()
    return opened


def _line(text: str, place: int) -> tuple[int, int]:
    end = text.find("\n", place)
    return text.rfind("\n", 0, place) + 1, len(text) if end < 0 else end


def _entry(text: str, place: int, opened: list[int]) -> tuple[int, int]:
    """The line that holds `place`, made longer until its brackets balance; else the whole block."""
    start, end = _line(text, place)
    if opened and opened[-1] >= start:
        outer = [b for b in opened if b < start]
        start = max(start, (outer[-1] + 1) if outer else start)
    depth = 0
    for match in SKELETON.finditer(text, start):
        if match.start() >= end and depth <= 0:
            break
        mark = match.group()
        if mark in "{[(":
            depth += 1
        elif mark in "}])":
            depth -= 1
            if depth < 0:
                return start, max(match.start(), place + 1)
        end = max(end, match.end())
    return start, end
