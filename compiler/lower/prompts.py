"""Prompts, and the samples that they and their callers draw."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from compiler.diagnostics import Label, did_you_mean, listing, respelled
from compiler.lower.data import lower_dataset
from compiler.lower.lowering import Lowering
from compiler.lower.templates import check_template
from compiler.plan.counting import counted
from compiler.plan.model import Prompt, PromptUse, Sample
from compiler.resolve import Symbol
from compiler.schema import LISTS
from compiler.shapes import Ref
from compiler.syntax import tree

EXEMPLARS = "exemplars"
LEADS = {"raw": " ", "chat": ""}  # an answer begins where the chat template ends


def lower_prompt(low: Lowering, file: str, ref: Ref) -> Prompt | None:
    symbol = low.symbol(file, ref, ("prompt",), "prompt")
    if symbol is None:
        return None
    if ref.name not in low.prompts:
        low.prompts[ref.name] = _prompt(low, symbol)
    return low.prompts[ref.name]


def _prompt(low: Lowering, symbol: Symbol) -> Prompt | None:
    columns = low.parameters(symbol) if symbol.definition.parameters else {}
    body = low.body(symbol)
    if columns is None or body is None:
        return None
    before = len(low.found.items)
    samples: list[Sample] = []
    items: dict[str, Mapping[str, str]] = {
        name: LISTS.get(type_, {}) for name, type_ in columns.items() if type_ == "items" or type_ in LISTS
    }
    if EXEMPLARS in body:
        read = lower_sample(low, symbol.file, EXEMPLARS, body.get(EXEMPLARS), {})
        items[EXEMPLARS] = read[1] if read else {}
        samples += [read[0]] if read else []
    elif not body.complete:
        items[EXEMPLARS] = {}  # what was reported may be meant to be them
    plain = {name: type_ for name, type_ in columns.items() if name not in items}
    given = {name: columns_ for name, columns_ in items.items() if columns_}
    open_ = {name: "items" for name, columns_ in items.items() if not columns_}
    template: tree.Text | None = body.get("template")
    if template is None:
        return None
    if not check_template(template, {**plain, **open_}, given, low.found, [*columns, *given]):
        return None
    if template.value != template.value.rstrip():
        low.found.error(
            "SS406",
            "a prompt may not end in white space",
            template.place(len(template.value.rstrip()), len(template.value)),
            help="Tokens begin with their space: one at the end hides the likeliest next tokens.",
        )
        return None
    stops: tuple[tree.Text, ...] = body.get("stop", ())
    for stop in stops:
        if not stop.value:
            low.found.error(
                "SS608",
                "an empty stop string ends every completion before it begins",
                stop.span,
                help='Name what follows a completion, such as "\\n\\n", or leave it out.',
            )
            return None
    if not body.complete or len(low.found.items) > before:
        return None
    kind = body.get("kind", "raw")
    return Prompt(
        kind=kind,
        columns=columns,
        template=template.value,
        samples=tuple(samples),
        stop=tuple(stop.value for stop in stops),
        lead=body.text("lead") if "lead" in body else LEADS[kind],
        doc=body.text("doc"),
    )


def lower_sample(
    low: Lowering, file: str, variable: str, node: tree.Node, steps: Mapping[str, Mapping[str, str]]
) -> tuple[Sample, dict[str, str]] | None:
    """`sample(pool + step, 10)`: the sample, and the columns that all its sources share.

    `steps` offers the columns of the stage's steps; the sample names them bare, and the caller
    adds the stage.
    """
    if not (
        isinstance(node, tree.Call)
        and isinstance(node.function, tree.Name)
        and node.function.value == "sample"
        and len(node.arguments) == 2
        and isinstance(node.arguments[1], tree.Number)
        and isinstance(node.arguments[1].value, int)
        and node.arguments[1].value > 0
    ):
        low.found.error(
            "SS314", "this must be sample(pool, number)", node.span, help="For example sample(seeds, 10)."
        )
        return None
    count = node.arguments[1].value
    shared: dict[str, str] | None = None
    sources: list[str] = []
    at_hand = 0
    for name in _summands(node.arguments[0]):
        if name is None:
            low.found.error("SS314", "what is sampled must be named: sample(seeds + fresh, 10)", node.span)
            return None
        if name.value in steps:
            columns: Mapping[str, str] = steps[name.value]
            if not columns:
                sources.append(name.value)
                continue  # its chain of inputs is broken, and reported where it breaks
        else:
            dataset = lower_dataset(
                low, file, Ref(name.value, name.span), ("pool", "exemplars"), "pool or exemplars"
            )
            if dataset is None:
                return None
            columns = dataset.columns
            at_hand += dataset.items
        sources.append(name.value)
        shared = dict(columns) if shared is None else {c: t for c, t in shared.items() if columns.get(c) == t}
    if at_hand < count:
        low.found.error(
            "SS506",
            f"{count} {'is' if count == 1 else 'are'} drawn from only {counted(at_hand, 'record')}",
            Label(node.span),
            help="Draw fewer, or add records.",
        )
        return None
    return Sample(variable=variable, sources=tuple(sources), count=count), shared or {}


def lower_prompt_use(
    low: Lowering,
    file: str,
    node: tree.Node,
    available: Mapping[str, str],
    steps_columns: Callable[[], Mapping[str, Mapping[str, str]]],
    stage: str,
) -> PromptUse | None:
    """A prompt as a step calls it, checked against the columns that the step's records have.

    `steps_columns` gives those of the stage's steps, for lists that are drawn from their records.
    """
    use = called(node)
    if use is None:
        low.found.error(
            "SS315",
            "this must be the name of a prompt",
            node.span,
            help="Prompts are defined once, never inline.",
        )
        return None
    ref, named = use
    prompt = lower_prompt(low, file, ref)
    if prompt is None:
        return None
    symbol = low.program.lookup(file, ref.name)
    assert symbol is not None
    samples: list[Sample] = []
    items: dict[str, Mapping[str, str]] = {}
    renamed: dict[str, str] = {}
    for variable, value in named:
        if isinstance(value, tree.Name) and prompt.columns.get(variable.value, "items") != "items":
            renamed[variable.value] = value.value
            continue
        if prompt.columns.get(variable.value) != "items":
            low.found.error(
                "SS316",
                f'prompt "{ref.name}" has no list "{variable.value}"',
                Label(variable.span, did_you_mean(variable.value, prompt.columns)),
                help="Samples are given to a prompt's lists, and columns to its columns.",
            )
            return None
        steps = steps_columns()
        read = lower_sample(low, file, variable.value, value, steps)
        if read is None:
            return None
        sample, items[variable.value] = read
        sources = tuple(f"{stage}.{s}" if s in steps else s for s in sample.sources)
        samples.append(replace(sample, sources=sources))
    for column, type_ in prompt.columns.items():
        if type_ == "items":
            if column not in items:
                low.found.error("SS317", f'prompt "{ref.name}" needs {column} = sample(...)', node.span)
                return None
        elif available.get(renamed.get(column, column)) != type_:
            wanted = renamed.get(column, column)
            low.found.error(
                "SS407",
                f'prompt "{ref.name}" needs the column {wanted}: {type_}, which is not there',
                Label(node.span, did_you_mean(wanted, available)),
                Label(symbol.definition.name.span, "the prompt"),
                help=f"The records here have {', '.join(available) or 'no columns'}.",
            )
            return None
    if items and not _items_fit(low, symbol, prompt, items):
        return None
    return PromptUse(prompt=ref.name, samples=tuple(samples), columns=_different(renamed))


def _items_fit(low: Lowering, symbol: Symbol, prompt: Prompt, items: Mapping[str, Mapping[str, str]]) -> bool:
    """The template's use of `shot.column` against the columns of what this caller samples."""
    body = symbol.definition.body
    assert isinstance(body, tree.Block)
    template = next(f.value for f in body.fields() if f.name.value == "template")
    assert isinstance(template, tree.Text)
    own = {s.variable: c for s in prompt.samples for c in [_columns_of(low, s)]}
    listed = {name: LISTS[type_] for name, type_ in prompt.columns.items() if type_ in LISTS}
    plain = {n: type_ for n, type_ in prompt.columns.items() if type_ != "items" and n not in listed}
    return check_template(template, plain, {**own, **listed, **items}, low.found)


