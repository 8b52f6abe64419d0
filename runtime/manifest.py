"""The manifest: everything that a run measured, in one file, written last."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from compiler.plan.model import Accept, CriticUse, Evaluate, Judge, Output, Stage, Train
from runtime.identity import sample
from runtime.knowledge import stage_answers
from runtime.measured import Measured
from runtime.records import Record, StepRecords
from runtime.results import GateOutcome
from runtime.rulings import critics_of
from runtime.statistics import share
from runtime.steps.evaluate import Evaluation, asked, held_out_items
from runtime.work import Work

PACKAGES = (
    "stagespec",
    "torch",
    "transformers",
    "peft",
    "accelerate",
    "tokenizers",
    "datasketch",
    "scipy",
    "pyarrow",
)
SHOWN = 10


def manifest_json(work: Work, files: Mapping[str, Any], stopped: str | None) -> str:
    """The manifest's text: plan hashes, models, certificate, calibrations, counts, gates, training,
    evaluations, verdicts, samples, times (seconds), requests with their tokens, and versions."""
    plan = work.plan
    facts = work.engine.facts
    content = {
        "stagespec_manifest": 1,
        "stopped": stopped,
        "plan": {"hashes": plan.hashes.model_dump(), "name": plan.method.name, "compiler": plan.compiler},
        "binding": plan.binding.model_dump(mode="json"),
        "model": {
            "role": work.role,
            "source": work.local.source,
            "sha256": work.local.sha256,
            "dequantised_from": work.local.dequantised_from,
            "tokenizer_sha256": work.tokens.sha256,
        },
        "engine": {**asdict(facts), "fingerprint": facts.fingerprint},
        "machine": {
            "cores": os.cpu_count(),
            "processor": platform.machine(),
            "system": platform.system(),
            "hardware": plan.quote.hardware,
            "python": sys.version.split()[0],
        },
        "packages": {name: found for name in PACKAGES if (found := _version(name))},
        "taints": work.taints,
        "notes": [note.model_dump() for note in plan.notes],
        "certificate": work.certificate.as_json() if work.certificate else None,
        "adapter_parity": work.parities,
        "critics": [
            critic_entry(*used, work)
            for stage in plan.method.stages
            for step in stage.steps
            for used in critics_of(step)
        ],
        "stages": [_stage(stage, work) for stage in plan.method.stages],
        "datasets": files,
        "requests": {"asked": work.fresh_requests, "known_already": work.reused_requests},
        "seconds": {id: round(s, 2) for id, s in work.step_seconds.items()},
        "tallies": {id: dict(tally) for id, tally in work.step_tallies.items() if tally},
    }
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)


def _stage(stage: Stage, work: Work) -> dict[str, Any]:
    samples = [_samples(step, work) for step in stage.steps if isinstance(step, Judge)]
    return {**stage_entry(stage, work), "samples": samples}


def stage_entry(stage: Stage, work: Measured) -> dict[str, Any]:
    """What was measured of one stage, as far as it hangs on no record's columns."""
    return {
        "name": stage.name,
        "doc": stage.doc,
        "funnel": [_counts(step.id, step.kind, work) for step in stage.steps if step.id in work.records],
        "gates": [_gate(step, work) for step in stage.steps if step.kind in ("gate", "quality")],
        "training": [
            {
                "step": step.id,
                "plan": step.model_dump(mode="json"),
                "result": _plain(work.outcomes.get(step.id)),
            }
            for step in stage.steps
            if isinstance(step, Train)
        ],
        "evaluations": [_evaluation(step, work) for step in stage.steps if isinstance(step, Evaluate)],
        "output": {step.id: work.outcomes.get(step.id) for step in stage.steps if isinstance(step, Output)},
        "answers": _plain(stage_answers(stage, work)),
    }


