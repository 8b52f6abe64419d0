"""Judge steps: which critic, by which model, and how sure it must be."""

from __future__ import annotations

from collections.abc import Mapping

from compiler.diagnostics import Label, did_you_mean, listing
from compiler.lower.critics import lower_critic
from compiler.lower.steps.scope import StepBody
from compiler.plan.model import Accept, AnyStep, Judge
from compiler.shapes import QuantityOf, Ref
from compiler.syntax import tree


def lower_judge(body: StepBody) -> AnyStep | None:
    scope, values = body.scope, body.values
    read = body.input()
    critic_ref, model_ref = values.get("critic")
    critic, model = lower_critic(scope.low, scope.file, critic_ref), scope.model(model_ref)
    accept = _accept(body)
    if read is None or critic is None or model is None or accept is None:
        return None
    before, columns = read
    if not critic_fits(body, critic_ref, critic.columns, columns):
        return None
    return Judge(
        **body.base({**columns, f"{body.name}_score": "number"}, before),
        critic=critic_ref.name,
        model=model,
        accept=accept,
    )


def critic_fits(body: StepBody, ref: Ref, wanted: Mapping[str, str], columns: Mapping[str, str]) -> bool:
    for column, type_ in wanted.items():
        if columns.get(column) != type_:
            body.scope.low.found.error(
                "SS420",
                f'critic "{ref.name}" reads the column {column}: {type_}, which is not there',
                Label(ref.span, did_you_mean(column, columns)),
                help=f"The records here have {listing(columns)}.",
            )
            return False
    return True


def _accept(body: StepBody) -> Accept | None:
    node, found = body.values.get("accept"), body.scope.low.found
    match node:
        case tree.Phrase(
            head=tree.Name(value="good"),
            links=(
                (
                    "at",
                    tree.Operation(
                        op=">=", operands=(tree.Name(value=("margin" | "precision") as by), bound)
                    ),
                ),
            ),
        ):
            shape = QuantityOf("nats", -1e9) if by == "margin" else QuantityOf("share", 0.5, 1)
            value = shape.read(bound, found)
            return Accept(by=by, at_least=value) if isinstance(value, float) else None
        case tree.Name(value="good"):
            found.error(
                "SS605",
                "accepting without a margin ignores how sure the critic is",
                node.span,
                help="Write good at margin >= 1.0 nats, or good at precision >= 90 %.",
            )
        case _:
            found.error(
                "SS328", "this must be good at margin >= 1.0 nats, or good at precision >= 90 %", node.span
            )
    return None
