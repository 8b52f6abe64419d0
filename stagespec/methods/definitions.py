"""What the steps go by, word for word: prompts, critics, rules, constitutions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from compiler.diagnostics import listing
from compiler.plan.model import AnyStep, Critic, CriticMethod, LabelMethod, RatingMethod, Rejection
from stagespec.dry_run_detail import statement_text
from stagespec.methods import used
from stagespec.methods.markdown import code, fence, numbered, prose, quoted, table
from stagespec.methods.phrases import named, sample
from stagespec.methods.written import Written
from stagespec.wording import many


def prompts(written: Written, steps: Sequence[AnyStep]) -> Iterator[str]:
    """Each prompt with its template, its examples, where a completion stops, and who uses it."""
    users = used.prompts(steps)
    for name in (one for one in written.method.prompts if one in users):
        prompt = written.method.prompts[name]
        yield f"### Prompt {code(name)}"
        yield prose(prompt.doc)
        shown = listing(sample(one) for one in prompt.samples) if prompt.samples else ""
        examples = f"It shows {shown}, anew for each record. " if shown else ""
        stops = listing(quoted(stop) for stop in prompt.stop) if prompt.stop else "nothing but its own end"
        lead = quoted(prompt.lead) if prompt.lead else "nothing"
        yield (
            f"For a {prompt.kind} model, over {_columns(prompt.columns)}. {examples}A completion stops at "
            f"{stops}; between prompt and completion stands {lead}. Used by "
            f"{listing(map(code, users[name]))}."
        )
        yield fence(prompt.template, "jinja")


def critics(written: Written, steps: Sequence[AnyStep]) -> Iterator[str]:
    """Each critic with its methods, in order of preference, and what they are measured on."""
    users = used.critics(steps)
    for name in (one for one in written.method.critics if one in users):
        critic = written.method.critics[name]
        yield f"### Critic {code(name)}"
        yield prose(critic.doc)
        yield f"{_measured(written, critic)} Used by {named(users[name])}."
        for number, method in enumerate(critic.methods, 1):
            yield from _method(f"{number}. " if len(critic.methods) > 1 else "", method)


def _measured(written: Written, critic: Critic) -> str:
    labels = [row["label"] for row in written.rows(critic.examples)]
    good = labels.count("good")
    if len(critic.methods) > 1:
        used = (
            "the first of its methods whose AUC has a 95 % interval above 0.5 with the bound model is used, "
            "and where none has, nothing is judged."
        )
    else:
        used = "it judges only if its AUC has a 95 % interval above 0.5 with the bound model."
    return (
        f"Over {_columns(critic.columns)}. Measured on the {many(len(labels), 'labelled example')} of "
        f"{code(critic.examples)} ({good} good, {len(labels) - good} bad) before anything is made: {used}"
    )


def _method(number: str, method: CriticMethod) -> Iterator[str]:
    """How a score comes about, and the text after which it is read."""
    if isinstance(method, LabelMethod):
        orders = (
            ", the mean over both orders in which the template shows the labels" if method.both_orders else ""
        )
        yield (
            f"{number}*Labels.* The score is log p({code(method.good)}) − log p({code(method.bad)}) of the "
            f"next token, in nats{orders}, after:"
        )
        yield fence(method.template, "jinja")
    elif isinstance(method, RatingMethod):
        labels = ", ".join(map(code, method.labels))
        yield f"{number}*Rating.* The score is the expected position of the next token among {labels}, after:"
        yield fence(method.template, "jinja")
    else:
        tail = f", followed by {quoted(method.tail)}" if method.tail else ""
        lead = f" after {quoted(method.lead)}" if method.lead else ""
        yield (
            f"{number}*Likelihood gain.* The score is the mean log-probability per token, in nats, of "
            f"{code(method.target)}{lead}{tail}, given:"
        )
        yield fence(method.given, "jinja")
        yield "minus the same, given:"
        yield fence(method.neutral, "jinja")


def rules(written: Written, steps: Sequence[AnyStep]) -> Iterator[str]:
    """Each set of rules with its statements in the order in which they act."""
    users = used.rules(steps)
    for name in (one for one in written.method.rules if one in users):
        found = written.method.rules[name]
        kept, rejected = written.examples(name)
        yield f"### Rules {code(name)}"
        yield prose(written.doc("rules", name))
        sinks = [one.name for one in found.statements if isinstance(one, Rejection)]
        proved = f"Proved by examples, {kept} kept and {rejected} rejected" + (
            ", one for each sink or more" if sinks else ""
        )
        yield (
            f"Over {_columns(found.columns)}; cuts change {code(found.subject)}, and the first rejection "
            f"that holds sends a record to its sink. {proved}, run whenever the spec is compiled. Used by "
            f"{named(users[name])}."
        )
        yield numbered(code(statement_text(one, found.subject)) for one in found.statements)


def constitutions(written: Written, steps: Sequence[AnyStep]) -> Iterator[str]:
    users = used.constitutions(steps)
    for name in (one for one in written.method.constitutions if one in users):
        found = written.method.constitutions[name]
        yield f"### Constitution {code(name)}"
        yield prose(found.doc)
        yield f"{many(len(found.principles), 'principle')}. Used by {named(users[name])}."
        yield table(
            ("principle", "category", "text"),
            ((code(id), one.category, prose(one.text)) for id, one in found.principles.items()),
        )


def _columns(columns: dict[str, str]) -> str:
    return listing(f"{code(name)} ({type_.replace('_', ' ')})" for name, type_ in columns.items())
