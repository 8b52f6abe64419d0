"""Steps to plan types: one function per kind, all with the same signature."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from compiler.diagnostics import Label, Span, did_you_mean, listing
from compiler.lower.conditions import StepFacts, asked_steps, lower_condition, result_leaf
from compiler.lower.critics import lower_critic
from compiler.lower.data import lower_dataset
from compiler.lower.lowering import Lowering
from compiler.lower.prompts import lower_prompt_use
from compiler.lower.rules import lower_rules
from compiler.plan.model import (
    Accept,
    AnyStep,
    Arm,
    Comparison,
    EarlyStop,
    Evaluate,
    Expression,
    Filter,
    Gate,
    Generate,
    Judge,
    Lora,
    Near,
    Optimizer,
    Output,
    Prompt,
    PromptUse,
    Quality,
    Rejection,
    Requirement,
    Role,
    Rules,
    Sampling,
    Split,
    Train,
)
from compiler.schema import STEPS
from compiler.shapes import NumberOf, QuantityOf, Ref, Values
from compiler.syntax import tree

STEP_KINDS = {kind.name: kind for kind in STEPS}
GATES = ("quality", "gate")
MAPS = ("generate", "filter", "judge")


@dataclass(slots=True)
class StageScope:
    """The stage being lowered: its steps as blocks, and what is known of those already lowered."""

    low: Lowering
    file: str
    name: str
    learner: str
    definitions: Mapping[str, tree.Definition]
    columns: dict[str, dict[str, str]] = field(default_factory=dict)
    facts: dict[str, StepFacts] = field(default_factory=dict)
    parts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    done: dict[str, AnyStep] = field(default_factory=dict)
    arms: dict[str, Evaluate] = field(default_factory=dict)

    def id(self, step: str) -> str:
        return f"{self.name}.{step}"

    def step(self, ref: Ref, kinds: tuple[str, ...], what: str) -> bool:
        """Whether the name is a step of one of these kinds that was lowered; reports what it is not."""
        definition = self.definitions.get(ref.name)
        if definition is None:
            near = [n for n, d in self.definitions.items() if d.kind.value in kinds]
            if not self.low.program.damaged:
                self.low.found.error(
                    "SS205",
                    f'there is no step "{ref.name}" in this stage',
                    Label(ref.span, did_you_mean(ref.name, near)),
                    help=f"This must be {what}: {listing(near)}." if near else f"This must be {what}.",
                )
            return False
        if definition.kind.value not in kinds:
            called = STEP_KINDS[definition.kind.value].called
            self.low.found.error(
                "SS206",
                f'"{ref.name}" is a {called}; this must be {what}',
                Label(ref.span),
                Label(definition.name.span, "defined here"),
            )
            return False
        return ref.name in self.done

    def model(self, ref: Ref) -> str | None:
        """A model's name, the learner's, or the id of the train step that makes it."""
        if ref.name == "learner":
            return self.learner
        if ref.name in self.definitions:
            return self.id(ref.name) if self.step(ref, ("train",), "a model") else None
        symbol = self.low.symbol(self.file, ref, ("model",), "model")
        return lower_model(self.low, self.file, ref) if symbol else None

    def kind_of(self, model: str) -> str:
        """raw or chat; a trained model stays what its base is."""
        role = self.low.models.get(model) or self.low.models.get(self.learner)
        return role.kind if role else "raw"

    def prompt(self, node: tree.Node, columns: Mapping[str, str], model: str) -> PromptUse | None:
        use = lower_prompt_use(self.low, self.file, node, columns, self.columns_of_sources(), self.name)
        if use is None:
            return None
        prompt = self.low.prompts[use.prompt]
        if isinstance(prompt, Prompt) and prompt.kind != self.kind_of(model):
            self.low.found.error(
                "SS604",
                f'prompt "{use.prompt}" is for {prompt.kind} models, and "{model}" is {self.kind_of(model)}',
                node.span,
                help="A base model is only ever given completion prompts.",
            )
            return None
        return use

    def columns_of_sources(self) -> dict[str, dict[str, str]]:
        """Columns of every map step, for prompts that draw on what earlier rounds kept.

        A growing pool reads a step that comes later in the text of the graph, so its columns are
        found by name: the column that the stage's source writes.
        """
        return {
            name: self.columns.get(name, self.grown(name))
            for name, d in self.definitions.items()
            if d.kind.value in MAPS
        }

    def grown(self, step: str) -> dict[str, str]:
        """The columns that a step will have, read from its chain of inputs before it is lowered."""
        seen: set[str] = set()
        while step in self.definitions and step not in seen:
            seen.add(step)
            body = self.definitions[step].body
            fields = {f.name.value: f.value for f in body.fields()} if isinstance(body, tree.Block) else {}
            match fields:
                case {"parse": tree.Phrase(links=(("into", tree.Name(value=column)),))}:
                    return {column: "text"}
                case {"input": tree.Name(value=before)}:
                    step = before
                case {"into": tree.Name(value=column)}:
                    return {column: "text", "finish": "finish_reason"}
                case _:
                    return {}
        return {}


@dataclass(frozen=True, slots=True)
class StepBody:
    """One step's block as read. `base` are the plan fields that all steps share."""

    scope: StageScope
    definition: tree.Definition
    values: Values

    @property
    def name(self) -> str:
        return self.definition.name.value

    @property
    def place(self) -> Span:
        return self.definition.name.span

    def base(self, columns: Mapping[str, str], *inputs: str) -> dict[str, Any]:
        doc = " ".join(self.values.text("doc").split())
        needs = [
            self.scope.id(ref.name)
            for ref in self.values.get("needs", ())
            if self.scope.step(ref, GATES, "a gate")
        ]
        return {
            "id": self.scope.id(self.name),
            "doc": doc,
            "inputs": inputs,
            "needs": tuple(sorted(needs)),
            "columns": dict(columns),
        }

    def input(self) -> tuple[str, dict[str, str]] | None:
        ref: Ref = self.values.get("input")
        if not self.scope.step(ref, MAPS, "a step that makes records"):
            return None
        return self.scope.id(ref.name), self.scope.columns[ref.name]


