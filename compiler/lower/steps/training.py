"""Train steps: which records teach what, and with which settings."""

from __future__ import annotations

from compiler.lower.steps.scope import StepBody
from compiler.lower.steps.sorting import lower_part
from compiler.plan.model import AnyStep, EarlyStop, Lora, Optimizer, Train
from compiler.shapes import Ref, Values


def lower_train(body: StepBody) -> AnyStep | None:
    scope, values = body.scope, body.values
    start = scope.model(values.get("start"))
    read = lower_part(body, values.get("data"))
    if start is None or read is None:
        return None
    data, part = read
    columns = scope.columns[data]
    target: Ref = values.get("target")
    if columns.get(target.name) != "text":
        body.not_a_text(target, columns)
        return None
    use = scope.prompt(values.get("prompt"), columns, start)
    if use is None:
        return None
    stop: Values | None = values.get("stop_early")
    watched = lower_part(body, stop.get("on")) if stop else None
    if stop and watched is None:
        return None
    lora: Values = values.get("lora")
    optimizer: Values = values.get("optimizer")
    return Train(
        **body.base({}, scope.id(data)),
        start=start,
        data=scope.id(data),
        part=part,
        prompt=use,
        target=target.name,
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
        stop_early=EarlyStop(on=scope.id(watched[0]), part=watched[1], patience=stop.get("patience"))
        if stop and watched
        else None,
    )
