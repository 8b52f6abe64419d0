"""`like`: a step written as another step of its stage or as a preset, and what it says otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from compiler.diagnostics import Label, article, did_you_mean, listing, respelled
from compiler.frozen import Frozen
from compiler.lower.lowering import Lowering
from compiler.shapes import Ref
from compiler.step_schema import STEPS
from compiler.syntax import tree

KINDS = {kind.name: kind for kind in STEPS}


class Likeness(Frozen):
    """What a step is like, and the fields (dotted) that it sets otherwise."""

    name: str
    overrides: tuple[str, ...]


def expand(
    low: Lowering, file: str, steps: Mapping[str, tree.Definition]
) -> tuple[dict[str, tree.Definition], dict[str, Likeness]]:
    """Each step with the fields of what it is like; its own fields win, inside of records too."""
    whole: dict[str, tree.Definition] = {}
    likes: dict[str, Likeness] = {}
    for name, step in steps.items():
        expanded = _whole(low, file, steps, step, (name,))
        if expanded is not None:
            whole[name], likes[name] = expanded
    return whole, {name: like for name, like in likes.items() if like.name}


def _whole(
    low: Lowering,
    file: str,
    steps: Mapping[str, tree.Definition],
    step: tree.Definition,
    chain: tuple[str, ...],
) -> tuple[tree.Definition, Likeness] | None:
    word = step.related("like")
    if word is None:
        return step, Likeness("", ())
    if not isinstance(step.body, tree.Block):
        low.found.error("SS311", "what is like another step is written with a block { ... }", step.body.span)
        return None
    model = _model(low, file, steps, step, word, chain)
    if model is None or not isinstance(model.body, tree.Block):
        return None
    overrides = tuple(_overrides(model.body, step.body))
    reason = any(field.name.value == "because" for field in step.body.fields())
    if overrides and not reason:
        low.found.error(
            "SS341",
            f'"{step.name.value}" sets {listing(overrides)} otherwise than "{word.value}" without a reason',
            Label(step.name.span),
            Label(model.name.span, "like this one"),
            help='Add: because = "..."',
        )
        return None
    return replace(step, body=_merged(model.body, step.body)), Likeness(word.value, overrides)


def _model(
    low: Lowering,
    file: str,
    steps: Mapping[str, tree.Definition],
    step: tree.Definition,
    word: tree.Name,
    chain: tuple[str, ...],
) -> tree.Definition | None:
    """The step or preset that another one is like."""
    kind = step.kind.value
    other = steps.get(word.value)
    if other is None:
        return _preset(low, file, steps, step, word)
    if other.kind.value != kind:
        low.found.error(
            "SS206",
            f'"{word.value}" is {article(KINDS[other.kind.value].called)}, and this is '
            f"{article(KINDS[kind].called)}",
            Label(word.span),
            Label(other.name.span, "defined here"),
        )
        return None
    if word.value in chain:
        low.found.error(
            "SS208", f'"{chain[0]}" is like itself: {" → ".join((*chain, word.value))}', word.span
        )
        return None
    expanded = _whole(low, file, steps, other, (*chain, word.value))
    return expanded[0] if expanded else None


def _preset(
    low: Lowering, file: str, steps: Mapping[str, tree.Definition], step: tree.Definition, word: tree.Name
) -> tree.Definition | None:
    kind = step.kind.value
    known = [name for name, other in steps.items() if other.kind.value == kind and other is not step]
    scope = low.program.scopes[file]
    if word.value not in scope and not low.program.imports(file, word.value):
        presets = [n for n, s in scope.items() if s.kind == "preset"]
        if not low.program.may_lack_names:
            low.found.error(
                "SS205",
                f'there is no {kind} step and no preset "{word.value}"',
                Label(word.span, did_you_mean(word.value, [*known, *presets])),
                fix=respelled(word.span, word.value, [*known, *presets]),
            )
        return None
    symbol = low.symbol(file, Ref(word.value, word.span), ("preset",), "preset")
    if symbol is None:
        return None
    meant = symbol.definition.related("for")
    if meant is None or meant.value != kind:
        for_what = f"for {meant.value} steps" if meant else "for no kind of step"
        low.found.error(
            "SS342",
            f'preset "{word.value}" is {for_what}, and this is {article(KINDS[kind].called)}',
            Label(word.span),
            Label((meant or symbol.definition.name).span, "defined here"),
            help=f"A preset says what it is for: preset {word.value} for {kind} {{ ... }}",
        )
        return None
    if not isinstance(symbol.definition.body, tree.Block):
        low.found.error("SS311", "a preset is written with a block { ... }", symbol.definition.body.span)
        return None
    return symbol.definition


# What each step says for itself, without it being another setting.
OWN = frozenset({"doc", "because", "needs", "input", "data", "on", "items"})


def _overrides(model: tree.Block, own: tree.Block, path: str = "") -> Iterator[str]:
    """Fields that both set. What only one of them sets is no override."""
    given = {field.name.value: field.value for field in model.fields()}
    for field in own.fields():
        name = field.name.value
        before = given.get(name)
        if before is None or (not path and name in OWN):
            continue
        if isinstance(before, tree.Block) and isinstance(field.value, tree.Block):
            yield from _overrides(before, field.value, f"{path}{name}.")
        else:
            yield f"{path}{name}"


def _merged(model: tree.Block, own: tree.Block) -> tree.Block:
    """The fields of both, in the model's order; what the other gives for itself alone is left out."""
    mine = {field.name.value: field for field in own.fields()}
    entries: list[tree.Entry] = []
    for entry in model.entries:
        if not isinstance(entry, tree.Field):
            entries.append(entry)
            continue
        name = entry.name.value
        if name in ("doc", "because") and name not in mine:
            continue
        field = mine.pop(name, None)
        if field and isinstance(field.value, tree.Block) and isinstance(entry.value, tree.Block):
            field = replace(field, value=_merged(entry.value, field.value))
        entries.append(field or entry)
    rest = [e for e in own.entries if not isinstance(e, tree.Field) or e.name.value in mine]
    return replace(own, entries=(*entries, *rest))
