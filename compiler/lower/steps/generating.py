"""Steps in which a model writes: sources that run in rounds, completions of records, conversations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compiler.diagnostics import Label, did_you_mean, listing, respelled
from compiler.lower.data import lower_dataset
from compiler.lower.steps.scope import MAPS, Read, StepBody, finish_column
from compiler.plan.model import AnyStep, Compose, Converse, Generate, Negatives, PromptUse, Sampling, Speaker
from compiler.shapes import QuantityOf, Ref, Values
from compiler.syntax import tree

MOST_TURNS = 20
PARSES = ("numbered_list", "question", "fields", "json")
SOURCE_FIELDS = ("until", "pilot", "at_most", "about", "shortfall")


def lower_sampling(values: Values) -> Sampling:
    return Sampling(
        max_tokens=values.get("max"),
        temperature=float(values.get("temperature", 0.0)),
        top_p=float(values.get("top_p", 1.0)),
        top_k=values.get("top_k", 0),
        repetition_penalty=float(values.get("repetition_penalty", 1.0)),
    )


def lower_generate(body: StepBody) -> AnyStep | None:
    scope, values, found = body.scope, body.values, body.scope.low.found
    model = scope.model(values.get("model"))
    read = body.input() if "input" in values else None
    if "input" in values and read is None:
        return None
    columns = dict(read.columns) if read else {}
    about = _about(body) if "about" in values else {}
    if about is None:
        return None
    use = scope.prompt(values.get("prompt"), {**columns, **about}, model)
    if model is None or use is None:
        return None
    if ("parse" in values) == ("into" in values):
        found.error(
            "SS323", "a generate step has either parse = ... into column, or into = column", body.place
        )
        return None
    written = (
        read_parse(body, values.get("parse"))
        if "parse" in values
        else {"parse": "text", "into": values.get("into").name}
    )
    if written is None:
        return None
    shared = {
        "model": model,
        "prompt": use,
        "sampling": lower_sampling(values.get("sampling")),
        **written,
    }
    if read is not None:
        return _completion(body, read, shared)
    return _source(body, shared, about)


def _completion(body: StepBody, read: Read, shared: dict[str, Any]) -> AnyStep | None:
    """A step with an input: a completion, or several drafts, of each record."""
    values, found = body.values, body.scope.low.found
    for name in SOURCE_FIELDS:
        if name in values:
            found.error(
                "SS324",
                f'"{name}" is for sources; this step completes the records of its input',
                values.place(name),
            )
            return None
    if shared["parse"] == "numbered_list":
        found.error(
            "SS324",
            "a list is for sources; this step writes one completion of each record of its input",
            values.place("parse"),
        )
        return None
    made = shared.get("fields") or [shared["into"]]
    for column in made:
        if not body.new_column(
            Ref(column, values.place("parse" if "parse" in values else "into")), read.columns
        ):
            return None
    finish = finish_column(shared["into"], read.columns)
    columns = {**read.columns, **_columns(shared), finish: "finish_reason"}
    return Generate(**body.from_input(read, columns), finish=finish, drafts=values.get("drafts", 1), **shared)


def _source(body: StepBody, shared: dict[str, Any], about: Mapping[str, str]) -> AnyStep | None:
    scope, values, found = body.scope, body.values, body.scope.low.found
    if "drafts" in values:
        found.error(
            "SS324", "drafts are of the records of an input, and this step has none", values.place("drafts")
        )
        return None
    missing = [name for name in ("until", "pilot", "at_most") if name not in values]
    if missing:
        found.error(
            "SS326",
            f'a source needs "{missing[0]}"',
            body.place,
            help="Write until = 15_000 kept in STEP, pilot = 150 items, and at_most = 40 rounds.",
        )
        return None
    count, target = values.get("until")
    wanted = scope.definitions.get(target.name)
    if wanted is None or wanted.kind.value not in MAPS:
        scope.step(target, MAPS, "a step that keeps records")
        return None
    lists = shared["parse"] == "numbered_list"
    own = {**about, **_columns(shared)} | ({} if lists else {"finish": "finish_reason"})
    return Generate(
        **body.base(own),
        **shared,
        finish="" if lists else "finish",
        about=values.get("about").name if "about" in values else None,
        until_kept=count,
        until_step=scope.id(target.name),
        pilot_items=values.get("pilot"),
        at_most_rounds=values.get("at_most"),
        shortfall=values.get("shortfall", "taint"),
    )


def _columns(shared: Mapping[str, Any]) -> dict[str, str]:
    """What a completion fills: one text, or the columns that are read out of it."""
    if shared["parse"] == "json":
        return dict(shared["fields"])
    if shared["parse"] == "fields":
        return dict.fromkeys(shared["fields"], "text")
    return {shared["into"]: "text"}


def _about(body: StepBody) -> dict[str, str] | None:
    """The columns of the data that a source's prompts go by."""
    ref: Ref = body.values.get("about")
    dataset = lower_dataset(body.scope.low, body.scope.file, ref, ("pool", "exemplars"), "pool or exemplars")
    return None if dataset is None else dict(dataset.columns)


