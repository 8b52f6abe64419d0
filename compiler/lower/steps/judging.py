"""Steps that ask a critic: which critic, by which model, on which columns, and how sure it must be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from compiler.diagnostics import Label, did_you_mean, listing
from compiler.lower.critics import lower_critic
from compiler.lower.prompts import called, lower_columns
from compiler.lower.steps.scope import KINDS_DIFFER, StepBody
from compiler.plan.model import Accept, AnyStep, Best, Compare, CriticUse, Generate, Judge, Rate
from compiler.shapes import NumberOf, QuantityOf, Ref, misspelt
from compiler.syntax import tree

BOUNDS = "good at margin >= 1.0 nats, good at precision >= 90 %, or good at kappa >= 0.7"
BOUND_SHAPES: dict[str, QuantityOf | NumberOf] = {
    "margin": QuantityOf("nats", -1e9),
    "precision": QuantityOf("share", 0.5, 1),
    "kappa": NumberOf(0.01, 1),
}


def lower_judge(body: StepBody) -> AnyStep | None:
    read = body.input()
    critic = lower_critic_use(body, body.values.get("critic"), read.columns if read else None)
    accept = lower_accept(body, body.values.get("accept"))
    if read is None or critic is None or accept is None:
        return None
    columns = {**read.columns, f"{body.name}_score": "number"}
    return Judge(**body.from_input(read, columns), critic=critic, accept=accept)


def lower_rate(body: StepBody) -> AnyStep | None:
    read = body.input()
    critic = lower_critic_use(body, body.values.get("critic"), read.columns if read else None)
    if read is None or critic is None:
        return None
    return Rate(**body.from_input(read, {**read.columns, f"{body.name}_score": "number"}), critic=critic)


def lower_best(body: StepBody) -> AnyStep | None:
    scope, found = body.scope, body.scope.low.found
    read = body.input()
    critic = lower_critic_use(body, body.values.get("critic"), read.columns if read else None)
    if read is None or critic is None:
        return None
    before = scope.before(read.step)
    if not any(isinstance(step, Generate) and step.drafts > 1 for step in before):
        found.error(
            "SS352",
            "there are no drafts to choose from",
            body.values.place("input"),
            help="Write drafts = 4 drafts in the generate step before it.",
        )
        return None
    return Best(**body.from_input(read, {**read.columns, f"{body.name}_score": "number"}), critic=critic)


def lower_compare(body: StepBody) -> AnyStep | None:
    read = body.input()
    critic = lower_critic_use(body, body.values.get("critic"), read.columns if read else None)
    first, second = body.values.get("first"), body.values.get("second")
    if read is None or critic is None:
        return None
    if not body.text_column(first, read.columns) or not body.text_column(second, read.columns):
        return None
    if not judges_between(body, critic, first, second):
        return None
    columns = {**read.columns, f"{body.name}_score": "number"}
    return Compare(**body.from_input(read, columns), critic=critic, first=first.name, second=second.name)


def judges_between(body: StepBody, critic: CriticUse, first: Ref, second: Ref) -> bool:
    """Whether a critic reads one of two columns (it is asked twice) or both of them."""
    found = body.scope.low.found
    if first.name == second.name:
        found.error("SS353", "a text cannot be compared with itself", second.span)
        return False
    known = body.scope.low.critics[critic.critic]
    reads = {critic.columns.get(column, column) for column in (known.columns if known else ())}
    if not reads & {first.name, second.name}:
        found.error(
            "SS353",
            f'critic "{critic.critic}" reads neither "{first.name}" nor "{second.name}"',
            body.values.place("critic"),
            help=f"Say which of its columns is judged: {critic.critic}(COLUMN = {first.name}).",
        )
        return False
    return True


def lower_critic_use(
    body: StepBody, written: tuple[tree.Node, Ref], columns: Mapping[str, str] | None
) -> CriticUse | None:
    """`CRITIC(column = other) by MODEL`, checked against the columns that the records have."""
    scope, found = body.scope, body.scope.low.found
    node, model_ref = written
    use = called(node)
    if use is None:
        found.error("SS301", "this must be the name of a critic, not an expression", node.span)
        return None
    ref, named = use
    critic, model = lower_critic(scope.low, scope.file, ref), scope.model(model_ref)
    if critic is None:
        return None
    renamed = lower_columns(scope.low, named, f'critic "{ref.name}"', critic.columns)
    if renamed is None or model is None or columns is None:
        return None
    for column, type_ in critic.columns.items():
        wanted = renamed.get(column, column)
        if columns.get(wanted) != type_:
            found.error(
                "SS420",
                f'critic "{ref.name}" reads the column {wanted}: {type_}, which is not there',
                Label(ref.span, did_you_mean(wanted, columns)),
                help=f"The records here have {listing(columns)}.",
            )
            return None
    if not _fits_the_judge(body, ref, model):
        return None
    return CriticUse(critic=ref.name, model=model, columns=renamed)


def _fits_the_judge(body: StepBody, ref: Ref, model: str) -> bool:
    """Whether a critic's templates are written for the kind of model that judges."""
    scope = body.scope
    kind, judge = scope.low.critic_kinds[ref.name], scope.kind_of(model)
    if judge in ("", kind):
        return True
    symbol = scope.low.owners["critic", ref.name]
    scope.low.found.error(
        "SS604",
        f'critic "{ref.name}" is for {kind} models, and "{model}" is {judge}',
        Label(ref.span),
        Label(symbol.definition.name.span, "the critic"),
        help=KINDS_DIFFER[judge],
    )
    return False


def lower_accept(body: StepBody, node: tree.Node) -> Accept | None:
    """`good at margin >= 1.0 nats`, `good at precision >= 90 %` or `good at kappa >= 0.7`."""
    match node:
        case tree.Phrase(head=tree.Name(value="good"), links=(("at", bound),)):
            return lower_bound(body, bound)
        case tree.Name(value="good"):
            body.scope.low.found.error(
                "SS605",
                "accepting without a margin ignores how sure the critic is",
                node.span,
                help=f"Write {BOUNDS}.",
            )
        case _:
            _no_bound(body, node, ("good", *BOUND_SHAPES))
    return None


def lower_bound(body: StepBody, node: tree.Node) -> Accept | None:
    """`margin >= 1.0 nats`, `precision >= 90 %` or `kappa >= 0.7`."""
    match node:
        case tree.Operation(
            op=">=", operands=(tree.Name(value=("margin" | "precision" | "kappa") as by), bound)
        ):
            value = BOUND_SHAPES[by].read(bound, body.scope.low.found)
            return Accept(by=by, at_least=float(value)) if isinstance(value, int | float) else None
        case _:
            _no_bound(body, node, BOUND_SHAPES)
            return None


def _no_bound(body: StepBody, node: tree.Node, words: Iterable[str]) -> None:
    place, fix = misspelt(node, words)
    body.scope.low.found.error("SS328", f"this must be {BOUNDS}", place, fix=fix)
