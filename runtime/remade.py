"""A finished run brought back from what was kept of it, so that its numbers can be worked out anew.

What is brought back: counts of records (not the records), answers and critics' scores item by item, and the
results of trainings as they were stored. From these follow calibrations, rulings, gates, verdicts, outputs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compiler.plan.expressions import Missing
from compiler.plan.model import (
    AnyStep,
    Binding,
    Evaluate,
    Expression,
    Gate,
    Method,
    Output,
    PlanFile,
    Quality,
    Requirement,
    Review,
    Train,
)
from runtime.calibration import Calibration
from runtime.data import plan_data
from runtime.item_scores import evaluation_file, labels_file, read_evaluation, read_labels
from runtime.records import Record, Rejected, StepRecords
from runtime.results import GateOutcome, Ruled, rule
from runtime.rulings import Ruling, best_ruling, critics_of, measure
from runtime.steps.evaluate import Evaluation, judged_by, with_verdict

if TYPE_CHECKING:
    from runtime.models.tokens import Tokens

NO_CLAIM = "not a claim: "
Counts = Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(slots=True)
class Remade:
    """As `runtime.measured.Measured` has it. Records are blank: only how many there are is known.

    `as_stated` are the requirements of gates whose numbers need what is not kept; what the manifest says
    of them is taken as it stands.
    """

    plan: PlanFile
    data: Mapping[str, Sequence[Mapping[str, Any]]]
    records: dict[str, StepRecords]
    interventions: Sequence[str]
    outcomes: dict[str, Any] = field(default_factory=dict)
    calibrations: dict[str, tuple[Calibration, ...]] = field(default_factory=dict)
    rulings: dict[str, Ruling] = field(default_factory=dict)
    as_stated: list[str] = field(default_factory=list)

    @property
    def method(self) -> Method:
        return self.plan.method

    @property
    def binding(self) -> Binding:
        return self.plan.binding

    @property
    def tokens(self) -> Tokens:
        raise Missing("the tokenizer is not kept")


def remake(
    plan: PlanFile,
    manifest: Mapping[str, Any],
    events: Sequence[Mapping[str, Any]],
    counts: Counts,
    folder: Path,
) -> Remade:
    """The run that `manifest` tells of. `events` are its journal's, `counts` as `counted` makes them;
    `folder` holds the scores. Raises as damaged files make it raise."""
    work = Remade(
        plan, plan_data(plan), {id: _blank(rows) for id, rows in counts.items()}, _by_people(events)
    )
    stated = _Stated(manifest, events)
    for stage in plan.method.stages:
        for step in stage.steps:
            for key, use, accept in critics_of(step):
                path = folder / labels_file(key)
                if path.exists():
                    rows = work.data[work.method.critics[use.critic].examples]
                    measured = tuple(measure(rows, scores, accept) for scores in read_labels(path))
                    made = best_ruling(measured, accept)
                    work.calibrations[key] = measured
                    if plan.binding.rehearsal or not made.by_rehearsal:  # else the run stopped right there
                        work.rulings[key] = made
            outcome = _outcome(step, work, stated, folder)
            if outcome is not None:
                work.outcomes[step.id] = outcome
    return work


def counted(records: StepRecords) -> list[dict[str, Any]]:
    """How many records a step kept, and rejected under which name, by round."""
    rounds = sorted({r.round for r in records.kept} | {r.record.round for r in records.rejected})
    return [
        {"round": n, "kept": len(part.kept), "rejected": dict(part.sinks.most_common())}
        for n in rounds
        for part in [records.of_rounds((n,))]
    ]


def _blank(rows: Sequence[Mapping[str, Any]]) -> StepRecords:
    """Records of which nothing is known but their round and where they went."""
    records = StepRecords()
    for row in rows:
        one = Record("", row["round"], 0, {})
        records.add(
            [one] * row["kept"],
            [Rejected(one, sink) for sink, many in row["rejected"].items() for _ in range(many)],
        )
    return records


@dataclass(frozen=True, slots=True)
class _Stated:
    """What manifest and journal say of steps, where it does not follow from anything that is kept."""

    manifest: Mapping[str, Any]
    events: Sequence[Mapping[str, Any]]

    def entry(self, section: str, step: str) -> Mapping[str, Any]:
        """A step's entry in a section of its stage; empty where there is none."""
        every = (entry for stage in self.manifest["stages"] for entry in stage[section])
        return next((entry for entry in every if entry["step"] == step), {})

    def decision(self, step: str) -> Mapping[str, Any]:
        """The last one, since a run that goes on decides again."""
        found = [e for e in self.events if e["event"] == "decision" and e["step"] == step]
        return found[-1] if found else {}