def read_parse(body: StepBody, node: tree.Node) -> dict[str, Any] | None:
    """The plan's fields for how a completion is read."""
    found = body.scope.low.found
    match node:
        case tree.Phrase(
            head=tree.Name(value=("numbered_list" | "question") as form),
            links=(("into", tree.Name(value=column)),),
        ):
            return {"parse": form, "into": column}
        case tree.Configured(head=tree.Name(value=("fields" | "json") as form), settings=settings):
            fields = _fields(body, form, settings)
            return fields and {"parse": form, "into": next(iter(fields)), "fields": fields}
        case (
            tree.Phrase(head=tree.Name(value=word, span=span))
            | tree.Configured(head=tree.Name(value=word, span=span))
        ) if word not in PARSES:
            found.error(
                "SS305",
                f'"{word}" is not known here',
                Label(span, did_you_mean(word, PARSES)),
                help=f"Write {listing(PARSES).replace(' and ', ' or ')}.",
                fix=respelled(span, word, PARSES),
            )
        case _:
            found.error(
                "SS344",
                'this must be numbered_list into COLUMN, question into COLUMN, fields { COLUMN = "Label:" } '
                "or json { COLUMN = text }",
                node.span,
            )
    return None


def _fields(body: StepBody, form: str, settings: tree.Block) -> dict[str, str] | None:
    """Columns and their labels in the text, or their types in JSON."""
    fields: dict[str, str] = {}
    for entry in settings.entries:
        match entry:
            case tree.Field(name=name) if name.value in fields:
                body.scope.low.found.error("SS309", f'"{name.value}" is set twice', name.span)
                return None
            case tree.Field(name=name, value=tree.Text(value=label)) if form == "fields" and label.strip():
                fields[name.value] = label
            case tree.Field(name=name, value=tree.Name(value=("text" | "number") as type_)) if form == "json":
                fields[name.value] = type_
            case _:
                wanted = 'COLUMN = "Label:"' if form == "fields" else "COLUMN = text or COLUMN = number"
                body.scope.low.found.error("SS344", f"in {form} each entry is {wanted}", entry.span)
                return None
    if not fields:
        body.scope.low.found.error("SS344", f"{form} names at least one column", settings.span)
    return fields or None


def lower_compose(body: StepBody) -> AnyStep | None:
    read = body.input()
    if read is None:
        return None
    use = body.scope.prompt(body.values.get("prompt"), read.columns, None)
    into: Ref = body.values.get("into")
    if use is None or not body.new_column(into, read.columns):
        return None
    return Compose(**body.from_input(read, {**read.columns, into.name: "text"}), prompt=use, into=into.name)


