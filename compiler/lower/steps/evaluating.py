"""Evaluate steps: held-out items answered in arms, scored, and two of the arms compared."""

from __future__ import annotations

from collections.abc import Mapping

from compiler.diagnostics import Label, did_you_mean, respelled
from compiler.lower.data import lower_dataset
from compiler.lower.steps.generating import lower_sampling
from compiler.lower.steps.scope import StepBody
from compiler.lower.steps.sorting import lower_rules_list
from compiler.plan.model import AnyStep, Arm, Comparison, Evaluate
from compiler.shapes import Choice, QuantityOf, Ref, Setting, read_block
from compiler.syntax import tree


def lower_evaluate(body: StepBody) -> AnyStep | None:
    scope, values, low = body.scope, body.values, body.scope.low
    items_ref: Ref = values.get("items")
    dataset = lower_dataset(low, scope.file, items_ref, ("held_out",), "held-out set")
    if dataset is None:
        return None
    arms = _arms(body, values.get("arms"), dataset.columns)
    answer: Ref = values.get("answer")
    columns = {**dataset.columns, answer.name: "text", "finish": "finish_reason"}
    rules = lower_rules_list(body, columns)
    if arms is None or rules is None or not _can_be_checked(body, dataset.columns):
        return None
    compare = _comparison(body, arms) if "compare" in values else None
    if "compare" in values and compare is None:
        return None
    trained = sorted({arm.model for arm in arms.values() if arm.model.startswith(scope.name + ".")})
    return Evaluate(
        **body.base({}, *trained),
        items=items_ref.name,
        arms=arms,
        answer=answer.name,
        sampling=lower_sampling(values.get("sampling")),
        rules=rules,
        score=values.get("score"),
        compare=compare,
    )


def _arms(body: StepBody, node: tree.Node, columns: Mapping[str, str]) -> dict[str, Arm] | None:
    scope, found = body.scope, body.scope.low.found
    if not isinstance(node, tree.Block):
        found.error("SS332", "arms are written { name = model with prompt, ... }", node.span)
        return None
    arms: dict[str, Arm] = {}
    ok = True
    for entry in node.entries:
        match entry:
            case tree.Field(name=arm_name) if arm_name.value in arms:
                found.error("SS309", f'the arm "{arm_name.value}" is set twice', arm_name.span)
                ok = False
            case tree.Field(
                name=arm_name,
                value=tree.Phrase(head=tree.Name(value=name, span=span), links=(("with", prompt),)),
            ):
                model = scope.model(Ref(name, span))
                use = scope.prompt(prompt, columns, model) if model else None
                if model is None or use is None:
                    ok = False
                else:
                    arms[arm_name.value] = Arm(model=model, prompt=use)
            case _:
                found.error("SS332", "an arm is written name = model with prompt", entry.span)
                ok = False
    if ok and not arms:
        found.error("SS332", "an evaluation needs at least one arm: name = model with prompt", node.span)
    return arms if ok and arms else None


def _can_be_checked(body: StepBody, items: Mapping[str, str]) -> bool:
    if items.get("check") == "check":
        return True
    body.scope.low.found.error(
        "SS422",
        "these items carry no check",
        body.values.place("score"),
        help="Their held-out set needs the column check: check, and a check in each record.",
    )
    return False


def _comparison(body: StepBody, arms: Mapping[str, Arm]) -> Comparison | None:
    found, node = body.scope.low.found, body.values.get("compare")
    match node:
        case tree.Configured(
            head=tree.Phrase(head=tree.Name() as arm, links=(("over", tree.Name() as baseline),)),
            settings=settings,
        ):
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
                        fix=respelled(name.span, name.value, arms),
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
