"""Evaluate steps: held-out items answered in arms, scored, and two of the arms compared."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from compiler.diagnostics import Label, Span, did_you_mean, respelled
from compiler.frozen import Frozen
from compiler.lower.data import lower_dataset
from compiler.lower.prompts import called
from compiler.lower.steps.generating import lower_sampling
from compiler.lower.steps.judging import lower_bound, lower_critic_use
from compiler.lower.steps.scope import StepBody
from compiler.lower.steps.sorting import lower_rules_list
from compiler.plan.model import Accept, AnyStep, Arm, Comparison, CriticScore, Evaluate
from compiler.shapes import BAD, Choice, NameOf, QuantityOf, Ref, Setting, Values, dotted, read_block
from compiler.syntax import tree


def lower_evaluate(body: StepBody) -> AnyStep | None:
    scope, values = body.scope, body.values
    sets = item_sets(body, values.get("items"))
    if sets is None:
        return None
    names, items = sets
    arms = _arms(body, values.get("arms"), items)
    answer: Ref = values.get("answer")
    columns = {**items, answer.name: "text", "finish": "finish_reason"}
    rules = lower_rules_list(body, columns)
    scores = _scores(body, columns)
    if arms is None or rules is None or scores is None:
        return None
    if "check" in scores and not _can_be_checked(body, items):
        return None
    cluster: Ref | None = values.get("cluster_by")
    if cluster is not None and not body.text_column(cluster, items):
        return None
    compare = _comparison(body, arms, scores) if "compare" in values else None
    if "compare" in values and compare is None:
        return None
    trained = sorted({arm.model for arm in arms.values() if arm.model.startswith(scope.name + ".")})
    return Evaluate(
        **body.base({}, *trained),
        items=names,
        arms=arms,
        answer=answer.name,
        sampling=lower_sampling(values.get("sampling")),
        rules=rules,
        score=tuple(scores),
        critics={name: score for name, score in scores.items() if score is not None},
        cluster_by=cluster.name if cluster else None,
        compare=compare,
    )


def item_sets(body: StepBody, node: tree.Node) -> tuple[tuple[str, ...], dict[str, str]] | None:
    """Held-out sets, and the columns that all of them have."""
    scope, found = body.scope, body.scope.low.found
    nodes = node.items if isinstance(node, tree.Items) else (node,)
    columns: dict[str, str] | None = None
    names: list[str] = []
    for part in nodes:
        if not isinstance(part, tree.Name):
            found.error("SS360", "this must be a held-out set, or a list of them", part.span)
            return None
        ref = Ref(part.value, part.span)
        dataset = lower_dataset(scope.low, scope.file, ref, ("held_out",), "held-out set")
        if dataset is None:
            return None
        if ref.name in names:
            found.error("SS309", f'"{ref.name}" is named twice', part.span)
            return None
        names.append(ref.name)
        shared = dataset.columns
        columns = (
            dict(shared) if columns is None else {c: t for c, t in columns.items() if shared.get(c) == t}
        )
    if columns is None:
        found.error("SS360", "this must be a held-out set, or a list of them", node.span)
        return None
    return tuple(names), columns


def _scores(body: StepBody, columns: Mapping[str, str]) -> dict[str, CriticScore | None] | None:
    """Scores by name: None for the check, and for each critic who judges and when an answer passes."""
    scores: dict[str, CriticScore | None] = {}
    for node in body.values.get("score"):
        written = read_score(body, node)
        if written is None:
            return None
        name, span = written.name.name, written.name.span
        score: CriticScore | None = None
        if written.judged is not None:
            critic = lower_critic_use(body, written.judged, columns)
            if critic is None or written.accept is None or written.part is BAD:
                return None
            score = CriticScore(critic=critic, accept=written.accept, share=written.part)
        if name in scores:
            body.scope.low.found.error("SS309", f'"{name}" is named twice', span)
            return None
        if score is not None and score.share is not None and not scores:
            _needs_all(body, name, span)
            return None
        scores[name] = score
    return scores


class WrittenScore(Frozen):
    """`check`, or `CRITIC by MODEL at BOUND in SHARE`: its name, who judges, where an answer passes (None:
    reported), and of which share of the answers."""

    name: Ref
    judged: tuple[tree.Node, Ref] | None = None
    accept: Accept | None = None
    part: Any = None


def read_score(body: StepBody, node: tree.Node) -> WrittenScore | None:
    """A score as it is written, before what it names is looked up."""
    found = body.scope.low.found
    match node:
        case tree.Name(value="check", span=span):
            return WrittenScore(Ref("check", span))
        case tree.Phrase(head=head, links=(("by", model), ("at", bound), *more)) if (
            len(more) <= 1
            and all(word == "in" for word, _ in more)
            and (use := called(head)) is not None
            and (model_ref := dotted(model)) is not None
        ):
            part = PART.read(more[0][1], found) if more else None
            return WrittenScore(use[0], (head, model_ref), lower_bound(body, bound), part)
        case tree.Name(value=word, span=span):
            found.error(
                "SS305",
                f'"{word}" is not known here',
                Label(span, did_you_mean(word, ["check"])),
                help="Write check, or CRITIC by MODEL at margin >= 1.0 nats.",
                fix=respelled(span, word, ["check"]),
            )
        case _:
            found.error("SS361", "this must be check, or CRITIC by MODEL at margin >= 1.0 nats", node.span)
    return None


def _needs_all(body: StepBody, name: str, span: Span) -> None:
    body.scope.low.found.error(
        "SS389",
        f'"{name}" judges a part of the answers, and what is claimed is about all of them',
        span,
        help="Let it stand after a score of all answers: score = [check, JUDGE by MODEL at ... in 10 %].",
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
                value=tree.Phrase(head=tree.Name() | tree.Attribute() as head, links=(("with", prompt),)),
            ):
                model = body.model(head)
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


SHARE = QuantityOf("share", 0.0001, 0.5)
PART = QuantityOf("share", 0.001, 0.99)
COMPARISON = (
    Setting("test", Choice(("mcnemar", "no_worse")), "paired test of a lift, or of no loss", required=True),
    Setting("alpha", SHARE, "false alarms allowed", required=True),
    Setting("smallest_effect", SHARE, "mcnemar: the least lift worth claiming"),
    Setting("margin", SHARE, "no_worse: the most that may be lost"),
    Setting("score", NameOf("a score"), "which one is compared (default the first)"),
)
SIZE = {"mcnemar": "smallest_effect", "no_worse": "margin"}


def arms_compared(body: StepBody, node: tree.Node, arms: Collection[str]) -> tuple[str, str, Values] | None:
    """The two arms of `arm over arm { ... }`, and how they are compared."""
    found = body.scope.low.found
    match node:
        case tree.Configured(
            head=tree.Phrase(head=tree.Name() as arm, links=(("over", tree.Name() as baseline),)),
            settings=settings,
        ):
            values = read_block(settings, COMPARISON, "a comparison", node.span, found)
        case _:
            found.error(
                "SS334",
                "this must be arm over arm { test = mcnemar, alpha = 1 %, smallest_effect = 10 % }",
                node.span,
            )
            return None
    unknown = [name for name in (arm, baseline) if name.value not in arms]
    for name in unknown:
        found.error(
            "SS414",
            f'there is no arm "{name.value}"',
            Label(name.span, did_you_mean(name.value, arms)),
            fix=respelled(name.span, name.value, arms),
        )
    return (arm.value, baseline.value, values) if values.complete and not unknown else None


def _comparison(
    body: StepBody, arms: Mapping[str, Arm], scores: Mapping[str, CriticScore | None]
) -> Comparison | None:
    found, node = body.scope.low.found, body.values.get("compare")
    read = arms_compared(body, node, arms)
    if read is None:
        return None
    arm, baseline, values = read
    score: Ref = values.get("score", Ref(next(iter(scores)), node.span))
    if score.name not in scores:
        found.error(
            "SS414",
            f'there is no score "{score.name}"',
            Label(score.span, did_you_mean(score.name, scores)),
            fix=respelled(score.span, score.name, scores),
        )
        return None
    compared = scores[score.name]
    if compared is not None and compared.share is not None:
        _needs_all(body, score.name, score.span)
        return None
    test = values.get("test")
    wanted, other = SIZE[test], next(size for name, size in SIZE.items() if name != test)
    if wanted not in values or other in values:
        message = f'test {test} needs "{wanted}"' if wanted not in values else f'"{other}" is not for {test}'
        found.error("SS362", message, values.place(other) if other in values else node.span)
        return None
    return Comparison(
        arm=arm,
        baseline=baseline,
        test=test,
        score=score.name,
        alpha=values.get("alpha"),
        smallest_effect=values.get("smallest_effect", 0.0),
        margin=values.get("margin", 0.0),
    )
