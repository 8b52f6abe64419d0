"""The part of the manifest that tells of one evaluation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any

from compiler.plan.model import Evaluate
from runtime.identity import sample
from runtime.measured import Measured
from runtime.statistics import kappa, share
from runtime.steps.evaluate import Evaluation, asked, held_out_items

SHOWN = 10  # records or items, the same ones in every report of a run


def evaluation(step: Evaluate, work: Measured) -> dict[str, Any]:
    """Every arm's rates (shares with their intervals) by score and by set, and the verdict as it is."""
    outcome = work.outcomes.get(step.id)
    if not isinstance(outcome, Evaluation):
        return {"step": step.id, "items": step.items, "run": False}
    return {
        "step": step.id,
        "items": step.items,
        "run": True,
        "number_of_items": len(held_out_items(step, work)),
        "score": outcome.score,
        "scores": list(outcome.scores),
        "arms": {
            name: {
                "model": step.arms[name].model,
                "prompt": step.arms[name].prompt.prompt,
                **_passed(outcome.flags(name, outcome.score).values()),
                "passed_raw": sum(outcome.flags_raw(name, outcome.score).values()),
                "scores": {score: _by_set(outcome, name, score, step.items) for score in outcome.scores},
                "hit_limit": sum(a.finish == "length" for a in many),
                "mean_words": round(sum(len(a.text.split()) for a in many) / max(len(many), 1), 1),
            }
            for name, many in outcome.arms.items()
        },
        **_second_judges(step, outcome),
        "verdict": outcome.verdict,
        "answers_side_by_side": _side_by_side(outcome, work, step),
    }


def _second_judges(step: Evaluate, outcome: Evaluation) -> dict[str, Any]:
    """How far a second judge agrees with each other score, over the answers that both have judged."""
    seconds = [name for name, score in step.critics.items() if score.share is not None]
    told = [
        agreement(outcome, other, second)
        for second in seconds
        for other in outcome.scores
        if other != second and outcome.arms
    ]
    return {"agreement": told} if told else {}


def agreement(outcome: Evaluation, first: str, second: str) -> dict[str, Any]:
    """Share of answers that two scores judge alike, and Cohen's kappa (1960), over all arms."""
    pairs = [
        (outcome.flags(arm, first)[item], passes)
        for arm in outcome.arms
        for item, passes in outcome.flags(arm, second).items()
        if item in outcome.flags(arm, first)
    ]
    of = Counter(pairs)
    return {
        "scores": [first, second],
        "answers": len(pairs),
        "alike": sum(a == b for a, b in pairs) / len(pairs) if pairs else None,
        "kappa": kappa(of[True, True], of[True, False], of[False, True], of[False, False]),
    }


def _passed(flags: Collection[bool]) -> dict[str, Any]:
    """How many pass, and the share with its interval."""
    return {"passed": sum(flags), "rate": asdict(share(sum(flags), len(flags)))}


def _by_set(outcome: Evaluation, arm: str, score: str, sets: Sequence[str]) -> dict[str, Any]:
    """What an arm passes by one score, and where there are several sets of items, of each."""
    flags = outcome.flags(arm, score)
    answered = [a for a in outcome.arms[arm] if a.item in flags]
    parts = {name: [flags[a.item] for a in answered if a.items == name] for name in sets}
    told = {name: {"items": len(part), **_passed(part)} for name, part in parts.items()}
    return {**_passed(flags.values()), "sets": told if len(sets) > 1 else {}}


def _shown(step: Evaluate, work: Measured) -> list[dict[str, Any]]:
    """Some of the items, the same ones in every report of this run."""
    by_id = {item["id"]: item for item in held_out_items(step, work)}
    return [by_id[id] for id in sample(list(by_id), SHOWN, "shown", step.id)]


def _side_by_side(outcome: Evaluation, work: Measured, step: Evaluate) -> list[dict[str, Any]]:
    """The same random items in every arm."""
    return [
        {
            "item": item["id"],
            "instruction": asked(item),
            "arms": {
                name: {"text": a.text, "passed": outcome.flags(name, outcome.score)[a.item]}
                for name, many in outcome.arms.items()
                for a in many
                if a.item == item["id"]
            },
        }
        for item in _shown(step, work)
    ]
