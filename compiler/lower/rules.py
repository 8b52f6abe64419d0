"""Rules: statements lowered, then run on the rule's own examples before anything else may use them."""

from __future__ import annotations

from typing import Any

from compiler.diagnostics import Label, article, did_you_mean, listing, quoted, respelled
from compiler.lower.conditions import lower_condition, record_leaf
from compiler.lower.lowering import Lowering
from compiler.lower.regexes import regex_is_sound
from compiler.plan.expressions import FINISH_REASONS
from compiler.plan.model import Cut, Rejection, Rules, RuleStatement, Trim
from compiler.plan.rules import apply
from compiler.resolve import Symbol
from compiler.shapes import Ref
from compiler.syntax import tree


def lower_rules(low: Lowering, file: str, ref: Ref) -> Rules | None:
    symbol = low.symbol(file, ref, ("rules",), "set of rules")
    if symbol is None:
        return None
    if ref.name not in low.rules:
        low.rules[ref.name] = _rules(low, symbol)
    return low.rules[ref.name]


def _rules(low: Lowering, symbol: Symbol) -> Rules | None:
    columns = low.parameters(symbol)
    body = low.body(symbol)
    if columns is None or body is None:
        return None
    complete = body.complete
    subject = next(iter(columns))
    if columns[subject] != "text":
        low.found.error(
            "SS318",
            "the first column of rules is the text that they clean",
            symbol.definition.parameters[0].type.span,
        )
        return None
    block = symbol.definition.body
    assert isinstance(block, tree.Block)
    statements: list[RuleStatement] = []
    examples: list[tree.Example] = []
    for entry in block.entries:
        lowered: RuleStatement | None = None
        match entry:
            case tree.Example():
                examples.append(entry)
                continue
            case tree.Field():
                continue
            case tree.Reject(name=name, when=when):
                condition = lower_condition(when, record_leaf(columns, low.found), low.found)
                lowered = None if condition is None else Rejection(name=name.value, when=condition)
            case tree.CutAt(literal=literal):
                lowered = Cut(at=literal.value)
            case tree.CutBefore(pattern=pattern) if regex_is_sound(pattern, low.found):
                lowered = Cut(before=pattern.pattern)
            case tree.TrimEnds():
                lowered = Trim()
            case tree.Definition():
                low.found.error("SS307", "only rule statements can stand here", entry.span)
        if lowered is None:
            complete = False
        else:
            statements.append(lowered)
    if not complete:
        return None
    rules = Rules(columns=columns, subject=subject, statements=tuple(statements))
    return rules if _examples_hold(low, symbol, rules, examples) else None


def _examples_hold(low: Lowering, symbol: Symbol, rules: Rules, examples: list[tree.Example]) -> bool:
    """Run every example; ask for one to keep, and one for each sink."""
    name = symbol.definition.name
    sinks = [s.name for s in rules.statements if isinstance(s, Rejection)]
    shown: set[str | None] = set()
    ok = True
    for example in examples:
        wanted = example.sink.value if example.sink else None
        if (example.verdict.value == "keep") != (wanted is None) or example.verdict.value not in (
            "keep",
            "reject",
        ):
            low.found.error(
                "SS319", 'an example is written keep { ... } or reject "sink" { ... }', example.span
            )
            return False
        if wanted is not None and wanted not in sinks:
            assert example.sink is not None
            low.found.error(
                "SS413",
                f'these rules reject nothing as "{wanted}"',
                Label(example.sink.span, did_you_mean(wanted, sinks)),
                fix=quoted(respelled(example.sink.span, wanted, sinks)),
            )
            return False
        record = _record(low, rules, example)
        if record is None:
            return False
        outcome = apply(rules, record)
        shown.add(wanted)
        if outcome.sink != wanted:
            went = f'rejected as "{outcome.sink}"' if outcome.sink else f"kept as {outcome.subject!r}"
            should = f'be rejected as "{wanted}"' if wanted else "be kept"
            low.found.error(
                "SS601",
                f"this example should {should}, but it is {went}",
                Label(example.span),
                Label(name.span, "these rules"),
                help="A rule must get its own examples right before it may touch data.",
            )
            ok = False
    for missing in [sink for sink in (None, *sinks) if sink not in shown]:
        kind = f'that is rejected as "{missing}"' if missing else "that is kept"
        verdict = f'reject "{missing}"' if missing else "keep"
        low.found.error(
            "SS602",
            f'rules "{name.value}" have no example {kind}',
            name.span,
            help=f'Add: example {verdict} {{ {rules.subject} = "..." }}',
        )
        ok = False
    return ok


def _record(low: Lowering, rules: Rules, example: tree.Example) -> dict[str, Any] | None:
    record: dict[str, Any] = {}
    for entry in example.block.entries:
        if not isinstance(entry, tree.Field):
            low.found.error("SS307", "only columns can stand in an example", entry.span)
            return None
        column, value = entry.name.value, entry.value
        if column in record:
            low.found.error("SS309", f'"{column}" is set twice', entry.name.span)
            return None
        type_ = rules.columns.get(column)
        if (
            (type_ == "text" and isinstance(value, tree.Text))
            or (type_ == "finish_reason" and isinstance(value, tree.Name) and value.value in FINISH_REASONS)
            or (type_ == "number" and isinstance(value, tree.Number))
        ):
            record[column] = value.value
        elif type_ is None:
            low.found.error(
                "SS320",
                f'these rules read no column "{column}"',
                Label(entry.name.span, did_you_mean(column, rules.columns)),
                help=f"They read {listing(rules.columns)}.",
                fix=respelled(entry.name.span, column, rules.columns),
            )
            return None
        else:
            words = f"one of {listing(FINISH_REASONS)}" if type_ == "finish_reason" else article(type_)
            low.found.error("SS320", f'"{column}" must be {words} here', value.span)
            return None
    for column, type_ in rules.columns.items():
        if column not in record and type_ == "finish_reason":
            record[column] = "stop"  # the ordinary case may go without saying
        elif column not in record:
            low.found.error("SS320", f'this example has no "{column}"', example.span)
            return None
    return record