def lower_model(low: Lowering, file: str, ref: Ref) -> str | None:
    symbol = low.symbol(file, ref, ("model",), "model")
    if symbol is None:
        return None
    if ref.name not in low.models:
        body = low.body(symbol)
        if body is None or not body.complete:
            return None
        low.models[ref.name] = Role(kind=body.get("kind"), doc=body.text("doc"))
    return ref.name


def _sampling(values: Values) -> Sampling:
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
            sampling=_sampling(values.get("sampling")),
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
        sampling=_sampling(values.get("sampling")),
        into=into.name,
        parse=parse,  # type: ignore[arg-type]  # the schema's choice
        until_kept=count,
        until_step=scope.id(target.name),
        pilot_items=values.get("pilot"),
        at_most_rounds=values.get("at_most"),
    )


def _lower_rules_list(body: StepBody, columns: Mapping[str, str]) -> tuple[str, ...] | None:
    """Names of rules whose columns the records have."""
    low, names = body.scope.low, []
    for ref in body.values.get("rules", ()):
        rules = lower_rules(low, body.scope.file, ref)
        if rules is None:
            return None
        for column, type_ in rules.columns.items():
            if columns.get(column) != type_:
                low.found.error(
                    "SS418",
                    f'rules "{ref.name}" read the column {column}: {type_}, which is not there',
                    Label(ref.span, did_you_mean(column, columns)),
                    help=f"The records here have {listing(columns)}.",
                )
                return None
        names.append(ref.name)
    return tuple(names)


