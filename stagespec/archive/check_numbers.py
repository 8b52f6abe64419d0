"""Whether an archive's numbers follow from what they rest on, each worked out anew."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from compiler.diagnostics import Diagnostics
from compiler.plan.counting import counted
from compiler.plan.model import Evaluate
from runtime.bind import first_taints
from runtime.certificate import Certificate
from runtime.engines.protocol import Completion
from runtime.manifest import critic_entry, stage_entry
from runtime.remade import taints_of
from runtime.rulings import critics_of
from runtime.steps.evaluate import Evaluation, held_out_items, score_answer
from stagespec.archive.differences import MOST_SHOWN, Difference, as_json, differences, leaves
from stagespec.archive.layout import CERTIFICATE
from stagespec.archive.parts import Parts


def check_scores(parts: Parts, found: Diagnostics) -> str:
    """Every answer, cut by the plan's rules and put to its item's check again, is scored as it was."""
    answers, wrong = 0, list[str]()
    for step, outcome in _evaluations(parts):
        items = {str(item["id"]): item for item in held_out_items(step, parts.remade)}
        for arm, many in outcome.arms.items():
            for answer in many:
                said = Completion(answer.item, (), answer.raw, cast(Any, answer.finish))
                again = score_answer(step, items[answer.item], said, parts.remade)
                answers += 1
                if again != answer:
                    wrong.append(f"{step.id}, item {answer.item}, arm {arm}")
    for place in wrong[:MOST_SHOWN]:
        found.error("SS907", f"an answer is scored otherwise than it was: {place}")
    if len(wrong) > MOST_SHOWN:
        found.error("SS907", f"{len(wrong) - MOST_SHOWN} more answers are scored otherwise than they were")
    return counted(answers, "answer")


def check_numbers(parts: Parts, found: Diagnostics) -> str:
    """Counts, calibrations, gates, rates, intervals, p values, verdicts and outputs of the manifest follow
    from the counts of records and from the scores item by item."""
    work, manifest = parts.remade, parts.manifest
    told = 0
    for number, stage in enumerate(work.method.stages):
        again = as_json(stage_entry(stage, work))
        stated = {name: manifest["stages"][number][name] for name in again}
        told += leaves(again)
        _tell(found, differences(stated, again, f"stages.{number}"))
    uses = [use for stage in work.method.stages for step in stage.steps for use in critics_of(step)]
    critics = as_json([critic_entry(*use, work) for use in uses])
    _tell(found, differences(manifest["critics"], critics, "critics"))
    sizes = {id: (len(many.kept), len(many.rejected)) for id, many in work.records.items()}
    stated_sizes = {id: [d["kept"], d["rejected"]] for id, d in manifest["datasets"].items()}
    _tell(found, differences(stated_sizes, as_json(sizes), "datasets"))
    by_people = {"number": len(work.interventions)}
    _tell(found, differences({"number": len(manifest["interventions"])}, by_people, "interventions"))
    left = f"; taken as stated, for want of records: {', '.join(work.as_stated)}" if work.as_stated else ""
    return f"{counted(told + leaves(critics) + leaves(as_json(sizes)), 'value')}{left}"


def check_taints(parts: Parts, found: Diagnostics) -> str:
    """What must stand against a claim does: a rehearsal, a mock and a certificate's findings taint every
    verdict, whatever the manifest says."""
    plan, manifest = parts.plan, parts.manifest
    if manifest["certificate"] is None:
        return "no certificate was taken"
    must = first_taints(plan.binding, Certificate.from_json(parts.json(CERTIFICATE)))
    verdicts = [
        e["verdict"] for stage in manifest["stages"] for e in stage["evaluations"] if e.get("verdict")
    ]
    for where, tainted in [
        ("the manifest", manifest["taints"]),
        *(("a verdict", taints_of(v)) for v in verdicts),
    ]:
        for taint in must:
            if taint not in tainted:
                found.error("SS909", f"{where} does not say what stands against a claim: {taint}")
        for taint in tainted:
            if taint not in manifest["taints"]:
                found.error("SS909", f"{where} says what the manifest does not: {taint}")
    return f"{len(must)} that must be there, in {counted(1 + len(verdicts), 'place')}"


def _evaluations(parts: Parts) -> Iterable[tuple[Evaluate, Evaluation]]:
    for stage in parts.remade.method.stages:
        for step in stage.steps:
            outcome = parts.remade.outcomes.get(step.id)
            if isinstance(step, Evaluate) and isinstance(outcome, Evaluation):
                yield step, outcome


def _tell(found: Diagnostics, differing: Iterable[Difference]) -> None:
    every = list(differing)
    for one in every[:MOST_SHOWN]:
        found.error(
            "SS908", f"a number does not follow: {one}", help="It was worked out from scores and counts."
        )
    if len(every) > MOST_SHOWN:
        found.error(
            "SS908", f"{len(every) - MOST_SHOWN} more values of {every[0].path.split('.')[0]} do not follow"
        )
