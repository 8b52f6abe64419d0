"""Templates checked against their columns, with positions that point into the template."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from compiler.diagnostics import Diagnostics, Fix, Label, Span, did_you_mean, listing, respelled
from compiler.found_sound import sound_template
from compiler.plan.prompts import environment
from compiler.syntax.tree import Text

if TYPE_CHECKING:
    from jinja2 import nodes

Columns = Mapping[str, str]
STAND_INS: Mapping[str, Any] = {"number": 1, "finish_reason": "stop", "label": "good", "check": {}}
TAGS = ("for", "endfor", "if", "elif", "else", "endif", "set", "endset")
UNREPEATABLE = ("random",)  # filters that would make the same record's prompt differ


def check_template(
    text: Text,
    columns: Columns,
    items: Mapping[str, Columns],
    found: Diagnostics,
    shown: Iterable[str] = (),
) -> bool:
    """Report syntax errors, unknown names, unknown columns of sampled items, unsafe access, and which of the
    names that must be `shown` are not.

    `columns` are the template's plain variables; `items` its lists, with the columns of each item.
    """
    must = tuple(shown)
    sound = sound_template(text.value, columns, items, must)
    if sound.known:
        return True
    fits = _fits(text, columns, items, found) and _shows(text, must, found)
    if fits:
        sound.remember()
    return fits


def _fits(text: Text, columns: Columns, items: Mapping[str, Columns], found: Diagnostics) -> bool:
    from jinja2 import TemplateSyntaxError

    before = len(found.items)
    try:
        parsed = environment().parse(text.value)
    except TemplateSyntaxError as error:
        _cannot_be_read(text, (error.message or "").rstrip("."), error.lineno, found)
        return False
    except RecursionError:
        found.error("SS401", "this template cannot be read: it is nested too deeply", text.span)
        return False
    _check_names(text, parsed, [*columns, *items], found)
    _check_access(text, parsed, items, found)
    _check_reach(text, parsed, found)
    _check_growth(text, parsed, columns, items, found)
    if len(found.items) == before and "items" not in columns.values():
        _try_out(text, columns, items, found)
    return len(found.items) == before


def _cannot_be_read(text: Text, message: str, line: int, found: Diagnostics) -> None:
    """At the word or sign that Jinja2 names, or at the tag that is never ended, or else at the line."""
    ended = re.search(r"block that needs to be closed is '(\w+)'", message)
    if ended:
        word, start = ended[1], _last_opened(text.value, ended[1])
        found.error(
            "SS401",
            f'this template cannot be read: this "{word}" is never ended',
            text.place(start, start + len(word)),
            help=f"End it with {{% end{word} %}}.",
        )
        return
    said = re.split(r"\. (?=[A-Z])", message)[0]
    said = said[:1].lower() + said[1:]
    named = re.findall(r"'([^']+)'", said)
    place = _sign_place(text, named[-1], line) if named else _line_place(text, line)
    tag = named[-1] if "tag" in said and named else ""
    found.error(
        "SS401",
        f"this template cannot be read: {said}",
        Label(place, did_you_mean(tag, TAGS)),
        fix=_respelled(text, tag, line, TAGS) if tag else None,
    )


def _last_opened(template: str, word: str) -> int:
    """Where the innermost tag of a kind begins that nothing ends."""
    opened: list[int] = []
    for tag in re.finditer(rf"\{{%[-+]?\s*(end)?({word})\b", template):
        if not tag[1]:
            opened.append(tag.start(2))
        elif opened:
            opened.pop()
    return opened[-1] if opened else 0


def _shows(text: Text, names: Iterable[str], found: Diagnostics) -> bool:
    """A column that is named and not shown leaves all records with one and the same text."""
    from jinja2 import meta

    read = meta.find_undeclared_variables(environment().parse(text.value))
    missing = [name for name in names if name not in read]
    for name in missing:
        bare = re.search(rf"(?<!\{{)\{{ *{re.escape(name)} *\}}(?!\}})", text.value)
        found.error(
            "SS429",
            f'this template never shows "{name}"',
            text.place(bare.start(), bare.end()) if bare else text.span,
            help=f"It is shown by {{{{ {name} }}}}, in two braces; a column that is not needed is taken out.",
            fix=Fix(text.place(bare.start(), bare.end()), f"{{{{ {name} }}}}", True) if bare else None,
        )
    return not missing


def _check_names(text: Text, parsed: nodes.Template, known: list[str], found: Diagnostics) -> None:
    from jinja2 import nodes

    bound = {n.name for n in parsed.find_all(nodes.Name) if n.ctx in ("store", "param")}
    if parsed.find(nodes.For) is not None:
        bound.add("loop")
    for name in parsed.find_all(nodes.Name):
        if name.ctx == "load" and name.name not in bound and name.name not in known:
            found.error(
                "SS402",
                f'this template uses "{name.name}", which is not one of its columns',
                Label(_word_place(text, name.name, name.lineno), did_you_mean(name.name, known)),
                help=f"It can use {listing(known)}." if known else "It has no columns.",
                fix=_respelled(text, name.name, name.lineno, known),
            )


def _check_access(
    text: Text, parsed: nodes.Template, items: Mapping[str, Columns], found: Diagnostics
) -> None:
    """`shot.column` against the columns of what `shot` runs over, and nothing private."""
    from jinja2 import nodes

    loops = {
        loop.target.name: items[loop.iter.name]
        for loop in parsed.find_all(nodes.For)
        if isinstance(loop.iter, nodes.Name)
        and loop.iter.name in items
        and isinstance(loop.target, nodes.Name)
    }
    for access in parsed.find_all((nodes.Getattr, nodes.Getitem)):
        assert isinstance(access, nodes.Getattr | nodes.Getitem)
        of = access.node
        attribute = access.attr if isinstance(access, nodes.Getattr) else getattr(access.arg, "value", None)
        if not isinstance(attribute, str):
            continue
        if attribute.startswith("_"):
            found.error(
                "SS403",
                "a template may not reach into Python",
                _word_place(text, attribute, access.lineno),
                help="Templates see their columns and nothing else.",
            )
        elif isinstance(of, nodes.Name) and of.name in loops and attribute not in loops[of.name]:
            offered = loops[of.name]
            found.error(
                "SS404",
                f'the items here have no column "{attribute}"',
                Label(_word_place(text, attribute, access.lineno), did_you_mean(attribute, offered)),
                help=f"They have {listing(offered)}.",
                fix=_respelled(text, attribute, access.lineno, offered),
            )


def _check_reach(text: Text, parsed: nodes.Template, found: Diagnostics) -> None:
    """No calls, no other files, no macros; filters that exist and always give the same."""
    from jinja2 import nodes

    for call in parsed.find_all(nodes.Call):
        found.error(
            "SS405",
            "a template may not call functions",
            _line_place(text, call.lineno),
            help="Filters such as | upper are fine.",
        )
    outside = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends, nodes.Macro, nodes.Block)
    for statement in parsed.find_all(outside):
        found.error(
            "SS405",
            "a template may not define macros or read other templates",
            _line_place(text, statement.lineno),
            help="Write the whole text here; for and if are fine.",
        )
    for used in parsed.find_all((nodes.Filter, nodes.Test)):
        assert isinstance(used, nodes.Filter | nodes.Test)
        what = "filter" if isinstance(used, nodes.Filter) else "test"
        table = environment().filters if isinstance(used, nodes.Filter) else environment().tests
        known = [name for name in table if name not in UNREPEATABLE]
        if used.name not in known:
            found.error(
                "SS401",
                f'templates have no {what} "{used.name}"',
                Label(_word_place(text, used.name, used.lineno), did_you_mean(used.name, known)),
                fix=_respelled(text, used.name, used.lineno, known),
            )


def _check_growth(
    text: Text, parsed: nodes.Template, columns: Columns, items: Mapping[str, Columns], found: Diagnostics
) -> None:
    from compiler.lower.template_limits import growing

    texts = [*(name for name, type_ in columns.items() if type_ != "number"), *items]
    for why, sign, line in growing(parsed, texts):
        found.error("SS426", why, _sign_place(text, sign, line), help="Write the text out.")


def _try_out(text: Text, columns: Columns, items: Mapping[str, Columns], found: Diagnostics) -> None:
    """Render once with made-up values: what no rule above foresees must fail now, not after hours."""
    values = {name: STAND_INS.get(type_, "text") for name, type_ in columns.items()}
    samples = {
        name: [{column: STAND_INS.get(type_, "text") for column, type_ in inner.items()}] * 2
        for name, inner in items.items()
    }
    from compiler.lower.template_limits import MOST, TooMuch, failing_line, try_out

    try:
        try_out(text.value, {**values, **samples})
    except TooMuch as too_much:
        found.error(
            "SS426",
            f"this template writes more than {MOST:,} characters when it is filled in",
            _line_place(text, too_much.line),
        )
    except Exception as error:  # a template is a program: it can fail in any way that Python can
        _fails(text, str(error).rstrip(".") or type(error).__name__, failing_line(error), found)


# what the types of Python are to an author
_CALLED = {"str": "a text", "int": "a number", "float": "a number", "list": "a list", "dict": "a record"}

_UNSUPPORTED = re.compile(r"unsupported operand type\(s\) for ([^\s:]+)(?: or \w+\(\))?: '(\w+)' and '(\w+)'")


def _fails(text: Text, reason: str, line: int, found: Diagnostics) -> None:
    """The sign that the reason names, or else the one tag of its line, or the line."""
    wrong = _UNSUPPORTED.fullmatch(reason)
    place = _line_place(text, line)
    if wrong:
        left, right = (_CALLED.get(kind, kind) for kind in wrong.groups()[1:])
        reason = f'"{wrong[1]}" has no meaning between {left} and {right}'
        place = _sign_place(text, wrong[1], line)
    elif lacks := re.fullmatch(r"'(\w+)(?: object)?' has no attribute '(\w+)'", reason):
        reason = f'{_CALLED.get(lacks[1], lacks[1])} has no "{lacks[2]}"'
        place = _word_place(text, lacks[2], line)
    else:
        start, end = _line_bounds(text, line)
        tags = list(re.compile(r"\{[{%].*?[%}]\}").finditer(text.value, start, end))
        place = text.place(*tags[0].span()) if len(tags) == 1 else place
    found.error("SS423", f"this template fails when it is filled in: {reason}", place)


def _respelled(text: Text, word: str, line: int, known: Iterable[str]) -> Fix | None:
    """A fix only where the word itself was found, and not just its line."""
    place = _word_place(text, word, line)
    return respelled(place, word, known) if place.end - place.start == len(word) else None


def _line_bounds(text: Text, line: int) -> Iterator[int]:
    start = 0
    for _ in range(line - 1):
        start = text.value.find("\n", start) + 1
    end = text.value.find("\n", start)
    yield start
    yield len(text.value) if end < 0 else end


def _line_place(text: Text, line: int) -> Span:
    start, end = _line_bounds(text, line)
    return text.place(start, max(end, start + 1))


def _word_place(text: Text, word: str, line: int) -> Span:
    """Where a word stands in a template: Jinja2 tells the line of a tag, the word may come after it."""
    return _place(text, rf"\b{re.escape(word)}\b", len(word), line)


def _sign_place(text: Text, sign: str, line: int) -> Span:
    """The same for an operator, which may also be a word."""
    if sign.isidentifier():
        return _word_place(text, sign, line)
    return _place(text, rf"(?<!\*){re.escape(sign)}(?![*}}])", len(sign), line)


def _place(text: Text, plain: str, length: int, line: int) -> Span:
    start, _ = _line_bounds(text, line)
    for pattern in (
        rf"\{{[{{%](?:(?![}}%]\}}).)*?{plain}",
        plain,
    ):  # in a tag rather than in the text around it
        match = re.compile(pattern, re.S).search(text.value, start)
        if match is not None:
            return text.place(match.end() - length, match.end())
    return _line_place(text, line)