def lower_filter(body: StepBody) -> AnyStep | None:
    scope, values = body.scope, body.values
    read = body.input()
    if read is None:
        return None
    before, columns = read
    names = _lower_rules_list(body, columns)
    near = _near(body, columns) if "dedup" in values else None
    if names is None or ("dedup" in values and near is None):
        return None
    apart: list[str] = []
    for ref in values.get("apart_from", ()):
        dataset = lower_dataset(scope.low, scope.file, ref)
        if dataset is None:
            return None
        if not any(dataset.columns.get(c) == "text" == t for c, t in columns.items()):
            scope.low.found.error(
                "SS419", f'"{ref.name}" shares no text column with the records here', ref.span
            )
            return None
        apart.append(ref.name)
    return Filter(**body.base(columns, before), rules=names, near=near, apart_from=tuple(sorted(apart)))


def _near(body: StepBody, columns: Mapping[str, str]) -> Near | None:
    node, found = body.values.get("dedup"), body.scope.low.found
    match node:
        case tree.Call(
            function=tree.Name(value="near"),
            arguments=(tree.Name() as column,),
            named=((tree.Name(value="similarity"), share),),
        ):
            if columns.get(column.value) != "text":
                found.error(
                    "SS417",
                    f'"{column.value}" is not a text column here',
                    Label(column.span, did_you_mean(column.value, columns)),
                )
                return None
            similarity = QuantityOf("share", 0.01, 1).read(share, found)
            return Near(column=column.value, similarity=similarity) if isinstance(similarity, float) else None
        case _:
            found.error("SS327", "this must be near(column, similarity = 80 %)", node.span)
            return None


def lower_judge(body: StepBody) -> AnyStep | None:
    scope, values = body.scope, body.values
    read = body.input()
    if read is None:
        return None
    before, columns = read
    critic_ref, model_ref = values.get("critic")
    critic, model = lower_critic(scope.low, scope.file, critic_ref), scope.model(model_ref)
    accept = _accept(body)
    if (
        critic is None
        or model is None
        or accept is None
        or not _critic_fits(body, critic_ref, critic.columns, columns)
    ):
        return None
    return Judge(
        **body.base({**columns, f"{body.name}_score": "number"}, before),
        critic=critic_ref.name,
        model=model,
        accept=accept,
    )


def _critic_fits(body: StepBody, ref: Ref, wanted: Mapping[str, str], columns: Mapping[str, str]) -> bool:
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


def lower_split(body: StepBody) -> AnyStep | None:
    values, found = body.values, body.scope.low.found
    read = body.input()
    if read is None:
        return None
    before, columns = read
    group: Ref = values.get("group_by")
    if group.name not in columns:
        found.error(
            "SS417",
            f'"{group.name}" is not a column here',
            Label(group.span, did_you_mean(group.name, columns)),
        )
        return None
    parts = {"train": values.get("train"), "dev": values.get("dev")}
    if abs(sum(parts.values()) - 1) > 1e-9:
        found.error(
            "SS329", f"the parts add up to {sum(parts.values()):.0%}, not to 100 %", values.place("dev")
        )
        return None
    body.scope.parts[body.name] = tuple(parts)
    return Split(**body.base(columns, before), parts=parts, group_by=group.name)


def _part(body: StepBody, node: tree.Node) -> tuple[str, str] | None:
    """`data.train`: the split step's name and the part."""
    match node:
        case tree.Attribute(of=tree.Name(value=step, span=span), name=part):
            if not body.scope.step(Ref(step, span), ("split",), "a part of a split"):
                return None
            if part.value not in body.scope.parts[step]:
                body.scope.low.found.error("SS421", f'"{step}" has no part "{part.value}"', part.span)
                return None
            return step, part.value
        case _:
            body.scope.low.found.error(
                "SS330",
                "this must be a part of a split, such as data.train",
                node.span,
                help="What is trained on is split first, so that something is held back to watch.",
            )
            return None


def _requirement(body: StepBody, node: tree.Node) -> Requirement | None:
    scope = body.scope
    lowered = lower_condition(node, result_leaf(scope.facts, scope.low.found), scope.low.found)
    if lowered is None:
        return None
    if not isinstance(lowered, Expression):
        scope.low.found.error("SS411", "this is not a condition", node.span)
        return None
    source = scope.low.program.sources[node.span.file].text
    return Requirement(
        condition=lowered,
        text=" ".join(re.sub(r"#[^\n]*", " ", source[node.span.start : node.span.end]).split()),
    )


