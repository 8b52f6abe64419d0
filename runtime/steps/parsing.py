"""How a completion becomes columns: lists, questions, labelled fields, JSON. What cannot be read is None."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from compiler.plan.model import Generate
from runtime.engines.protocol import Completion

NUMBERED = re.compile(r"^\s*(\d{1,3})[.)]\s+(.*\S)\s*$")
UNPARSED = "unparsed"

Columns = dict[str, object]


def columns_of(step: Generate, completion: Completion) -> list[Columns] | None:
    """The columns of each record that a completion yields, or None where it cannot be read."""
    match step.parse:
        case "numbered_list":
            return [{step.into: item} for item in numbered_items(completion)]
        case "question":
            found: Columns | None = question(step.into, completion.text)
        case "fields":
            found = labelled_fields(step.fields, completion.text)
        case "json":
            found = json_fields(step.fields, completion.text)
        case "text":
            found = {step.into: completion.text}
    return None if found is None else [found]


def numbered_items(completion: Completion) -> list[str]:
    """The items of a list that the prompt began: the first line continues the prompt's last number.

    Ends where the numbering ends. The last item is dropped when the completion ran into its limit, since
    it may be cut off.
    """
    items: list[str] = []
    last: int | None = None
    for position, line in enumerate(completion.text.split("\n")):
        if not line.strip():
            if items:
                break
            continue
        match = NUMBERED.match(line)
        if match is None:
            if position > 0 or items:
                break
            items.append(line.strip())
        else:
            number = int(match.group(1))
            if last is not None and number != last + 1:
                break
            last = number
            items.append(match.group(2).strip())
    return items[:-1] if completion.finish == "length" else items


def question(column: str, text: str) -> Columns | None:
    """What the first line says up to its first question mark."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if not lines or "?" not in lines[0]:
        return None
    return {column: lines[0][: lines[0].index("?") + 1]}


def labelled_fields(fields: Mapping[str, str], text: str) -> Columns | None:
    """What stands after each label up to the next one, in the labels' order.

    A prompt may end with the first label, so that the completion begins with what follows it.
    """
    labels = list(fields.values())
    first, second = text.find(labels[0]), text.find(labels[1]) if len(labels) > 1 else -1
    if first < 0 or 0 <= second < first:
        text = f"{labels[0]} {text}"
    found: Columns = {}
    at = 0
    for i, (column, label) in enumerate(fields.items()):
        start = text.find(label, at)
        if start < 0:
            return None
        start += len(label)
        following = labels[i + 1] if i + 1 < len(labels) else None
        end = text.find(following, start) if following else _first_break(text, start)
        if end < 0:
            return None
        found[column] = text[start:end].strip()
        at = end
    return found if all(found.values()) else None


def _first_break(text: str, start: int) -> int:
    """The last field ends with its paragraph."""
    said = len(text[start:]) - len(text[start:].lstrip())
    end = text.find("\n\n", start + said)
    return len(text) if end < 0 else end


def json_fields(fields: Mapping[str, str], text: str) -> Columns | None:
    """The first JSON object in the text, which must have these fields with values of these types."""
    start = text.find("{")
    if start < 0:
        return None
    try:
        value, _ = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    found: Columns = {}
    for column, type_ in fields.items():
        given = value.get(column)
        if type_ == "text" and isinstance(given, str) and given.strip():
            found[column] = given.strip()
        elif type_ == "number" and isinstance(given, int | float) and not isinstance(given, bool):
            found[column] = given
        else:
            return None
    return found
