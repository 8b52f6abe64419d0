"""Everything about one step: what it does, what it asks, by which rules, and what it takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from compiler.plan.meaning import critic_uses, principle_sample
from compiler.plan.model import AnyStep, Critic, Evaluate, LabelMethod, PlanFile, PromptUse, RatingMethod
from compiler.plan.names import short
from stagespec.change_lines import change, reason
from stagespec.dry_run import power
from stagespec.dry_run_detail import asked, rendered, settings, statement_text, typed
from stagespec.last_run import Comparison
from stagespec.plan_page.graph import edges, family
from stagespec.plan_page.layout import Edge
from stagespec.step_lines import UNBROKEN, critic, sentences
from stagespec.wording import count, duration, many, money

Part = tuple[str, str]  # what is said of a text, and the text, word for word


@dataclass(frozen=True, slots=True)
class Block:
    """Something that a step uses. `first` is the step that showed it before, or empty."""

    what: str
    name: str
    said: str
    doc: str
    parts: tuple[Part, ...]
    first: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """One step for its reader. `reads`, `waits`, `again` and `read_by` are ids of steps."""

    id: str
    name: str
    kind: str
    look: str
    place: str
    doc: str
    sentences: tuple[str, ...]
    mark: str
    reasons: tuple[str, ...]
    figures: tuple[tuple[str, str], ...]
    basis: str
    power: str
    reads: tuple[str, ...]
    waits: tuple[str, ...]
    again: tuple[str, ...]
    read_by: tuple[str, ...]
    settings: tuple[tuple[str, str], ...]
    columns: str
    blocks: tuple[Block, ...]


def told(plan: PlanFile, compared: Comparison) -> dict[str, list[Told]]:
    """The steps of each stage, by its name."""
    shown: dict[Block, str] = {}
    joined = edges(plan)
    return {
        stage.name: [_told(plan, step, compared, joined, shown) for step in stage.steps]
        for stage in plan.method.stages
    }


def _told(
    plan: PlanFile,
    step: AnyStep,
    compared: Comparison,
    joined: Sequence[Edge],
    shown: dict[Block, str],
) -> Told:
    """`shown` names the step that showed a block first, and is added to."""
    changed = compared.by_id.get(step.id)

    def into(kind: str) -> tuple[str, ...]:
        return tuple(edge.source for edge in joined if edge.target == step.id and edge.kind == kind)

    blocks = []
    for block in _blocks(plan, step):
        first = shown.setdefault(replace(block, said=""), step.id)
        blocks.append(replace(block, first=first if first != step.id else ""))
    quoted = plan.quote.steps.get(step.id)
    compares = isinstance(step, Evaluate) and step.compare and step.compare.test == "mcnemar"
    reasons: tuple[str, ...] = ()
    if changed and changed.mark == "~":
        reasons = tuple(change(plan, one) for one in changed.changes)
        reasons = (f"was called {short(changed.was)}", *reasons) if changed.was else reasons
    elif changed and (why := reason(plan, changed)):
        reasons = (why,)
    return Told(
        id=step.id,
        name=short(step.id),
        kind=step.kind,
        look=family(step.kind).name,
        place=plan.places.get(step.id, ""),
        doc=" ".join(step.doc.split()),
        sentences=tuple(line.replace(UNBROKEN, " ") for line in sentences(plan, step)),
        mark=changed.mark if changed else "",
        reasons=reasons,
        figures=tuple(_figures(plan, step)),
        basis=quoted.basis if quoted and quoted.seconds else "",
        power=f"{short(step.id)}: {power(plan, step)}" if compares and isinstance(step, Evaluate) else "",
        reads=into("reads"),
        waits=into("waits"),
        again=into("again"),
        read_by=tuple(edge.target for edge in joined if edge.source == step.id and edge.kind != "again"),
        settings=tuple(_setting(line) for line in settings(step)),
        columns=typed(step.columns),
        blocks=tuple(blocks),
    )


def _figures(plan: PlanFile, step: AnyStep) -> Iterator[tuple[str, str]]:
    quoted = plan.quote.steps.get(step.id)
    if quoted is None or not quoted.seconds:
        return
    if quoted.tokens:
        yield "tokens", count(quoted.tokens)
    yield "time", duration(quoted.seconds)
    usd = plan.quote.usd(quoted.seconds)
    if usd is not None:
        yield "money", money(usd)
    if quoted.peak_gib is not None and quoted.needed_gib is not None:
        taken = f"needs {quoted.needed_gib:.1f} GiB, takes {quoted.peak_gib:.1f}"
        yield "memory", f"{taken}: {quoted.memory}"


def _setting(line: str) -> tuple[str, str]:
    key, _, value = line.replace(UNBROKEN, " ").partition(" = ")
    return key, value


def _blocks(plan: PlanFile, step: AnyStep) -> Iterator[Block]:
    yield from _prompts(plan, step)
    for use in getattr(step, "rules", ()):
        rules = plan.method.rules[use.rules]
        lines = "\n".join(statement_text(one, rules.subject) for one in rules.statements)
        yield Block("rules", use.rules, typed(rules.columns), "", (("in this order", lines),))
    for asking in critic_uses(step):
        yield _critic(plan, plan.method.critics[asking.critic], asking.critic, critic(asking))
    drawn = principle_sample(step)
    if drawn:
        held = plan.method.constitutions[drawn.constitution]
        parts = tuple((f"{id}, {one.category}", one.text) for id, one in held.principles.items())
        yield Block("constitution", drawn.constitution, "", held.doc, parts)


def _prompts(plan: PlanFile, step: AnyStep) -> Iterator[Block]:
    """Each prompt once, with who uses it: arms of an evaluation often share one."""
    users: list[tuple[PromptUse, list[str]]] = []
    for name, use in asked(step):
        known = next((names for other, names in users if other == use), None)
        if known is None:
            users.append((use, [short(name)]))
        else:
            known.append(short(name))
    for use, names in users:
        prompt = plan.method.prompts[use.prompt]
        stops = ", ".join(map(repr, prompt.stop)) or "nothing"
        after = f"stops at {stops}; before the completion stands {prompt.lead!r}"
        arms = f"for {', '.join(names)}; " if isinstance(step, Evaluate) else ""
        parts = (("as it will look; examples are drawn anew for each record", rendered(plan, prompt, use)),)
        yield Block("prompt", use.prompt, f"{arms}{prompt.kind}; {after}", prompt.doc, parts)


def _critic(plan: PlanFile, used: Critic, name: str, said: str) -> Block:
    parts: list[Part] = []
    for number, method in enumerate(used.methods, 1):
        if isinstance(method, LabelMethod):
            orders = ", in both orders" if method.both_orders else ""
            parts.append(
                (
                    f"{number}. labels: log p({method.good!r}) - log p({method.bad!r}){orders}, after",
                    method.template.rstrip(),
                )
            )
        elif isinstance(method, RatingMethod):
            parts.append(
                (
                    f"{number}. rating: the expected one of {', '.join(method.labels)}, after",
                    method.template.rstrip(),
                )
            )
        else:
            tail = f", followed by {method.tail!r}" if method.tail else ""
            parts.append(
                (
                    f"{number}. likelihood gain: log p({method.target}) per token{tail}, after",
                    method.given.rstrip(),
                )
            )
            parts.append(("minus the same after", method.neutral.rstrip()))
    measured = many(plan.method.datasets[used.examples].items, "labelled example")
    return Block(
        "critic",
        name,
        f"{said}; measured on {measured}; the first method that can judge is used",
        used.doc,
        tuple(parts),
    )
