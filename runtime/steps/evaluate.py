"""Evaluate: the same held-out items in every arm, checked by program first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil
from typing import Any

from compiler.plan import answers
from compiler.plan.expressions import Missing
from compiler.plan.model import Arm, Evaluate
from compiler.plan.rules import apply
from runtime.engines.protocol import Completion, Draw, Request
from runtime.identity import sample
from runtime.measured import Measured
from runtime.openings import open_sets
from runtime.progress import Said
from runtime.records import Record, renamed
from runtime.steps.gates import closed_gates
from runtime.steps.scoring import use_scores
from runtime.verdict import Verdict, reach_verdict
from runtime.verdict_rows import Flags
from runtime.work import Work


@dataclass(frozen=True, slots=True)
class Answer:
    """One arm's answer to one item. `text` is after the rules' cuts, `raw` as the model wrote it.

    What rules would reject is noted in `sink` and scored all the same: a scorer that fails an answer
    for being long measures length. `passed` and `passed_raw` are by the item's check, None without one.
    """

    item: str
    items: str  # the held-out set
    type: str
    raw: str
    text: str
    sink: str | None
    finish: str
    passed: bool | None
    passed_raw: bool | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Every arm's answers in the items' order, and the verdict where a comparison was planned.

    `scores` are their names; `judged` says for each critic's score and each arm which items pass, and
    `values` what the critic gave them.
    """

    arms: Mapping[str, Sequence[Answer]]
    verdict: Verdict | None
    judged: Mapping[str, Mapping[str, Flags]] = field(default_factory=dict)
    scores: tuple[str, ...] = ("check",)
    values: Mapping[str, Mapping[str, Mapping[str, float]]] = field(default_factory=dict)

    @property
    def score(self) -> str:
        """The score that counts: the one compared, or the first."""
        return self.verdict.score if self.verdict else self.scores[0]

    def flags(self, arm: str, score: str) -> Flags:
        """Which items an arm passes. Missing for an arm that could not be run, and for an unknown score."""
        answered = self.arms.get(arm)
        by_check = {a.item: a.passed for a in answered or () if a.passed is not None}
        found = by_check if score == "check" else self.judged.get(score, {}).get(arm)
        if not found or score not in self.scores:
            raise Missing(f"arm {arm} has no {score}")
        return found

    def flags_raw(self, arm: str, score: str) -> Flags:
        """As `flags`, of the answers as they were written; a critic judges only what the cuts leave."""
        if score != "check":
            return self.flags(arm, score)
        return {a.item: a.passed_raw for a in self.arms[arm] if a.passed_raw is not None}

    def rate(self, arm: str, score: str) -> float:
        """Share of items that an arm passes."""
        flags = self.flags(arm, score)
        return sum(flags.values()) / len(flags)


def evaluate(step: Evaluate, work: Work) -> None:
    """Run the arms one after the other on one engine, score them, and reach the verdict.

    While a gate that it needs is closed the items stay sealed; a rehearsal goes on and is tainted.
    """
    closed = [id.rpartition(".")[2] for id in closed_gates(step.needs, work)]
    if closed and not work.binding.rehearsal:
        work.decide(step.id, None, run=False, closed=closed)
        work.listener(Said(f"{step.id} is not run: gate {', '.join(closed)} is closed", "warning"))
        return
    if closed:
        work.taints.append(f"{step.id} was run past a closed gate: {', '.join(closed)}")
        work.listener(Said(f"{work.taints[-1]} (a rehearsal may)", "warning"))
    opened_before = open_sets(step, work)
    items = held_out_items(step, work)
    arms: dict[str, list[Answer]] = {}
    for name, arm in step.arms.items():
        if work.runs(arm.model):
            arms[name] = _run_arm(step, name, arm, items, work)
    values = {name: _values(step, name, arms, items, work) for name in step.critics}
    outcome = judged_by(step, Evaluation(arms, None, {}, step.score, values), work)
    outcome = with_verdict(step, outcome, work, work.taints, opened_before)
    rates = {
        f"{name}.{score}" if score != "check" else name: round(outcome.rate(name, score), 4)
        for score in step.score
        for name in arms
    }
    work.decide(step.id, outcome, rates=rates, verdict=outcome.verdict.outcome if outcome.verdict else None)


def _run_arm(
    step: Evaluate, name: str, arm: Arm, items: Sequence[Mapping[str, Any]], work: Work
) -> list[Answer]:
    adapter = work.adapter(arm.model)
    stop = work.method.prompts[arm.prompt.prompt].stop
    requests = [
        Request(
            id=f"{name}/{item['id']}",
            prompt_ids=work.rendered_ids(arm.prompt, item, *item["drawn by"]),
            task=Draw(
                max_tokens=step.sampling.max_tokens,
                temperature=step.sampling.temperature,
                top_p=step.sampling.top_p,
                top_k=step.sampling.top_k,
                repetition_penalty=step.sampling.repetition_penalty,
                stop=stop,
            ),
            adapter=str(adapter.folder) if adapter else None,
        )
        for item in items
    ]
    completions = work.complete(f"{step.id.rpartition('.')[2]}: {name}", f"{step.id}/{name}", requests)
    scored = [
        score_answer(step, item, completions[r.id], work) for item, r in zip(items, requests, strict=True)
    ]
    work.keep(
        f"{step.id}.{name}",
        [
            Record(
                a.item,
                0,
                i,
                {
                    **{k: v for k, v in item.items() if k != "drawn by"},
                    step.answer: a.text,
                    "raw": a.raw,
                    "finish": a.finish,
                    "passed": a.passed,
                },
            )
            for i, (a, item) in enumerate(zip(scored, items, strict=True))
        ],
        (),
    )
    return scored


