"""The fields of a step of which something was reported, each looked at by itself.

A step is lowered until something is missing. What its other fields name is looked up here all the same, so
that all slips of a step are told at once; what was told before is not told again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from compiler.lower.critics import lower_critic
from compiler.lower.data import lower_dataset
from compiler.lower.prompts import called, lower_prompt, lower_sample
from compiler.lower.rules import lower_rules
from compiler.lower.steps.evaluating import arms_compared, item_sets, read_score
from compiler.lower.steps.gates import lower_requirement
from compiler.lower.steps.generating import read_parse
from compiler.lower.steps.judging import lower_accept
from compiler.lower.steps.scope import GATES, MAPS, StepBody
from compiler.lower.steps.sorting import lower_part
from compiler.shapes import Ref, dotted
from compiler.syntax import tree

Look = Callable[[StepBody, tree.Node], object]


def look_at_each_field(body: StepBody) -> None:
    block = body.definition.body
    for field in block.fields() if isinstance(block, tree.Block) else ():
        look = LOOKS.get(field.name.value)
        if look is not None:
            look(body, field.value)


def _records(body: StepBody, node: tree.Node) -> None:
    ref = dotted(node)
    if ref is not None:
        body.scope.records(ref)


def _reviewed(body: StepBody, node: tree.Node) -> None:
    if body.definition.kind.value == "review":
        _records(body, node)


def _part(body: StepBody, node: tree.Node) -> None:
    ref = dotted(node)
    if ref is not None:
        lower_part(body, ref)


def _watched(body: StepBody, node: tree.Node) -> None:
    for field in node.fields() if isinstance(node, tree.Block) else ():
        if field.name.value == "on":
            _part(body, field.value)


def _prompt(body: StepBody, node: tree.Node) -> None:
    use, scope = called(node), body.scope
    if use is None:
        return
    lower_prompt(scope.low, scope.file, use[0])
    for variable, value in use[1]:
        if isinstance(value, tree.Call):
            lower_sample(scope.low, scope.file, variable.value, value, scope.columns_of_sources())


def _model_with_prompt(body: StepBody, node: tree.Node) -> None:
    match node:
        case tree.Phrase(head=head, links=(("with", prompt),)):
            body.model(head)
            _prompt(body, prompt)


def _arms(body: StepBody, node: tree.Node) -> None:
    for field in node.fields() if isinstance(node, tree.Block) else ():
        _model_with_prompt(body, field.value)


def _kinds(body: StepBody, node: tree.Node) -> None:
    for field in node.fields() if isinstance(node, tree.Block) else ():
        _prompt(body, field.value)


def _critic(body: StepBody, node: tree.Node) -> None:
    match node:
        case tree.Phrase(head=head, links=(("by", model),)) if (use := called(head)) is not None:
            lower_critic(body.scope.low, body.scope.file, use[0])
            body.model(model)


def _rules(body: StepBody, node: tree.Node) -> None:
    for part in _parts(node):
        use = called(part)
        if use is not None:
            lower_rules(body.scope.low, body.scope.file, use[0])


def _apart_from(body: StepBody, node: tree.Node) -> None:
    for ref in _names(node):
        lower_dataset(body.scope.low, body.scope.file, ref)


def _about(body: StepBody, node: tree.Node) -> None:
    for ref in _names(node):
        lower_dataset(body.scope.low, body.scope.file, ref, ("pool", "exemplars"), "pool or exemplars")


def _items(body: StepBody, node: tree.Node) -> None:
    if body.definition.kind.value == "evaluate":
        item_sets(body, node)


def _score(body: StepBody, node: tree.Node) -> None:
    for part in _parts(node):
        written = read_score(body, part)
        if written is not None and written.judged is not None:
            lower_critic(body.scope.low, body.scope.file, written.name)
            body.scope.model(written.judged[1])


def _needs(body: StepBody, node: tree.Node) -> None:
    for ref in _names(node):
        body.scope.step(ref, GATES, "a gate")


def _until(body: StepBody, node: tree.Node) -> None:
    match node:
        case tree.Phrase(links=(("in", tree.Name(value=name, span=span)),)):
            body.scope.step(Ref(name, span), MAPS, "a step that keeps records")


def _compare(body: StepBody, node: tree.Node) -> None:
    block = body.definition.body
    whole = isinstance(node, tree.Configured)  # else what is missing was reported
    for field in block.fields() if whole and isinstance(block, tree.Block) else ():
        if field.name.value == "arms" and isinstance(field.value, tree.Block):
            arms_compared(body, node, [arm.name.value for arm in field.value.fields()])


def _require(body: StepBody, node: tree.Node) -> None:
    for part in _parts(node):
        lower_requirement(body, part)


def _accept(body: StepBody, node: tree.Node) -> None:
    if body.definition.kind.value == "judge":
        lower_accept(body, node)


def _parse(body: StepBody, node: tree.Node) -> None:
    read_parse(body, node)


def _model(body: StepBody, node: tree.Node) -> None:
    body.model(node)


def _parts(node: tree.Node) -> tuple[tree.Node, ...]:
    return node.items if isinstance(node, tree.Items) else (node,)


def _names(node: tree.Node) -> Iterator[Ref]:
    return (Ref(part.value, part.span) for part in _parts(node) if isinstance(part, tree.Name))


LOOKS: Mapping[str, Look] = {
    "input": _records,
    "on": _reviewed,
    "data": _part,
    "stop_early": _watched,
    "model": _model,
    "start": _model,
    "reference": _model,
    "prompt": _prompt,
    "user": _model_with_prompt,
    "assistant": _model_with_prompt,
    "arms": _arms,
    "kinds": _kinds,
    "critic": _critic,
    "rules": _rules,
    "apart_from": _apart_from,
    "about": _about,
    "items": _items,
    "score": _score,
    "needs": _needs,
    "until": _until,
    "compare": _compare,
    "require": _require,
    "accept": _accept,
    "parse": _parse,
}