def _counts(id: str, kind: str, work: Measured) -> dict[str, Any]:
    records = work.records[id]
    rounds = sorted({r.round for r in records.kept} | {r.record.round for r in records.rejected})
    return {
        "step": id,
        "kind": kind,
        "kept": len(records.kept),
        "rejected": dict(records.sinks.most_common()),
        "rounds": [
            {"round": r, "kept": len(part.kept), "rejected": len(part.rejected)}
            for r in rounds
            for part in [records.of_round(r)]
        ],
    }


def _gate(step: Any, work: Measured) -> dict[str, Any]:
    outcome = work.outcomes.get(step.id)
    ruled = outcome.ruled if isinstance(outcome, GateOutcome) else ()
    return {
        "step": step.id,
        "kind": step.kind,
        "because": getattr(step, "because", ""),
        "open": isinstance(outcome, GateOutcome) and outcome.open,
        "asked": bool(ruled),
        "ruled": [asdict(r) for r in ruled],
    }


def critic_entry(key: str, use: CriticUse, accept: Accept | None, work: Measured) -> dict[str, Any]:
    """What was measured of one use of a critic."""
    critic = work.method.critics[use.critic]
    ruling = work.rulings.get(key)
    return {
        "step": key,
        "critic": use.critic,
        "doc": critic.doc,
        "accept": accept.model_dump() if accept else None,
        "methods": [method.method for method in critic.methods],
        "used": ruling.method if ruling else None,
        "threshold": ruling.threshold if ruling else None,
        "by_rehearsal": ruling.by_rehearsal if ruling else None,
        "calibrations": [_plain(c) for c in work.calibrations.get(key, ())],
    }


def _evaluation(step: Evaluate, work: Measured) -> dict[str, Any]:
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
        "verdict": _plain(outcome.verdict),
        "answers_side_by_side": _side_by_side(outcome, work, step),
    }


def _passed(flags: Collection[bool]) -> dict[str, Any]:
    """How many pass, and the share with its interval."""
    return {"passed": sum(flags), "rate": asdict(share(sum(flags), len(flags)))}


def _by_set(outcome: Evaluation, arm: str, score: str, sets: Sequence[str]) -> dict[str, Any]:
    """What an arm passes by one score, and where there are several sets of items, of each."""
    flags = outcome.flags(arm, score)
    parts = {name: [flags[a.item] for a in outcome.arms[arm] if a.items == name] for name in sets}
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


def _samples(step: Judge, work: Work) -> dict[str, Any]:
    """Ten random keeps beside ten random rejects, by hash: the same ones in every report of this run."""
    records = work.records.get(step.id, StepRecords())

    def shown(many: list[Record]) -> list[dict[str, Any]]:
        chosen = sample([r.id for r in many], SHOWN, "shown", step.id)
        by_id = {r.id: r for r in many}
        return [{"id": id, **{k: _plain(v) for k, v in by_id[id].columns.items()}} for id in chosen]

    return {
        "step": step.id,
        "kept": shown(records.kept),
        "rejected": shown([r.record for r in records.rejected]),
    }


def _plain(value: Any) -> Any:
    """JSON-ready: dataclasses as objects, paths and other objects as text, no infinities."""
    if is_dataclass(value) and not isinstance(value, type):
        return {k: _plain(v) for k, v in asdict(value).items()}
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def closing_lines(work: Work) -> tuple[str, ...]:
    """What a person reads last: what was made, the verdict, and the stage's two answers."""
    lines: list[str] = []
    for stage in work.method.stages:
        for step in stage.steps:
            outcome = work.outcomes.get(step.id)
            if isinstance(step, Evaluate) and isinstance(outcome, Evaluation):
                for score in outcome.scores:
                    rates = ", ".join(f"{name} {outcome.rate(name, score):.1%}" for name in outcome.arms)
                    by = "" if score == "check" else f" by {score}"
                    lines.append(f"{step.id}{by}: {rates}")
                if outcome.verdict is not None:
                    lines.append(f"verdict: {outcome.verdict.outcome}")
                    lines += [f"  {reason}" for reason in outcome.verdict.reasons]
            if isinstance(step, Output):
                lines.append(f"{step.id}: {outcome}")
    return tuple(lines)
