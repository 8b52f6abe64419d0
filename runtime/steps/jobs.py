"""What a train step hands to the trainer: ids made here, apart, and adapters by reference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from compiler.plan.model import Preference, Supervised, Train
from runtime.identity import seed
from runtime.records import Record
from runtime.training.dpo import DpoJob
from runtime.training.examples import Pair, TrainingExample
from runtime.training.sft import SftJob
from runtime.work import Work


def job_of(step: Train, work: Work) -> SftJob | DpoJob:
    """The step's training on the records that it reads, by whichever method it names."""
    of = step.objective
    return _sft_job(step, of, work) if isinstance(of, Supervised) else _dpo_job(step, of, work)


def _sft_job(step: Train, of: Supervised, work: Work) -> SftJob:
    def example(record: Record) -> TrainingExample:
        prompt = _prompt_ids(step, work, record)
        return TrainingExample(record.id, prompt, _target_ids(step, work, record, of.target, of.finish))

    return SftJob(
        **_shared(step, work),
        examples=[example(record) for record in work.records[step.source].kept],
        dev_examples=[example(record) for record in watched(step, work)],
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
        dev_examples=[pair(record) for record in watched(step, work)],
        reference_adapter=str(reference.folder) if reference else None,
        beta=of.beta,
    )


def _prompt_ids(step: Train, work: Work, record: Record) -> tuple[int, ...]:
    return work.rendered_ids(step.prompt, record.columns, record.id)


def _target_ids(step: Train, work: Work, record: Record, column: str, finish: str) -> tuple[int, ...]:
    """ids(lead + completion), made apart from the prompt's so that no border merges; EOS only where the
    completion had ended by itself."""
    lead = work.method.prompts[step.prompt.prompt].lead
    ids = work.tokens.continuation_ids(lead + str(record.columns[column]))
    ended = record.columns.get(finish) in ("stop", "eos")
    return (*ids, work.tokens.eos_id) if ended else ids


def watched(step: Train, work: Work) -> Sequence[Record]:
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
        "tensorboard": str(work.folder / "tensorboard" / step.id) if work.tensorboard else "",
    }