def lower_quality(body: StepBody) -> AnyStep | None:
    values, found = body.values, body.scope.low.found
    match values.get("on"):
        case tree.Call(function=tree.Name(value="round"), arguments=(tree.Number() as number,)):
            round_ = NumberOf(0, whole=True).read(number, found)
        case node:
            found.error("SS331", "this must be round(0)", node.span)
            return None
    require = [_requirement(body, node) for node in values.get("require")]
    if not isinstance(round_, int) or any(r is None for r in require):
        return None
    kept = tuple(r for r in require if r is not None)
    inputs = sorted({step for r in kept for step in asked_steps(r.condition)})
    return Quality(
        **body.base({}, *inputs), round=round_, require=kept, on_failure=values.get("on_failure", "stop")
    )


def lower_gate(body: StepBody) -> AnyStep | None:
    require = _requirement(body, body.values.get("require"))
    if require is None:
        return None
    because = " ".join(body.values.text("because").split())
    return Gate(**body.base({}, *sorted(asked_steps(require.condition))), require=(require,), because=because)


def lower_evaluate(body: StepBody) -> AnyStep | None:
    scope, values, low = body.scope, body.values, body.scope.low
    items_ref: Ref = values.get("items")
    dataset = lower_dataset(low, scope.file, items_ref, ("held_out",), "held-out set")
    if dataset is None:
        return None
    arms = _arms(body, values.get("arms"), dataset.columns)
    answer: Ref = values.get("answer")
    columns = {**dataset.columns, answer.name: "text", "finish": "finish_reason"}
    rules = _lower_rules_list(body, columns)
    score = _score(body, dataset.columns, columns)
    if arms is None or rules is None or score is None:
        return None
    compare = _comparison(body, arms) if "compare" in values else None
    if "compare" in values and compare is None:
        return None
    check, critic, critic_model = score
    trained = sorted({arm.model for arm in arms.values() if arm.model.startswith(scope.name + ".")})
    return Evaluate(
        **body.base({}, *trained),
        items=items_ref.name,
        arms=arms,
        answer=answer.name,
        sampling=_sampling(values.get("sampling")),
        rules=rules,
        check=check,
        critic=critic,
        critic_model=critic_model,
        compare=compare,
    )


def _arms(body: StepBody, node: tree.Node, columns: Mapping[str, str]) -> dict[str, Arm] | None:
    scope, found = body.scope, body.scope.low.found
    if not isinstance(node, tree.Block):
        found.error("SS332", "arms are written { name = model with prompt, ... }", node.span)
        return None
    arms: dict[str, Arm] = {}
    for entry in node.fields():
        match entry.value:
            case tree.Phrase(head=tree.Name(value=name, span=span), links=(("with", prompt),)):
                model = scope.model(Ref(name, span))
                use = scope.prompt(prompt, columns, model) if model else None
                if model is None or use is None:
                    return None
                arms[entry.name.value] = Arm(model=model, prompt=use)
            case _:
                found.error("SS332", "an arm is written name = model with prompt", entry.span)
                return None
    return arms


def _score(
    body: StepBody, items: Mapping[str, str], columns: Mapping[str, str]
) -> tuple[bool, str | None, str | None] | None:
    scope, found = body.scope, body.scope.low.found
    check, critic, model = False, None, None
    for node in body.values.get("score"):
        match node:
            case tree.Name(value="check"):
                if items.get("check") != "check":
                    found.error("SS422", "these items carry no check: check", node.span)
                    return None
                check = True
            case tree.Phrase(
                head=tree.Name(value=name, span=span), links=(("by", tree.Name(value=by, span=by_span)),)
            ):
                lowered, model = (
                    lower_critic(scope.low, scope.file, Ref(name, span)),
                    scope.model(Ref(by, by_span)),
                )
                if (
                    lowered is None
                    or model is None
                    or not _critic_fits(body, Ref(name, span), lowered.columns, columns)
                ):
                    return None
                critic = name
            case _:
                found.error("SS333", "a score is check, or critic by model", node.span)
                return None
    return check, critic, model


