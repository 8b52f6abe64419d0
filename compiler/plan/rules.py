"""What rules do to one record. Used at compile time on a rule's own examples, and at run time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from compiler.frozen import Frozen
from compiler.plan.expressions import Value, evaluate
from compiler.plan.model import Cut, Rejection, Rules, Trim


class Outcome(Frozen):
    """`sink` is the name of the rejection that took the record, or None: it was kept.

    `subject` is the cleaned text as far as the statements had come.
    """

    sink: str | None
    subject: str

    @property
    def kept(self) -> bool:
        return self.sink is None


def apply(rules: Rules, record: Mapping[str, Any], cuts_only: bool = False) -> Outcome:
    """Run the statements in order. `raw(column)` in a condition is the value before any cut.

    `cuts_only` cleans and rejects nothing: an evaluation scores every answer, also one that is no
    training data.
    """
    current = dict(record)
    subject = rules.subject

    def leaf(op: str, args: tuple[Any, ...]) -> Value:
        value: Value = current[args[0]] if op == "column" else record[args[0]]
        return value

    for statement in rules.statements:
        text = str(current[subject])
        if isinstance(statement, Rejection):
            if not cuts_only and evaluate(statement.when, leaf):
                return Outcome(statement.name, text)
        elif isinstance(statement, Trim):
            current[subject] = text.strip()
        else:
            current[subject] = _cut(statement, text)
    return Outcome(None, str(current[subject]))


def _cut(cut: Cut, text: str) -> str:
    if cut.at is not None:
        return text.split(cut.at, 1)[0]
    found = re.search(str(cut.before), text)
    return text[: found.start()] if found else text
