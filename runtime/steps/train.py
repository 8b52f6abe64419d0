"""Train: an adapter on what was accepted or preferred, in a child process."""

from __future__ import annotations

import shutil
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from compiler.plan.counting import counted
from compiler.plan.meaning import models
from compiler.plan.model import Train
from runtime.certificate import adapter_parity
from runtime.child import run_in_child
from runtime.failures import RunStopped
from runtime.identity import digest
from runtime.journal import disk_errors, read
from runtime.progress import Advanced, Began, Ended, Said
from runtime.steps.gates import closed_gates
from runtime.steps.jobs import job_of, watched
from runtime.survived import Survived
from runtime.training import trained
from runtime.training.arguments import needs_bitsandbytes
from runtime.training.dpo import DpoJob, DpoResult, train_dpo
from runtime.training.job import StepDone, TrainingResult
from runtime.training.sft import SftJob, train_sft
from runtime.work import Adapter, Work


def train(step: Train, work: Work) -> None:
    """Train where every needed gate is open. A closed one means no new model, except in a rehearsal, which
    goes on and is tainted: nothing after it can reach a verdict. Nothing to learn, or no model to begin with,
    means no new model in any run."""
    closed = [id.rpartition(".")[2] for id in closed_gates(step.needs, work)]
    name = step.id.rpartition(".")[2]
    if why := why_not(step, work):
        work.not_trained[step.id] = why
        work.decide(step.id, None, trained=False, closed=closed, why=why)
        work.listener(Said(f"{name} is not trained: {why}", "warning"))
        return
    if closed:
        work.taints.append(f"{step.id} was trained past a closed gate: {', '.join(closed)}")
        work.listener(Said(f"{work.taints[-1]} (a rehearsal may)", "warning"))
    job = job_of(step, work)
    quoted = work.plan.quote.steps.get(step.id)
    result = replace(_trained(step, work, job), foreseen_gib=quoted.needed_gib if quoted else None)
    work.adapters[step.id] = Adapter(Path(job.out), result.adapter_sha256)
    _certify_adapter(step, work)
    work.decide(step.id, result, trained=True, closed=closed, adapter_sha256=result.adapter_sha256)


def why_not(step: Train, work: Work) -> str:
    """Why a step cannot be trained, in words; nothing where it can."""
    closed = [id.rpartition(".")[2] for id in closed_gates(step.needs, work)]
    absent = [model for model in models(step) if not work.runs(model)]
    if closed and not work.binding.rehearsal:
        return f"gate {', '.join(closed)} is closed"
    if absent:
        return f"{', '.join(absent)} was not trained"
    if not work.records[step.source].kept:
        return "no record was accepted that it could learn from"
    if step.stop_early is not None and not watched(step, work):
        return "no record fell to the part that stop_early watches"
    return ""


def _certify_adapter(step: Train, work: Work) -> None:
    """The engine must answer with the adapter as the libraries that trained it do."""
    adapter = work.adapters[step.id]
    key = digest("adapter parity", work.engine.facts.fingerprint, adapter.sha256)
    for event in read(work.journal.path):
        if event["event"] == "adapter parity" and event["key"] == key:
            work.parities[step.id] = event["line"]
            return
    bound = work.binding.models[work.role]
    line = adapter_parity(bound, work.local, work.tokens, work.engine, str(adapter.folder))
    work.parities[step.id] = {**asdict(line), "state": line.state}
    if line.stops:
        raise RunStopped(f"the engine and the trainer disagree on {step.id}: {line.explanation}")
    work.journal.append("adapter parity", key=key, line=work.parities[step.id])


def trained_before(job: SftJob | DpoJob, work: Work) -> tuple[TrainingResult, Path] | None:
    """The result of this very training and its adapter's folder, which may be another run's."""
    kind = DpoResult if isinstance(job, DpoJob) else TrainingResult
    return trained.find(job, kind, work.folder.parent)


def _trained(step: Train, work: Work, job: SftJob | DpoJob) -> TrainingResult:
    """The result, from an earlier run of the very same training where there is one and it may be taken."""
    name = step.id.rpartition(".")[2]
    method: Any = train_dpo if isinstance(job, DpoJob) else train_sft
    if work.anew:
        shutil.rmtree(job.work, ignore_errors=True)  # checkpoints of a training that was given up
    found = None if work.anew else trained_before(job, work)
    if found is not None:
        result, folder = found
        if folder != Path(job.out):
            trained.copy(folder, Path(job.out))
            trained.store(job, result)
            work.listener(Said(f"{name} was trained before, in {folder.parent.parent.name}"))
        return result
    began = time.monotonic()
    key = f"{step.id}/steps"
    work.listener(Began(key, f"train {name}", None, "step"))

    def tell(event: object) -> None:
        if isinstance(event, StepDone):
            work.listener(Advanced(key, event.step, event.of))
        elif isinstance(event, Survived):
            work.survive(event)

    with disk_errors(Path(job.out)):
        Path(job.out).parent.mkdir(parents=True, exist_ok=True)
    work.engine.rest()  # a GPU seldom holds the model twice
    forked = not needs_bitsandbytes(job.weights, job.optimizer)
    made: TrainingResult = run_in_child(method, job, tell, forked=forked)
    trained.store(job, made)
    learnt = counted(made.examples, "pair" if isinstance(job, DpoJob) else "example")
    done = f"{counted(made.steps, 'step')} on {learnt}"
    work.listener(Ended(key, done, time.monotonic() - began))
    return made