def _comparison(body: StepBody, arms: Mapping[str, Arm]) -> Comparison | None:
    found, node = body.scope.low.found, body.values.get("compare")
    match node:
        case tree.Configured(
            head=tree.Phrase(head=tree.Name() as arm, links=(("over", tree.Name() as baseline),)),
            settings=settings,
        ):
            from compiler.shapes import Choice, Setting, read_block

            share = QuantityOf("share", 0.0001, 0.5)
            values = read_block(
                settings,
                (
                    Setting("test", Choice(("mcnemar",)), "paired test", required=True),
                    Setting("alpha", share, "false alarms allowed", required=True),
                    Setting("smallest_effect", share, "the least lift worth claiming", required=True),
                ),
                "a comparison",
                node.span,
                found,
            )
            for name in (arm, baseline):
                if name.value not in arms:
                    found.error(
                        "SS414",
                        f'there is no arm "{name.value}"',
                        Label(name.span, did_you_mean(name.value, arms)),
                    )
                    return None
            if not values.complete:
                return None
            return Comparison(
                arm=arm.value,
                baseline=baseline.value,
                test=values.get("test"),
                alpha=values.get("alpha"),
                smallest_effect=values.get("smallest_effect"),
            )
        case _:
            found.error(
                "SS334",
                "this must be arm over arm { test = mcnemar, alpha = 1 %, smallest_effect = 10 % }",
                node.span,
            )
            return None


def lower_train(body: StepBody) -> AnyStep | None:
    scope, values, found = body.scope, body.values, body.scope.low.found
    start = scope.model(values.get("start"))
    read = _part(body, values.get("data"))
    if start is None or read is None:
        return None
    data, part = read
    columns = scope.columns[data]
    target: Ref = values.get("target")
    if columns.get(target.name) != "text":
        found.error(
            "SS417",
            f'"{target.name}" is not a text column here',
            Label(target.span, did_you_mean(target.name, columns)),
        )
        return None
    use = scope.prompt(values.get("prompt"), columns, start)
    if use is None:
        return None
    stop: Values | None = values.get("stop_early")
    watched = _part(body, stop.get("on")) if stop else None
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


def lower_output(body: StepBody) -> AnyStep | None:
    scope, node, found = body.scope, body.definition.body, body.scope.low.found
    match node:
        case tree.Phrase(
            head=tree.Name(value=model, span=model_span),
            links=(
                ("if", tree.Name(value=gate, span=gate_span)),
                ("otherwise", tree.Name(value=other, span=other_span)),
            ),
        ):
            student, otherwise = scope.model(Ref(model, model_span)), scope.model(Ref(other, other_span))
            if student is None or otherwise is None or not scope.step(Ref(gate, gate_span), GATES, "a gate"):
                return None
            inputs = tuple(m for m in (student,) if m.startswith(scope.name + "."))
            return Output(
                id=scope.id(body.name),
                inputs=inputs,
                needs=(),
                model=student,
                gate=scope.id(gate),
                otherwise=otherwise,
            )
        case _:
            found.error(
                "SS606",
                "a stage's output needs a gate and something to fall back on",
                node.span,
                help="Write output model = student if ship otherwise learner.",
            )
            return None


LOWER_STEP: Mapping[str, Callable[[StepBody], AnyStep | None]] = {
    "generate": lower_generate,
    "filter": lower_filter,
    "judge": lower_judge,
    "split": lower_split,
    "quality": lower_quality,
    "evaluate": lower_evaluate,
    "gate": lower_gate,
    "train": lower_train,
    "output": lower_output,
}


def sinks_of(step: Filter, rules: Mapping[str, Rules | None]) -> tuple[str, ...]:
    """Every name under which a filter can reject a record, in the order in which it looks."""
    named = [s.name for name in step.rules for s in rules[name].statements if isinstance(s, Rejection)]  # type: ignore[union-attr]
    return (*named, *(("duplicate",) if step.near else ()), *(("held_out",) if step.apart_from else ()))
