"""Train: an adapter on what was accepted, in a child process, from ids made here."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import BaseModel, TypeAdapter

from compiler.plan.model import Train
from runtime.certificate import adapter_parity
from runtime.child import run_in_child
from runtime.failures import RunFailed, RunStopped
from runtime.identity import digest, seed
from runtime.journal import disk_errors, read, write_whole
from runtime.progress import Advanced, Began, Ended, Said
from runtime.records import Record
from runtime.steps.gates import closed_gates
from runtime.training.examples import TrainingExample
from runtime.training.sft import SftJob, SftResult, StepDone, adapter_digest, train_sft
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
    examples = _examples(step, work, step.part)
    if not examples:
        raise RunFailed(
            f"{name} has nothing to learn from: no record was accepted", "Look at the rejects in the report."
        )
    dev = _examples(step, work, step.stop_early.part) if step.stop_early else []
    job = _job(step, work, examples, dev)
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


def _examples(step: Train, work: Work, part: str) -> list[TrainingExample]:
    """ids(prompt) and ids(lead + target), made apart so that no border merges; EOS only where the
    completion had ended by itself."""
    records = work.records[f"{step.data}.{part}"].kept
    lead = work.method.prompts[step.prompt.prompt].lead
    return [_example(step, work, record, lead) for record in records]


def _example(step: Train, work: Work, record: Record, lead: str) -> TrainingExample:
    target = work.tokens.continuation_ids(lead + str(record.columns[step.target]))
    ended = record.columns.get("finish") in ("stop", "eos")
    return TrainingExample(
        id=record.id,
        prompt_ids=work.tokens.prompt_ids(work.render(step.prompt, record.columns, record.id)),
        target_ids=(*target, work.tokens.eos_id) if ended else target,
    )


def _job(step: Train, work: Work, examples: list[TrainingExample], dev: list[TrainingExample]) -> SftJob:
    name = step.id.rpartition(".")[2]
    start = work.adapter(step.start)
    return SftJob(
        folder=str(work.local.folder),
        start_adapter=str(start.folder) if start else None,
        examples=examples,
        dev_examples=dev,
        lora=step.lora,
        optimizer=step.optimizer,
        weights=work.binding.weights or step.weights,
        epochs=step.epochs,
        batch=step.batch,
        max_length=step.max_length,
        patience=step.stop_early.patience if step.stop_early else None,
        pad_id=work.tokens.eos_id,
        seed=seed(work.binding.seed, "train", step.id),
        threads=work.binding.threads,
        out=str(work.folder / "adapters" / name),
        work=str(work.folder / "checkpoints" / name),
    )


def _trained(step: Train, work: Work, job: SftJob) -> SftResult:
    """The result, from an earlier run of the very same training where there is one."""
    stored = Path(job.out).with_suffix(".json")
    meaning = digest(
        {k: _meaning(v) for k, v in asdict(job).items() if k not in ("out", "work", "threads")},
        work.local.sha256,
    )
    if stored.exists():
        known = json.loads(stored.read_text(encoding="utf-8"))
        if known["job"] == meaning and adapter_digest(Path(job.out)) == known["result"]["adapter_sha256"]:
            return TypeAdapter(SftResult).validate_python(known["result"])
    began = time.monotonic()
    key = f"{step.id}/steps"
    work.listener(Began(key, f"train {step.id.rpartition('.')[2]}", None, "steps"))

    def tell(event: object) -> None:
        if isinstance(event, StepDone):
            work.listener(Advanced(key, event.step, event.of))

    with disk_errors(stored):
        Path(job.out).parent.mkdir(parents=True, exist_ok=True)
    work.engine.rest()  # a GPU seldom holds the model twice
    result: SftResult = run_in_child(train_sft, job, tell)
    write_whole(stored, json.dumps({"job": meaning, "result": asdict(result)}, indent=1))
    work.listener(Ended(key, f"{result.steps} steps on {result.examples} examples", time.monotonic() - began))
    return result


def _meaning(value: Any) -> Any:
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else value
