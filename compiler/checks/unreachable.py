"""Rules that can never do what they say."""

from __future__ import annotations

import re
from collections.abc import Iterator

from compiler.checks.view import StageView
from compiler.diagnostics import Diagnostics, Label
from compiler.plan.model import Expression, Filter, Generate, Rejection

PASSES = ("filter", "judge", "rate", "best", "compare", "principles")  # they change no text of a model's


def rejections_can_happen(view: StageView, found: Diagnostics) -> None:
    """A completion ends before its prompt's stop string and never holds it. Where a rule rejects what matches
    a text with that string inside, such as a blank line, it rejects nothing: a report of 0 % runaways then
    says nothing about the model, and what the rule was to catch is cut short in silence instead. Look for how
    the text ends (finish == length), or take the string out of stop."""
    for step in view.of(Filter):
        for rules, sink, writer, string in _impossible(view, step):
            found.warning(
                "SS671",
                f'"{rules}" can never reject as "{sink}": {_shown(string)} ends the text',
                Label(view.place(step.id)),
                Label(view.place(writer.id), f"stops before {_shown(string)}"),
                help="Look at finish instead, or take the string out of stop.",
            )


def _impossible(view: StageView, step: Filter) -> Iterator[tuple[str, str, Generate, str]]:
    """Rules, a sink, who wrote the text, and the stop string inside of what the sink looks for."""
    for use in step.rules:
        rules = view.method.rules[use.rules]
        for rejection in (one for one in rules.statements if isinstance(one, Rejection)):
            for column in rules.columns:
                writer = _writer(view, step, use.columns.get(column, column))
                stop = view.method.prompts[writer.prompt.prompt].stop if writer else ()
                inside = next((string for string in stop if _never(rejection.when, column, string)), None)
                if writer and inside is not None:
                    yield use.rules, rejection.name, writer, inside


def _writer(view: StageView, step: Filter, column: str) -> Generate | None:
    """The step whose model wrote a column, if nothing between can have changed it."""
    at = view.step(step.inputs[0])
    while at is not None and at.kind in PASSES:
        at = view.step(at.inputs[0]) if at.inputs else None
    if not isinstance(at, Generate) or at.parse == "json":  # JSON spells a line break otherwise
        return None
    written = at.fields or {at.into: ""}
    return at if column in written else None


def _never(condition: object, column: str, string: str) -> bool:
    """Whether a condition is false of every text without the string."""
    if not isinstance(condition, Expression):
        return False
    if condition.op in ("and", "or"):
        parts = [_never(part, column, string) for part in condition.args]
        return any(parts) if condition.op == "and" else all(parts)
    if condition.op != "matches":
        return False
    of, pattern = condition.args
    reads = isinstance(of, Expression) and of.op in ("column", "raw") and of.args == (column,)
    literal = _literal(str(pattern)) if reads else None
    return literal is not None and string in literal


def _literal(pattern: str) -> str | None:
    """The one text that a regular expression matches, or None where it may match several."""
    escapes = {"n": "\n", "t": "\t"}
    text: list[str] = []
    for part in re.finditer(r"\\(.)|(.)", pattern, re.S):
        escaped, plain = part.groups()
        if escaped is not None and (escaped in escapes or not escaped.isalnum()):
            text.append(escapes.get(escaped, escaped))
        elif plain is not None and plain not in ".^$*+?{}[]|()":
            text.append(plain)
        else:
            return None
    return "".join(text)


def _shown(text: str) -> str:
    """As the source writes it."""
    return '"' + text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t") + '"'
