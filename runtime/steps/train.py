"""Train: an adapter on what was accepted, in a child process, from ids made here."""

from __future__ import annotations

from compiler.plan.model import Train
from runtime.failures import RunFailed
from runtime.progress import Said
from runtime.records import Record
from runtime.steps.gates import closed_gates
from runtime.training.examples import TrainingExample
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
    work.adapters[step.id] = Adapter(result.folder, result.adapter_sha256)
    work.decide(step.id, result, trained=True, closed=closed, adapter_sha256=result.adapter_sha256)


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
