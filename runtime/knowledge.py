"""A stage's two answers: what the model knows against what it does; and how much was automated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from compiler.plan.meaning import meaning
from compiler.plan.model import Critic, Evaluate, Filter, Generate, Method, Stage
from runtime.measured import Measured
from runtime.rulings import critics_of
from runtime.statistics import Interval, share
from runtime.steps.evaluate import Evaluation

POOLS = ("pool", "exemplars")


@dataclass(frozen=True, slots=True)
class Known:
    """A critic's AUC on its labelled examples, of its best method, with its 95 % interval."""

    critic: str
    model: str
    auc: Interval


@dataclass(frozen=True, slots=True)
class Done:
    """The share of held-out items that pass by the score compared, before and after training, both with the
    prompt that was trained. `before` is None where no arm shows the learner that prompt."""

    evaluation: str
    items: int
    before_arm: str
    before: Interval | None
    after_arm: str
    after: Interval | None


@dataclass(frozen=True, slots=True)
class Written:
    """Lines that people wrote and the stage uses. What several stages use counts in each of them.

    Rules count as one line for each statement, templates of prompts and critics by lines that are not empty.
    """

    data: dict[str, int]
    templates: int
    rules: int
    principles: int


@dataclass(frozen=True, slots=True)
class StageAnswers:
    """`interventions` are people's answers to this stage's reviews; restarts belong to the run. Held-out
    items stand apart, since they teach nothing."""

    knows: tuple[Known, ...]
    does: tuple[Done, ...]
    written_by_people: Written
    labels_by_people: int
    held_out_by_people: int
    interventions: int
    written_by_model: int
    judged_by_model: int


def stage_answers(stage: Stage, work: Measured) -> StageAnswers:
    """Counted from the plan and the records."""
    used = _used(stage, work)
    sources = [step.id for step in stage.steps if isinstance(step, Generate) and not step.inputs]
    data = work.method.datasets
    by_role: Counter[str] = Counter()
    for name in {name for _, name in used} & set(data):
        by_role[data[name].role] += data[name].items
    return StageAnswers(
        knows=tuple(_knows(stage, work)),
        does=tuple(_does(stage, work)),
        written_by_people=_written(used, by_role, work.method),
        labels_by_people=by_role["labelled"],
        held_out_by_people=by_role["held_out"],
        interventions=sum(said.startswith(f"{stage.name}.") for said in work.interventions),
        written_by_model=sum(len(work.records[id].kept) for id in sources if id in work.records),
        judged_by_model=sum(
            work.records[step.id].seen
            for step in stage.steps
            if step.id in work.records and not isinstance(step, Evaluate) and any(critics_of(step))
        ),
    )


def _knows(stage: Stage, work: Measured) -> Iterator[Known]:
    told: set[tuple[str, str]] = set()
    for step in stage.steps:
        for key, use, _ in critics_of(step):
            if key in work.calibrations and (use.critic, use.model) not in told:
                told.add((use.critic, use.model))
                best = max(work.calibrations[key], key=lambda calibration: calibration.auc)
                yield Known(use.critic, use.model, Interval(best.auc, best.auc_low, best.auc_high))


def _does(stage: Stage, work: Measured) -> Iterator[Done]:
    for step in stage.steps:
        outcome = work.outcomes.get(step.id)
        if not isinstance(step, Evaluate) or step.compare is None or not isinstance(outcome, Evaluation):
            continue
        after = step.arms[step.compare.arm]
        before = [
            name
            for name, arm in step.arms.items()
            if arm.model == stage.learner and arm.prompt.prompt == after.prompt.prompt
        ]
        before_arm = before[0] if before else ""
        yield Done(
            evaluation=step.id,
            items=len(next(iter(outcome.arms.values()), ())),
            before_arm=before_arm,
            before=_rate(outcome, before_arm),
            after_arm=step.compare.arm,
            after=_rate(outcome, step.compare.arm),
        )


def _rate(outcome: Evaluation, arm: str) -> Interval | None:
    if arm not in outcome.arms:
        return None
    flags = outcome.flags(arm, outcome.score)
    return share(sum(flags.values()), len(flags))


def _used(stage: Stage, work: Measured) -> set[tuple[str, str]]:
    """What the stage's steps refer to, as (kind, name): prompts, rules, critics, constitutions, data.

    An evaluation's own prompts teach nothing, nor does data that records must only stand apart from.
    """
    found: set[tuple[str, str]] = set()
    for step in stage.steps:
        named = [key.partition(" ") for key in meaning(work.method, work.binding, step)]
        parts = {(kind, name) for kind, _, name in named if name}
        if isinstance(step, Filter):
            parts = {(kind, name) for kind, name in parts if kind == "rules"}
        if isinstance(step, Evaluate):
            parts = {(kind, name) for kind, name in parts if kind not in ("prompt", *POOLS)}
        found |= parts
    return found


def _written(used: set[tuple[str, str]], by_role: Counter[str], method: Method) -> Written:
    prompts = [method.prompts[name].template for kind, name in used if kind == "prompt"]
    critics = [text for kind, name in used if kind == "critic" for text in _texts(method.critics[name])]
    return Written(
        data={role: by_role[role] for role in POOLS if by_role[role]},
        templates=sum(bool(line.strip()) for text in (*prompts, *critics) for line in text.splitlines()),
        rules=sum(len(method.rules[name].statements) for kind, name in used if kind == "rules"),
        principles=sum(
            len(method.constitutions[name].principles) for kind, name in used if kind == "constitution"
        ),
    )


def _texts(critic: Critic) -> Iterator[str]:
    for method in critic.methods:
        yield from (
            getattr(method, name) for name in ("template", "given", "neutral") if hasattr(method, name)
        )
