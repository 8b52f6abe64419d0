"""Train steps: which records teach what, and with which settings."""

from __future__ import annotations

from compiler.lower.steps.scope import Read, StepBody, finish_of
from compiler.lower.steps.sorting import lower_part
from compiler.plan.model import (
    AnyStep,
    EarlyStop,
    Lora,
    Objective,
    Optimizer,
    Order,
    Preference,
    Supervised,
    Train,
)
from compiler.shapes import Ref, Values

# Which fields a method needs, and which it may have.
FIELDS = {
    "sft": (("target",), ("loss_on",)),
    "dpo": (("chosen", "rejected", "beta"), ("reference",)),
}


def lower_train(body: StepBody) -> AnyStep | None:
    scope, values = body.scope, body.values
    start = scope.model(values.get("start"))
    read = lower_part(body, values.get("data"))
    if start is None or read is None:
        return None
    objective = _objective(body, read, start)
    use = scope.prompt(values.get("prompt"), read.columns, start)
    if objective is None or use is None:
        return None
    stop: Values | None = values.get("stop_early")
    watched = lower_part(body, stop.get("on")) if stop else None
    if stop and watched is None:
        return None
    lora: Values = values.get("lora")
    optimizer: Values = values.get("optimizer")
    scope.low.model_kinds[scope.id(body.name)] = scope.kind_of(start)
    return Train(
        **body.from_input(read, {}),
        objective=objective,
        start=start,
        prompt=use,
        lora=Lora(
            rank=lora.get("rank"),
            alpha=lora.get("alpha"),
            dropout=float(lora.get("dropout", 0.0)),
            modules=lora.get("modules", "all_linear"),
        ),
        weights=values.get("weights", "bf16"),
        optimizer=Optimizer(
            name=optimizer.get("name", "adamw"),
            learning_rate=optimizer.get("learning_rate"),
            schedule=optimizer.get("schedule", "cosine"),
            warmup=optimizer.get("warmup", 0.0),
            weight_decay=float(optimizer.get("weight_decay", 0.0)),
        ),
        epochs=values.get("epochs"),
        batch=values.get("batch"),
        max_length=values.get("max_length"),
        keep_order=isinstance(scope.done.get(read.step.removeprefix(scope.id(""))), Order),
        stop_early=EarlyStop(on=watched.step, part=watched.part, patience=stop.get("patience"))
        if stop and watched
        else None,
    )


def _objective(body: StepBody, read: Read, start: str) -> Objective | None:
    values, found = body.values, body.scope.low.found
    method: str = values.get("method")
    needed, _ = FIELDS[method]
    for other, (needs, may) in FIELDS.items():
        for field in (*needs, *may):
            if other != method and field in values:
                found.error(
                    "SS363",
                    f'"{field}" is for method {other}, and this is {method}',
                    values.place(field),
                )
                return None
    for field in needed:
        if field not in values:
            found.error("SS310", f'method {method} needs the field "{field}"', body.place)
            return None
    if method == "sft":
        target: Ref = values.get("target")
        if not body.text_column(target, read.columns):
            return None
        return Supervised(
            target=target.name,
            finish=finish_of(target.name, read.columns),
            loss_on=values.get("loss_on", "target"),
        )
    chosen, rejected = values.get("chosen"), values.get("rejected")
    if not body.text_column(chosen, read.columns) or not body.text_column(rejected, read.columns):
        return None
    if chosen.name == rejected.name:
        found.error("SS353", "a text cannot be preferred to itself", rejected.span)
        return None
    reference = body.scope.model(values.get("reference")) if "reference" in values else start
    if reference is None:
        return None
    return Preference(
        chosen=chosen.name,
        rejected=rejected.name,
        chosen_finish=finish_of(chosen.name, read.columns),
        rejected_finish=finish_of(rejected.name, read.columns),
        reference=reference,
        beta=float(values.get("beta")),
    )