def lower_negatives(body: StepBody) -> AnyStep | None:
    scope, values = body.scope, body.values
    read, model = body.input(), scope.model(values.get("model"))
    into: Ref = values.get("into")
    if read is None or model is None or not body.new_column(into, read.columns):
        return None
    kinds = _kinds(body, values.get("kinds"), read.columns, model)
    if kinds is None:
        return None
    finish = finish_column(into.name, read.columns)
    columns = {**read.columns, into.name: "text", "negative": "text", finish: "finish_reason"}
    return Negatives(
        **body.from_input(read, columns),
        model=model,
        kinds=kinds,
        sampling=lower_sampling(values.get("sampling")),
        into=into.name,
        finish=finish,
    )


def _kinds(
    body: StepBody, node: tree.Node, columns: Mapping[str, str], model: str
) -> dict[str, PromptUse] | None:
    found = body.scope.low.found
    if not isinstance(node, tree.Block) or not node.entries:
        found.error("SS345", "kinds are written { name = prompt, ... }", node.span)
        return None
    kinds: dict[str, PromptUse] = {}
    for entry in node.entries:
        if not isinstance(entry, tree.Field):
            found.error("SS345", "a kind is written name = prompt", entry.span)
            return None
        if entry.name.value in kinds:
            found.error("SS309", f'"{entry.name.value}" is set twice', entry.name.span)
            return None
        use = body.scope.prompt(entry.value, columns, model)
        if use is None:
            return None
        kinds[entry.name.value] = use
    return kinds


def lower_converse(body: StepBody) -> AnyStep | None:
    values = body.values
    read = body.input()
    if read is None:
        return None
    opening, into = values.get("opening"), values.get("into")
    if not body.text_column(opening, read.columns) or not body.new_column(into, read.columns):
        return None
    if not body.new_column(Ref("turns", into.span), read.columns):
        return None
    turns = _turns(body)
    if turns is None:
        return None
    talk = {**read.columns, "turns": "turns"}
    user = _speaker(body, "user", talk)
    assistant = _speaker(body, "assistant", {**talk, opening.name: "text"})
    if user is None or assistant is None:
        return None
    finish = finish_column(into.name, read.columns)
    return Converse(
        **body.from_input(read, {**talk, into.name: "text", finish: "finish_reason"}),
        opening=opening.name,
        user=user,
        assistant=assistant,
        turns=turns[1],
        least_turns=turns[0] if turns[0] < turns[1] else None,
        sampling=lower_sampling(values.get("sampling")),
        into=into.name,
        finish=finish,
    )


def _turns(body: StepBody) -> tuple[int, int] | None:
    """The fewest turns and the most: `3 turns`, or `3..5`."""
    node, found = body.values.get("turns"), body.scope.low.found
    if isinstance(node, tree.Range):
        if 1 <= node.low <= node.high <= MOST_TURNS:
            return node.low, node.high
        found.error("SS302", f"this must be a range from 1 to {MOST_TURNS} turns", node.span)
        return None
    value = QuantityOf("turns", 1, MOST_TURNS, whole=True).read(node, found)
    return (value, value) if isinstance(value, int) else None


def _speaker(body: StepBody, side: str, columns: Mapping[str, str]) -> Speaker | None:
    """`MODEL with PROMPT`; the prompt must show the turns, else the history would be lost."""
    scope, node = body.scope, body.values.get(side)
    match node:
        case tree.Phrase(head=tree.Name() | tree.Attribute() as head, links=(("with", prompt),)):
            model = body.model(head)
            use = scope.prompt(prompt, columns, model) if model else None
            if model is None or use is None:
                return None
            shown = scope.low.prompts[use.prompt]
            if shown is None or not any(type_ == "turns" for type_ in shown.columns.values()):
                scope.low.found.error(
                    "SS346",
                    f'prompt "{use.prompt}" does not show the turns so far',
                    prompt.span,
                    help="Give it a column turns: turns, and let its template run over them.",
                )
                return None
            return Speaker(model=model, prompt=use)
        case _:
            scope.low.found.error("SS347", f"the {side} is written MODEL with PROMPT", node.span)
            return None
