"""Templates checked against their columns, with positions that point into the template."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from compiler.diagnostics import Diagnostics, Label, Span, did_you_mean, listing
from compiler.plan.prompts import environment
from compiler.syntax.tree import Text


def check_template(
    text: Text, columns: Mapping[str, str], items: Mapping[str, Mapping[str, str]], found: Diagnostics
) -> bool:
    """Report syntax errors, unknown names, unknown columns of sampled items, and unsafe access.

    `columns` are the template's plain variables; `items` its lists, with the columns of each item.
    """
    from jinja2 import TemplateSyntaxError, nodes

    try:
        parsed = environment().parse(text.value)
    except TemplateSyntaxError as error:
        found.error(
            "SS401", f"this template cannot be read: {error.message}", _line_place(text, error.lineno)
        )
        return False
    ok = True
    loops = _loop_variables(parsed, items)
    assigned = {n.name for n in parsed.find_all(nodes.Name) if n.ctx in ("store", "param")}
    known = {**columns, **items}
    for name in parsed.find_all(nodes.Name):
        if (
            name.ctx == "load"
            and name.name not in known
            and name.name not in assigned
            and name.name != "loop"
        ):
            hint = did_you_mean(name.name, known)
            place = _word_place(text, name.name, name.lineno)
            found.error(
                "SS402",
                f'this template uses "{name.name}", which is not one of its columns',
                Label(place, hint),
                help=f"It can use {listing(known)}.",
            )
            ok = False
    for access in [*parsed.find_all(nodes.Getattr), *parsed.find_all(nodes.Getitem)]:
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
            ok = False
        elif isinstance(access.node, nodes.Name) and access.node.name in loops:
            offered = loops[access.node.name]
            if attribute not in offered:
                found.error(
                    "SS404",
                    f'the items here have no column "{attribute}"',
                    Label(_word_place(text, attribute, access.lineno), did_you_mean(attribute, offered)),
                    help=f"They have {listing(offered)}.",
                )
                ok = False
    for call in parsed.find_all(nodes.Call):
        found.error(
            "SS405",
            "a template may not call functions",
            _line_place(text, call.lineno),
            help="Filters such as | upper are fine.",
        )
        ok = False
    return ok


def _loop_variables(parsed: object, items: Mapping[str, Mapping[str, str]]) -> dict[str, Mapping[str, str]]:
    from jinja2 import nodes

    assert isinstance(parsed, nodes.Template)
    return {
        loop.target.name: items[loop.iter.name]
        for loop in parsed.find_all(nodes.For)
        if isinstance(loop.iter, nodes.Name)
        and loop.iter.name in items
        and isinstance(loop.target, nodes.Name)
    }


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
    start, _ = _line_bounds(text, line)
    match = re.search(rf"\b{re.escape(word)}\b", text.value[start:])
    if match is None:
        return _line_place(text, line)
    return text.place(start + match.start(), start + match.end())