def _different(renamed: Mapping[str, str]) -> dict[str, str]:
    """A column that is called the same on both sides is not renamed: both spellings mean the same plan."""
    return {column: other for column, other in sorted(renamed.items()) if column != other}


def lower_columns(
    low: Lowering,
    named: Sequence[tuple[tree.Name, tree.Node]],
    owner: str,
    columns: Mapping[str, str],
) -> dict[str, str] | None:
    """`name(column = other_column)` for critics and rules: which of the record's columns each is given."""
    renamed: dict[str, str] = {}
    for column, value in named:
        if column.value not in columns:
            low.found.error(
                "SS343",
                f'{owner} reads no column "{column.value}"',
                Label(column.span, did_you_mean(column.value, columns)),
                help=f"It reads {listing(columns)}.",
                fix=respelled(column.span, column.value, columns),
            )
            return None
        if not isinstance(value, tree.Name):
            low.found.error("SS343", "what is given to a column is the name of another", value.span)
            return None
        renamed[column.value] = value.value
    return _different(renamed)


def called(node: tree.Node) -> tuple[Ref, Sequence[tuple[tree.Name, tree.Node]]] | None:
    """`name` or `name(column = other, ...)`."""
    match node:
        case tree.Name(value=name, span=span):
            return Ref(name, span), ()
        case tree.Call(function=tree.Name(value=name, span=span), arguments=(), named=named):
            return Ref(name, span), named
        case _:
            return None


def _columns_of(low: Lowering, sample: Sample) -> dict[str, str]:
    datasets = [low.datasets[s] for s in sample.sources]
    return dict(datasets[0].columns) if datasets and datasets[0] else {}


def _summands(node: tree.Node) -> list[tree.Name | None]:
    if isinstance(node, tree.Name):
        return [node]
    if isinstance(node, tree.Operation) and node.op == "+":
        return [name for part in node.operands for name in _summands(part)]
    return [None]
