"""The tables of docs/language.md, made from the compiler's own: what is written there cannot fall behind.

A page has places such as `<!-- generated: fields -->` ... `<!-- end of generated -->`; `filled` writes
each anew. A test holds the page current, and `pytest tests/docs --snapshot-update` renews it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from compiler.lower.profile import ARGUMENTS, BINDING_SETTINGS
from compiler.plan.answers import KINDS as CHECKS
from compiler.plan.expressions import FINISH_REASONS
from compiler.schema import COLUMN_TYPES, CRITIC_METHODS, TOP_LEVEL, Kind
from compiler.shapes import ListOf, QuantityOf, RecordOf, Setting, Shape
from compiler.step_schema import STEPS
from compiler.units import UNITS, spelling

PLACE = re.compile(r"<!-- generated: (\w+) -->\n.*?<!-- end of generated -->", re.DOTALL)
INFINITE = float("inf")


def filled(page: str) -> str:
    """The page with every generated place written anew. KeyError for a place that has no table."""
    return PLACE.sub(
        lambda m: f"<!-- generated: {m[1]} -->\n\n{TABLES[m[1]]()}\n\n<!-- end of generated -->", page
    )


def units() -> str:
    """Every unit and what it measures."""
    meanings: dict[str, list[str]] = {}
    for unit, (dimension, _) in UNITS.items():
        meanings.setdefault(dimension, []).append(f"`{unit}`")
    return _table(("units", "measure"), ((", ".join(u), d) for d, u in meanings.items()))


def columns() -> str:
    """Column types and finish reasons, as two sentences."""
    types = ", ".join(f"`{name}`" for name in COLUMN_TYPES)
    reasons = ", ".join(f"`{name}`" for name in FINISH_REASONS)
    return f"Column types: {types}.\n\nFinish reasons: {reasons}."


def fields() -> str:
    """One table for each kind of top-level block."""
    return "\n\n".join(_kind(kind) for kind in TOP_LEVEL)


def steps() -> str:
    """One table for each kind of step."""
    return "\n\n".join(_kind(kind) for kind in STEPS)


def methods() -> str:
    """One table for each method of a critic."""
    return "\n\n".join(
        f"#### method {name}\n\n{_settings(settings)}" for name, settings in CRITIC_METHODS.items()
    )


def bindings() -> str:
    """Where a profile can take a checkpoint from, and what else it can say of it."""
    named = {
        source: [*([] if source == "mock" else ['"..."']), *(f'{name} = "..."' for name in names)]
        for source, names in ARGUMENTS.items()
    }
    calls = "\n".join(f"- `{source}({', '.join(arguments)})`" for source, arguments in named.items())
    return f"{calls}\n\n{_settings(BINDING_SETTINGS)}"


def checks() -> str:
    """The kinds of check that a held-out item can carry."""
    rows = (
        (f"`{kind.name}`", _check_fields(kind.fields, kind.optional), _first_line(kind.holds.__doc__))
        for kind in CHECKS
    )
    return _table(("kind", "fields", "an answer passes when"), rows)


TABLES: Mapping[str, Callable[[], str]] = {
    "units": units,
    "columns": columns,
    "fields": fields,
    "methods": methods,
    "steps": steps,
    "bindings": bindings,
    "checks": checks,
}


def _kind(kind: Kind) -> str:
    head = f"{kind.name} NAME(column: type, ...)" if kind.has_parameters else f"{kind.name} NAME"
    written = kind.written or f"{head} {{ ... }}"
    if kind.name == "output":
        return f"#### {kind.name}\n\n{kind.doc}"
    own = [setting for setting in kind.settings if setting.name != "doc"]
    table = f"\n\n{_settings(own)}" if own else ""
    return f"#### {kind.name}\n\n`{written}`: {kind.doc}{table}"


def _settings(settings: Iterable[Setting]) -> str:
    return _table(("field", "value", "", "meaning"), _rows("", settings))


def _rows(owner: str, settings: Iterable[Setting]) -> Iterable[tuple[str, ...]]:
    for setting in settings:
        name = f"{owner}{setting.name}"
        yield f"`{name}`", _value(setting.shape), "needed" if setting.required else "", setting.doc
        if isinstance(setting.shape, RecordOf):
            yield from _rows(f"{name}.", setting.shape.settings)


def _value(shape: Shape) -> str:
    """What stands there, with its bounds where they say more than that it counts something."""
    if isinstance(shape, ListOf):
        return f"a list, each {_value(shape.item)}"
    if not isinstance(shape, QuantityOf):
        return shape.says
    if shape.high < INFINITE:
        factor = next(factor for of, factor in UNITS.values() if of == shape.dimension)
        return f"{shape.low / factor:g} to {shape.high / factor:g} {spelling(shape.dimension)}"
    return f"a {'whole ' if shape.whole else ''}number of {shape.spelling}"


def _check_fields(fields: Mapping[str, str], optional: frozenset[str]) -> str:
    return "; ".join(
        f"`{name}`: {type_}{' (optional)' if name in optional else ''}" for name, type_ in fields.items()
    )


def _first_line(text: str | None) -> str:
    """The first sentence of a docstring."""
    paragraph = " ".join((text or "").strip().split("\n\n")[0].split())
    return re.split(r"(?<=\.) ", paragraph)[0]


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    escaped = ([cell.replace("|", "\\|") for cell in line] for line in lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in escaped)
