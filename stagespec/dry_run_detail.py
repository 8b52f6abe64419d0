"""Everything behind the first screen of a plan: prompts as they will look, rules, critics, data, settings."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from textwrap import wrap
from typing import Any

from compiler.diagnostics import listing
from compiler.plan.counting import noun
from compiler.plan.hashing import canonical_json, plain
from compiler.plan.meaning import prompt_uses, written_use
from compiler.plan.model import (
    AnyStep,
    Cut,
    Evaluate,
    LabelMethod,
    PlanFile,
    Prompt,
    PromptUse,
    RatingMethod,
    Rejection,
    RuleStatement,
    Sample,
)
from compiler.plan.names import short
from compiler.plan.prompts import render
from stagespec.figures import around
from stagespec.step_lines import UNBROKEN
from stagespec.wording import AROUND, condition, count, duration, many, money

WIDTH = 100
UNSAID: tuple[Any, ...] = (None, [], {}, "")
# Steps say these on the first screen or in sections of their own.
SAID = frozenset({"id", "kind", "doc", "columns", "prompt", "arms", "require", "condition"})


def detail(plan: PlanFile) -> Iterator[str]:
    """All sections, each with a blank line before it."""
    yield from _prompts(plan)
    yield from _rules(plan)
    yield from _critics(plan)
    yield from _datasets(plan)
    yield from _settings(plan)
    yield from _estimates(plan)


# --- prompts ---------------------------------------------------------------------------------------


def _prompts(plan: PlanFile) -> Iterator[str]:
    yield "PROMPTS as they will look; examples are drawn anew for each record, ⟨…⟩ is a column of the record"
    uses = [one for stage in plan.method.stages for step in stage.steps for one in asked(step)]
    for shown in {canonical_json(use): use for _, use in uses}.values():
        steps = [name for name, other in uses if other == shown]
        prompt = plan.method.prompts[shown.prompt]
        yield ""
        yield f"  {shown.prompt} ({prompt.kind}), for {listing(steps)}"
        yield from _doc(prompt.doc)
        yield from _boxed(rendered(plan, prompt, shown))
        stops = (
            listing(json.dumps(stop, ensure_ascii=False) for stop in prompt.stop) if prompt.stop else "none"
        )
        yield f"    stops at {stops}; before the completion stands {json.dumps(prompt.lead)}"


def asked(step: AnyStep) -> Iterator[tuple[str, PromptUse]]:
    """The prompts of a step, each under the name of who uses it; the arms of an evaluation have their own."""
    if isinstance(step, Evaluate):
        yield from ((f"{short(step.id)}.{name}", arm.prompt) for name, arm in step.arms.items())
    else:
        yield from ((short(step.id), use) for use in prompt_uses(step))


def rendered(plan: PlanFile, prompt: Prompt, use: PromptUse) -> str:
    """The prompt with the first items of its data and named gaps for the record's columns."""
    columns = {name: _gap(name, type_) for name, type_ in prompt.columns.items()}
    samples = {s.variable: _first(plan, s) for s in (*prompt.samples, *use.samples)}
    return render(prompt.template, columns, samples)


def _gap(name: str, type_: str) -> Any:
    """What stands where a record's column will: of lists one entry, with its fields."""
    if type_ == "number":
        return 0
    entry = {"principles": ("id", "category", "text"), "turns": ("user", "assistant")}.get(type_)
    return [{field: f"⟨{name}: {field}⟩" for field in entry}] if entry else f"⟨{name}⟩"


def _first(plan: PlanFile, sample: Sample) -> list[Mapping[str, Any]]:
    """The first items of the data files drawn from; what a run will add is not there yet."""
    files = [plan.method.datasets[name] for name in sample.sources if name in plan.method.datasets]
    lines = [line for data in files for line in plan.blobs[data.sha256].text.split("\n") if line.strip()]
    return [json.loads(line) for line in lines[: sample.count]]


# --- rules, critics, data --------------------------------------------------------------------------


def _rules(plan: PlanFile) -> Iterator[str]:
    yield from _title("RULES, in the order in which they act", plan.method.rules)
    for name, rules in plan.method.rules.items():
        yield ""
        yield f"  {name}({typed(rules.columns)})"
        for statement in rules.statements:
            yield from _cut(statement_text(statement, rules.subject), "    ")


def statement_text(statement: RuleStatement, subject: str) -> str:
    if isinstance(statement, Rejection):
        return f'reject as "{statement.name}" when {condition(statement.when)}'
    if isinstance(statement, Cut):
        if statement.at is not None:
            return f"cut {subject} at {json.dumps(statement.at, ensure_ascii=False)}"
        return f"cut {subject} before the first match of /{statement.before}/"
    return f"strip white space from both ends of {subject}"


