"""Train: an adapter on what was accepted or preferred, in a child process, from ids made here."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from compiler.plan.model import Preference, Supervised, Train
from runtime.certificate import adapter_parity
from runtime.child import run_in_child
from runtime.failures import RunFailed, RunStopped
from runtime.identity import digest, seed
from runtime.journal import disk_errors, read
from runtime.progress import Advanced, Began, Ended, Said
from runtime.records import Record
from runtime.steps.gates import closed_gates
from runtime.training import trained
from runtime.training.dpo import DpoJob, DpoResult, train_dpo
from runtime.training.examples import Pair, TrainingExample
from runtime.training.job import StepDone, TrainingResult
from runtime.training.sft import SftJob, train_sft
from runtime.work import Adapter, Work


def train(step: Train, work: Work) -> None:
    """Train where every needed gate is open. A closed one means no new model, except in a rehearsal, which
    goes on and is tainted: nothing after it can reach a verdict."""
    closed = [id.rpartition(".")[2] for id in closed_gates(step.needs, work)]
    name = step.id.rpartition(".")[2]
    if closed and not work.binding.rehearsal:
        work.decide(step.id, None, trained=False, closed=closed)
        work.listener(Said(f"{name} is not trained: gate {', '.join(closed)} is closed", "warning"))
        return
    if closed:
        work.taints.append(f"{name} was trained past a closed gate: {', '.join(closed)}")
        work.listener(Said(f"{work.taints[-1]} (a rehearsal may)", "warning"))
    if not work.records[step.source].kept:
        raise RunFailed(
            f"{name} has nothing to learn from: no record was accepted", "Look at the rejects in the report."
        )
    of = step.objective
    job = _sft_job(step, of, work) if isinstance(of, Supervised) else _dpo_job(step, of, work)
    result = _trained(step, work, job)
    work.adapters[step.id] = Adapter(Path(job.out), result.adapter_sha256)
    _certify_adapter(step, work)
    work.decide(step.id, result, trained=True, closed=closed, adapter_sha256=result.adapter_sha256)


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


def _sft_job(step: Train, of: Supervised, work: Work) -> SftJob:
    def example(record: Record) -> TrainingExample:
        prompt = _prompt_ids(step, work, record)
        return TrainingExample(record.id, prompt, _target_ids(step, work, record, of.target, of.finish))

    return SftJob(
        **_shared(step, work),
        examples=[example(record) for record in work.records[step.source].kept],
        dev_examples=[example(record) for record in _watched(step, work)],
        loss_on=of.loss_on,
    )


def _dpo_job(step: Train, of: Preference, work: Work) -> DpoJob:
    def pair(record: Record) -> Pair:
        prompt = _prompt_ids(step, work, record)
        chosen = _target_ids(step, work, record, of.chosen, of.chosen_finish)
        rejected = _target_ids(step, work, record, of.rejected, of.rejected_finish)
        return Pair(
            record.id,
            TrainingExample(record.id, prompt, chosen),
            TrainingExample(record.id, prompt, rejected),
        )

    reference = work.adapter(of.reference)
    return DpoJob(
        **_shared(step, work),
        examples=[pair(record) for record in work.records[step.source].kept],
        dev_examples=[pair(record) for record in _watched(step, work)],
        reference_adapter=str(reference.folder) if reference else None,
        beta=of.beta,
    )


def _prompt_ids(step: Train, work: Work, record: Record) -> tuple[int, ...]:
    return work.tokens.prompt_ids(work.render(step.prompt, record.columns, record.id))


def _target_ids(step: Train, work: Work, record: Record, column: str, finish: str) -> tuple[int, ...]:
    """ids(lead + completion), made apart from the prompt's so that no border merges; EOS only where the
    completion had ended by itself."""
    lead = work.method.prompts[step.prompt.prompt].lead
    ids = work.tokens.continuation_ids(lead + str(record.columns[column]))
    ended = record.columns.get(finish) in ("stop", "eos")
    return (*ids, work.tokens.eos_id) if ended else ids


def _watched(step: Train, work: Work) -> Sequence[Record]:
    stop = step.stop_early
    return work.records[f"{stop.on}.{stop.part}"].kept if stop else ()


def _shared(step: Train, work: Work) -> dict[str, Any]:
    """What jobs of every method are told."""
    start = work.adapter(step.start)
    return {
        "folder": str(work.local.folder),
        "base_sha256": work.local.sha256,
        "start_adapter": str(start.folder) if start else None,
        "lora": step.lora,
        "optimizer": step.optimizer,
        "weights": work.binding.weights or step.weights,
        "epochs": step.epochs,
        "batch": step.batch,
        "max_length": step.max_length,
        "keep_order": step.keep_order,
        "patience": step.stop_early.patience if step.stop_early else None,
        "pad_id": work.tokens.eos_id,
        "seed": seed(work.binding.seed, "train", step.id),
        "threads": work.binding.threads,
        "out": str(work.folder / "adapters" / step.id),
        "work": str(work.folder / "checkpoints" / step.id),
    }


def _trained(step: Train, work: Work, job: SftJob | DpoJob) -> TrainingResult:
    """The result, from an earlier run of the very same training where there is one, in any run's folder."""
    name = step.id.rpartition(".")[2]
    method: Any = train_dpo if isinstance(job, DpoJob) else train_sft
    kind = DpoResult if isinstance(job, DpoJob) else TrainingResult
    found = trained.find(job, kind, work.folder.parent)
    if found is not None:
        result, folder = found
        if folder != Path(job.out):
            trained.copy(folder, Path(job.out))
            trained.store(job, result)
            work.listener(Said(f"{name} was trained before, in {folder.parent.parent.name}"))
        return result
    began = time.monotonic()
    key = f"{step.id}/steps"
    work.listener(Began(key, f"train {name}", None, "steps"))

    def tell(event: object) -> None:
        if isinstance(event, StepDone):
            work.listener(Advanced(key, event.step, event.of))

    with disk_errors(Path(job.out)):
        Path(job.out).parent.mkdir(parents=True, exist_ok=True)
    made: TrainingResult = run_in_child(method, job, tell)
    trained.store(job, made)
    done = f"{made.steps} steps on {made.examples} {'pairs' if kind is DpoResult else 'examples'}"
    work.listener(Ended(key, done, time.monotonic() - began))
    return made