def score_answer(step: Evaluate, item: Mapping[str, Any], completion: Completion, work: Measured) -> Answer:
    """One completion cut by the rules and put to the item's check."""
    record = {**item, step.answer: completion.text, "finish": completion.finish}
    sink: str | None = None
    for use in step.rules:
        rules = work.method.rules[use.rules]
        shown = renamed(record, use.columns, rules.columns)
        sink = sink or apply(rules, shown).sink
        record[use.columns.get(rules.subject, rules.subject)] = apply(rules, shown, cuts_only=True).subject
    text, instruction = str(record[step.answer]), asked(item)
    check = item["check"] if "check" in step.score else None
    return Answer(
        item=str(item["id"]),
        items=str(item["drawn by"][0]),
        type=str(item.get("type", "all")),
        raw=completion.text,
        text=text,
        sink=sink,
        finish=completion.finish,
        passed=answers.passes(check, instruction, text) if check else None,
        passed_raw=answers.passes(check, instruction, completion.text) if check else None,
    )


def _values(
    step: Evaluate,
    name: str,
    arms: Mapping[str, Sequence[Answer]],
    items: Sequence[Mapping[str, Any]],
    work: Work,
) -> dict[str, dict[str, float]]:
    """A critic's score of each arm's answers, a second judge's of its share of them."""
    score = step.critics[name]
    looked_at = judged_items(step, name, items, work)
    by_id = {str(item["id"]): item for item in items if str(item["id"]) in looked_at}
    found: dict[str, dict[str, float]] = {}
    for arm, answered in arms.items():
        records = [
            Record(a.item, 0, i, {**by_id[a.item], step.answer: a.text, "finish": a.finish})
            for i, a in enumerate(answered)
            if a.item in looked_at
        ]
        values = use_scores(work, f"{step.id}.{name}/{arm}", score.critic, records, score.accept)
        found[arm] = {record.id: value for record, value in zip(records, values, strict=True)}
    return found


def judged_items(
    step: Evaluate, name: str, items: Sequence[Mapping[str, Any]], work: Measured
) -> frozenset[str]:
    """The items whose answers a critic judges: all, or a second judge's share, the same ones in every arm."""
    ids = [str(item["id"]) for item in items]
    part = step.critics[name].share
    if part is None:
        return frozenset(ids)
    return frozenset(sample(ids, ceil(part * len(ids)), work.binding.seed, "second judge", step.id, name))


def judged_by(step: Evaluate, outcome: Evaluation, work: Measured) -> Evaluation:
    """With what critics accept of their own scores, at the threshold of their calibration."""

    def accepted(name: str, values: Mapping[str, float]) -> dict[str, bool]:
        threshold = work.rulings[f"{step.id}.{name}"].threshold
        return {item: threshold is not None and value >= threshold for item, value in values.items()}

    judged = {
        name: {arm: accepted(name, values) for arm, values in by_arm.items()}
        for name, by_arm in outcome.values.items()
    }
    return replace(outcome, judged=judged)


def with_verdict(
    step: Evaluate, outcome: Evaluation, work: Measured, taints: Sequence[str], opened_before: int
) -> Evaluation:
    """With the verdict of the planned comparison, where there is one."""
    if step.compare is None:
        return outcome
    items, arms = held_out_items(step, work), outcome.arms
    score, cluster = step.compare.score, step.cluster_by
    verdict = reach_verdict(
        step.compare,
        passed={name: outcome.flags(name, score) for name in arms},
        passed_raw={name: outcome.flags_raw(name, score) for name in arms},
        lengths={name: {a.item: len(a.text.split()) for a in many} for name, many in arms.items()},
        types={str(item["id"]): str(item.get("type", "all")) for item in items},
        wanted_arms=tuple(step.arms),
        taints=tuple(taints),
        clusters={str(item["id"]): str(item[cluster]) for item in items} if cluster else None,
        opened_before=opened_before,
    )
    return replace(outcome, verdict=verdict)


def held_out_items(step: Evaluate, work: Measured) -> list[dict[str, Any]]:
    """The items of all of the step's sets. Of several, ids and types carry the name of their set.

    `drawn by` is what the exemplars shown with an item depend on: the set and the item, not the step.
    """
    many = len(step.items) > 1
    items: list[dict[str, Any]] = []
    for name in step.items:
        for row in work.data[name]:
            item = {**row, "drawn by": (name, row["id"])}
            if many:
                item |= {"id": f"{name}/{row['id']}", "type": f"{name}: {row.get('type', 'all')}"}
            items.append(item)
    return items


def asked(item: Mapping[str, Any]) -> str:
    """What an item asks, for checks that reject its echo and for people: its instruction, or all its text."""
    texts = (str(v) for k, v in item.items() if isinstance(v, str) and k not in ("id", "type", "reference"))
    return str(item["instruction"]) if "instruction" in item else "\n".join(texts)
