"""Steps in which a model writes: sources that run in rounds, and completions of records."""

from __future__ import annotations

from compiler.lower.steps.scope import MAPS, StepBody
from compiler.plan.model import AnyStep, Generate, Sampling
from compiler.shapes import Ref, Values


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
    if model is None or ("input" in values and read is None):
        return None
    columns = dict(read[1]) if read else {}
    use = scope.prompt(values.get("prompt"), columns, model)
    if use is None:
        return None
    if ("parse" in values) == ("into" in values):
        found.error(
            "SS323", "a generate step has either parse = ... into column, or into = column", body.place
        )
        return None
    parse: str = values.get("parse", ("text", None))[0]
    into: Ref = values.get("parse")[1] if "parse" in values else values.get("into")
    if read is not None:
        for name in ("until", "pilot", "at_most", "parse"):
            if name in values:
                found.error(
                    "SS324",
                    f'"{name}" is for sources; this step completes the records of its input',
                    values.place(name),
                )
                return None
        if into.name in columns:
            found.error("SS325", f'the records already have a column "{into.name}"', into.span)
            return None
        return Generate(
            **body.base({**columns, into.name: "text", "finish": "finish_reason"}, read[0]),
            model=model,
            prompt=use,
            sampling=lower_sampling(values.get("sampling")),
            into=into.name,
        )
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
    if target.name not in scope.definitions:
        scope.step(target, MAPS, "a step that keeps records")
        return None
    own = {into.name: "text"} if parse != "text" else {into.name: "text", "finish": "finish_reason"}
    return Generate(
        **body.base(own),
        model=model,
        prompt=use,
        sampling=lower_sampling(values.get("sampling")),
        into=into.name,
        parse=parse,  # type: ignore[arg-type]  # the schema's choice
        until_kept=count,
        until_step=scope.id(target.name),
        pilot_items=values.get("pilot"),
        at_most_rounds=values.get("at_most"),
    )