def _outcome(step: AnyStep, work: Remade, stated: _Stated, folder: Path) -> Any:
    """A step's outcome, or None for one that has none or was not reached."""
    match step:
        case Evaluate():
            return _evaluation(step, work, stated, folder)
        case Gate() | Quality():
            return _gate(step, work, stated.entry("gates", step.id))
        case Review():
            told = stated.decision(step.id)
            return GateOutcome((Ruled(step.question, bool(told["open"]), ""),)) if told else None
        case Train():
            return stated.entry("training", step.id).get("result")
        case Output():
            return _output(step, work) if stated.decision(step.id) else None
    return None


def _evaluation(step: Evaluate, work: Remade, stated: _Stated, folder: Path) -> Evaluation | None:
    path = folder / evaluation_file(step.id)
    if not path.exists():
        return None
    outcome = judged_by(step, read_evaluation(step, path, work), work)
    verdict = stated.entry("evaluations", step.id)["verdict"]
    if verdict is None:
        return outcome
    return with_verdict(step, outcome, work, taints_of(verdict), int(verdict["opened_before"]))


def taints_of(verdict: Mapping[str, Any]) -> list[str]:
    """The taints among a verdict's reasons. They hang on how the run went and on no number."""
    reasons = [str(reason) for reason in verdict["reasons"]]
    if verdict["test"] is None:  # nothing could be compared: the first reason says why, the others are taints
        return reasons[1:]
    return [reason.removeprefix(NO_CLAIM) for reason in reasons if reason.startswith(NO_CLAIM)]


def _gate(step: Gate | Quality, work: Remade, told: Mapping[str, Any]) -> GateOutcome | None:
    if not told.get("asked"):
        return None
    number = int(told.get("rounds", 1))
    rounds = range(step.round, step.round + number) if isinstance(step, Quality) else None
    ruled: list[Ruled] = []
    for requirement, said in zip(step.require, told["ruled"], strict=True):
        if _needs_records(requirement):
            work.as_stated.append(f"{step.id}: {requirement.text}")
            ruled.append(Ruled(**said))
        else:
            ruled.append(rule(requirement, work, rounds))
    return GateOutcome(tuple(ruled), number)


def _needs_records(requirement: Requirement) -> bool:
    """Whether a condition is over columns of records, and not only over how many there are."""

    def within(part: Any) -> bool:
        if not isinstance(part, Expression):
            return False
        return part.op in ("median", "rate_where") or any(map(within, part.args))

    return within(requirement.condition)


def _output(step: Output, work: Remade) -> str:
    gate = work.outcomes.get(step.gate)
    trained = work.outcomes.get(step.model) is not None
    return step.model if trained and isinstance(gate, GateOutcome) and gate.open else step.otherwise


def _by_people(events: Sequence[Mapping[str, Any]]) -> list[str]:
    """Every start after the first, and in the last one every review that a person has answered."""
    starts = [i for i, event in enumerate(events) if event["event"] == "run"]
    reviewed = [
        str(event["step"])
        for event in events[starts[-1] if starts else 0 :]
        if event["event"] == "decision" and {"text": "a person's review"} in event.get("ruled", ())
    ]
    return [*(str(events[i]["at"]) for i in starts[1:]), *reviewed]


def read_events(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
