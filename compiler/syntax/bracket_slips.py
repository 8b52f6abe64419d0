"""Brackets that are missing, too many, or of the wrong kind, and commas between what stands in them."""

from __future__ import annotations

import re

from compiler.diagnostics import Fix, Label
from compiler.syntax.layout import CLOSES
from compiler.syntax.slip import Region, Slip, token_end, wanted


def ends_early(slip: Slip) -> Region:
    """The file ends, and something is not complete."""
    opened = slip.layout.opened(len(slip.text))
    if opened:
        bracket, limit = slip.layout.unclosed_block(opened)
        return _never_closed(slip, bracket, limit)
    start = slip.layout.line(len(slip.text.rstrip()) - 1)[0]
    slip.found.error(
        "SS110", "the file ends in the middle of a definition", slip.span(start, len(slip.text.rstrip()))
    )
    return start, len(slip.text)


def _never_closed(slip: Slip, bracket: int, limit: int) -> Region:
    closer = CLOSES[slip.text[bracket]]
    before = f"before line {slip.layout.number(limit)}" if limit < len(slip.text) else "at the end"
    slip.found.error(
        "SS111",
        f'this "{slip.text[bracket]}" is never closed',
        slip.span(bracket, bracket + 1),
        help=f"Add {closer} {before}.",
    )
    return slip.layout.line(bracket)[0], limit


def unclosed_bracket(slip: Slip) -> Region | None:
    """A "[" or "(" that nothing closes before its block ends or the next field begins."""
    opened = slip.layout.opened(slip.place)
    if not opened or slip.text[opened[-1]] == "{" or opened[-1] in slip.layout.match:
        return None
    bracket = opened[-1]
    closer = slip.text[slip.place]
    if closer in "])":
        slip.found.error(
            "SS116",
            f'"{closer}" cannot close "{slip.text[bracket]}"',
            slip.span(slip.place, slip.place + 1),
            Label(slip.span(bracket, bracket + 1), "opened here"),
            help=f"Write {CLOSES[slip.text[bracket]]} instead.",
        )
        return slip.layout.entry(bracket)[0], slip.place + 1
    opener = slip.text[bracket]
    named = opener == "[" and closer == "="
    slip.found.error(
        "SS111",
        f'this "{opener}" is never closed',
        slip.span(bracket, bracket + 1),
        Label(slip.span(slip.place, token_end(slip)), "before this"),
        help="Entries with names stand in a block: write { name = value, ... }."
        if named
        else f"Add {CLOSES[opener]} at the end of the {'list' if opener == '[' else 'call'}.",
    )
    if named:
        return slip.layout.entry(bracket)[0], slip.layout.line(slip.place)[1]
    line = slip.layout.line(slip.place)[0]
    return slip.layout.entry(bracket)[0], line if line > bracket else slip.place


def named_in_a_list(slip: Slip) -> Region | None:
    """`arms = [raw = base with answer]`: entries with names stand in a block."""
    opened = slip.layout.opened(slip.place)
    if not opened or slip.text[opened[-1]] != "[" or slip.text[slip.place] != "=":
        return None
    bracket = opened[-1]
    closer = slip.layout.match.get(bracket, slip.layout.mistaken.get(bracket))
    name = re.search(r"[A-Za-z_]\w*\s*$", slip.layout.mask[bracket + 1 : slip.place])
    if closer is None or name is None:
        return None
    inner = slip.text[bracket + 1 : closer]
    slip.found.error(
        "SS116",
        "entries with names stand in { }, not in [ ]",
        slip.span(bracket, bracket + 1),
        Label(slip.span(bracket + 1 + name.start(), slip.place + 1), "an entry with a name"),
        help="Write { name = value, ... }.",
        fix=Fix(slip.span(bracket, closer + 1), f"{{{inner}}}", certain=not inner[: name.start()].strip()),
    )
    end = closer + 1
    comma = re.compile(r"[ \t]*,").match(slip.layout.mask, end)
    return slip.layout.entry(bracket)[0], comma.end() if comma else end


def closed_too_often(slip: Slip) -> Region | None:
    """A bracket that closes nothing. Often the one before it was too many, and ended the block too early."""
    place = slip.layout.one_too_many(slip.place)
    help = "Take it out, or open its block."
    if place is not None:
        opener = slip.layout.match[place]
        slip.found.error(
            "SS116",
            'there is one "}" too many',
            Label(slip.span(place, place + 1), "closes the block too early"),
            Label(slip.span(opener, opener + 1), "this block"),
            help=help,
            fix=Fix(slip.span(place, place + 1), "", certain=False),
        )
        return place, place + 1
    if slip.text[slip.place] not in "}])" or slip.layout.opened(slip.place):
        return None
    slip.found.error(
        "SS116",
        f'this "{slip.text[slip.place]}" closes nothing',
        slip.span(slip.place, slip.place + 1),
        help=help,
        fix=Fix(slip.span(slip.place, slip.place + 1), "", certain=False),
    )
    return slip.place, slip.place + 1


def comma_missing(slip: Slip) -> Region | None:
    """Two values one after the other in a list or a call."""
    opened = slip.layout.opened(slip.place)
    if not opened or slip.text[opened[-1]] == "{" or "a comma" not in wanted(slip):
        return None
    if not re.match(r"[\w\"/\[{-]", slip.text[slip.place :]):
        return None
    end = slip.layout.written_until(slip.place)
    slip.found.error(
        "SS116",
        "there is a comma missing before this",
        slip.span(slip.place, token_end(slip)),
        fix=Fix(slip.span(end, end), ","),
    )
    return slip.layout.entry(slip.place)