def _critics(plan: PlanFile) -> Iterator[str]:
    yield from _title(
        "CRITICS; the first method that can judge with the bound model is used", plan.method.critics
    )
    for name, critic in plan.method.critics.items():
        labelled = plan.method.datasets[critic.examples]
        yield ""
        yield f"  {name}({typed(critic.columns)}), measured on {many(labelled.items, 'labelled example')}"
        yield from _doc(critic.doc)
        for number, method in enumerate(critic.methods, 1):
            if isinstance(method, LabelMethod):
                orders = ", in both orders" if method.both_orders else ""
                yield f'    {number}. labels: log p("{method.good}") - log p("{method.bad}"){orders}, after'
                yield from _boxed(method.template.rstrip())
            elif isinstance(method, RatingMethod):
                yield f"    {number}. rating: the expected one of {', '.join(method.labels)}, after"
                yield from _boxed(method.template.rstrip())
            else:
                tail = f", followed by {json.dumps(method.tail)}" if method.tail else ""
                yield f"    {number}. likelihood gain: log p({method.target}) per token{tail}, after"
                yield from _boxed(method.given.rstrip())
                yield "       minus the same after"
                yield from _boxed(method.neutral.rstrip())


def _datasets(plan: PlanFile) -> Iterator[str]:
    yield from _title("DATA", plan.method.datasets)
    yield ""
    names = max(map(len, plan.method.datasets), default=0)
    for name, data in plan.method.datasets.items():
        role = f"{data.role} ({data.split})" if data.split else data.role
        number = f"{count(data.items):>6} {noun(data.items, 'item'):<5}"
        yield f"  {name:<{names}}  {role:<16}  {number}  sha256 {data.sha256[:12]}"


# --- settings --------------------------------------------------------------------------------------


def _settings(plan: PlanFile) -> Iterator[str]:
    yield from _title("SETTINGS of every step, defaults included", plan.method.stages)
    for stage in plan.method.stages:
        for step in stage.steps:
            yield ""
            yield f"  {step.kind} {short(step.id)}  ({plan.places.get(step.id, '')})"
            yield from _doc(step.doc)
            yield from _filled(", ".join(settings(step)))
            if step.columns:
                yield from _filled(f"columns: {typed(step.columns)}")


def settings(step: AnyStep) -> list[str]:
    """`key = value` for all that a step says in no sentence of its own, defaults included."""
    values = plain(step).items()
    return [_setting(key, value) for key, value in values if key not in SAID and value not in UNSAID]


def _estimates(plan: PlanFile) -> Iterator[str]:
    """Figures of each step that asks a model or reads records, and what each of them rests on."""
    told = [
        (step, plan.quote.steps[step.id])
        for stage in plan.method.stages
        for step in stage.steps
        if step.id in plan.quote.steps and plan.quote.steps[step.id].seconds
    ]
    yield from _title("ESTIMATES and what they rest on", told)
    for step, quoted in told:
        usd = plan.quote.usd(quoted.seconds)
        ends = quoted.at_pilot_s is not None and quoted.at_pilot_s != quoted.seconds
        parts = [
            many(quoted.tokens, "token") if quoted.tokens else "",
            duration(quoted.seconds),
            "" if usd is None else money(usd),
            f"{duration(quoted.at_pilot_s or 0)} if the pilot does not pass" if ends else "",
            f"{quoted.needed_gib:.1f} GiB needed, {quoted.peak_gib:.1f} taken: {quoted.memory}"
            if quoted.needed_gib is not None
            else "",
        ]
        yield ""
        yield f"  {short(step.id)}"
        yield from _filled("; ".join(part for part in parts if part))
        yield from _filled(quoted.basis)
    if told and (seconds := around(plan, plan.method.stages)):
        yield ""
        yield f"  {AROUND}"
        yield from _filled(f"{duration(seconds)}; {plan.quote.around_basis}")


def _setting(key: str, value: Any) -> str:
    """`key = value`; only between settings may a line end."""
    if isinstance(value, Mapping):
        use = written_use(value)
        if use:
            return f"{key}{UNBROKEN}={UNBROKEN}{_value(use)}"
        inner = ", ".join(_setting(k, v) for k, v in value.items() if v not in UNSAID)
        return f"{key}{UNBROKEN}={UNBROKEN}{{{UNBROKEN}{inner}{UNBROKEN}}}"
    if isinstance(value, tuple | list):
        return f"{key}{UNBROKEN}={UNBROKEN}[{', '.join(map(_value, value))}]"
    return f"{key}{UNBROKEN}={UNBROKEN}{_value(value)}"


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        value = written_use(value) or str(dict(value))
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value if " " in value else short(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _title(title: str, of: Iterable[object]) -> Iterator[str]:
    if list(of):
        yield ""
        yield title


def typed(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{name}: {type_}" for name, type_ in columns.items())


def _doc(doc: str) -> Iterator[str]:
    return _filled(" ".join(doc.split()))


def _filled(text: str) -> Iterator[str]:
    lines = wrap(text, WIDTH, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False)
    yield from (line.replace(UNBROKEN, " ") for line in lines)


def _boxed(text: str) -> Iterator[str]:
    """Text exactly as it is, set apart by a bar."""
    for line in text.split("\n"):
        yield from _cut(line, "      │ ")


def _cut(line: str, before: str) -> Iterator[str]:
    """A line that must keep its spaces: what is too long goes on in the next one, after a dotted bar."""
    room = WIDTH - len(before)
    yield before + line[:room]
    for at in range(room, len(line), WIDTH - 8):
        yield f"      ┊ {line[at : at + WIDTH - 8]}"
