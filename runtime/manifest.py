"""The manifest: everything that a run measured, in one file, written last."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from compiler.plan.hashing import plain
from compiler.plan.model import Accept, CriticUse, Evaluate, Judge, Output, Prefer, Stage, Train
from compiler.plan.upstream import meanings
from runtime.figures.items import item_groups
from runtime.figures.principles import principle_uses
from runtime.figures.scores import score_rows
from runtime.figures.stories import stage_stories
from runtime.identity import sample
from runtime.knowledge import stage_answers
from runtime.manifest_evaluation import SHOWN, evaluation
from runtime.measured import Measured
from runtime.records import Record, StepRecords
from runtime.results import GateOutcome
from runtime.rulings import critics_of
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


def manifest_json(work: Work, files: Mapping[str, Any], stopped: str | None, by_choice: bool = False) -> str:
    """The manifest's text: plan hashes, models, certificate, calibrations, counts, gates, training,
    evaluations, verdicts, samples, times (seconds), requests with their tokens, and versions. `stopped` says
    why a run is not whole, `by_choice` whether a person asked for a part alone, and `not_run` names the steps
    that were not gone through. `survived`, where there is any, is what a step met and went on from, of all
    processes of the run, as are `seconds`; `seconds_before` are the earlier ones' of those, as are
    `tallies_before`; all else that is counted or timed is the last one's. By `meanings` of steps
    later estimates know which counts say something of theirs."""
    plan = work.plan
    facts = work.engine.facts
    content = {
        "stagespec_manifest": 1,
        "stopped": stopped,
        "by_choice": by_choice,
        "not_run": work.not_run,
        "plan": {"hashes": plain(plan.hashes), "name": plan.method.name, "compiler": plan.compiler},
        "meanings": meanings(plan.method, plan.binding),
        "binding": plain(plan.binding),
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
            # The profile names what estimates are for; this is what was there.
            **({} if facts.device == "cpu" else {"gpu": _gpu()}),
            "python": sys.version.split()[0],
        },
        "packages": {name: found for name in PACKAGES if (found := _version(name))},
        "taints": work.taints,
        "notes": [plain(note) for note in plan.notes],
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
        "interventions": list(work.interventions),
        **({"survived": list(work.survived)} if work.survived else {}),
        "requests": {"asked": work.fresh_requests, "known_already": work.reused_requests},
        "seconds": _seconds(work),
        "seconds_before": {id: round(s, 2) for id, s in work.seconds_before.items()},
        "tallies": {id: dict(tally) for id, tally in work.step_tallies.items() if tally},
        "tallies_before": {id: dict(tally) for id, tally in work.tallies_before.items() if tally},
        "around_seconds": {part: round(s, 2) for part, s in work.around_seconds.items()},
    }
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)


def _seconds(work: Work) -> dict[str, float]:
    """A step that is only told again takes no time, so what each process took can be added."""
    before, now = work.seconds_before, work.step_seconds
    steps = (step.id for stage in work.method.stages for step in stage.steps)
    return {id: round(before.get(id, 0.0) + now.get(id, 0.0), 2) for id in steps if id in before or id in now}


def _stage(stage: Stage, work: Work) -> dict[str, Any]:
    return {
        **stage_entry(stage, work),
        "not_trained": {s.id: work.not_trained[s.id] for s in stage.steps if s.id in work.not_trained},
        "allowed": [plain(one) for one in stage.allowed],
        "samples": [_samples(step, work) for step in stage.steps if isinstance(step, Judge | Prefer)],
        "scores": [_plain(row) for row in score_rows(stage, work)],
        "principles": [_plain(use) for use in principle_uses(stage, work)],
        "stories": _plain(stage_stories(stage, work)),
    }


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
                "plan": plain(step),
                "result": _plain(work.outcomes.get(step.id)),
            }
            for step in stage.steps
            if isinstance(step, Train)
        ],
        "evaluations": [_plain(evaluation(step, work)) for step in stage.steps if isinstance(step, Evaluate)],
        "output": {
            step.id: work.outcomes[step.id]
            for step in stage.steps
            if isinstance(step, Output) and step.id in work.outcomes
        },
        "answers": _plain(stage_answers(stage, work)),
        "item_groups": {
            step.id: _plain(groups)
            for step in stage.steps
            if isinstance(step, Evaluate) and (groups := item_groups(step, work))
        },
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
            for part in [records.of_rounds((r,))]
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
        **({"rounds": outcome.rounds} if isinstance(outcome, GateOutcome) and outcome.rounds > 1 else {}),
    }


def critic_entry(key: str, use: CriticUse, accept: Accept | None, work: Measured) -> dict[str, Any]:
    """What was measured of one use of a critic."""
    critic = work.method.critics[use.critic]
    ruling = work.rulings.get(key)
    return {
        "step": key,
        "critic": use.critic,
        "doc": critic.doc,
        "accept": plain(accept) if accept else None,
        "methods": [method.method for method in critic.methods],
        "used": ruling.method if ruling else None,
        "threshold": ruling.threshold if ruling else None,
        "by_rehearsal": ruling.by_rehearsal if ruling else None,
        "calibrations": [
            {name: value for name, value in _plain(c).items() if name != "kappa" or value is not None}
            for c in work.calibrations.get(key, ())
        ],
    }


def _samples(step: Judge | Prefer, work: Work) -> dict[str, Any]:
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


def _gpu() -> str | None:
    """Name and driver of the first GPU, asked without loading torch; None where nothing tells them."""
    command = ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    return told.strip().split("\n")[0] or None


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
