"""The training rows: our trainer and TRL's, on the same examples, in processes of their own, one by one."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from gpu_cases import Cases

from compiler.estimate.dimensions import Dimensions
from compiler.estimate.memory import lora_parameters
from compiler.plan.model import Lora, Optimizer
from runtime.child import run_in_child
from runtime.models.lock import dimensions
from runtime.training.batches import LengthGrouped
from runtime.training.dpo import DpoJob, train_dpo
from runtime.training.examples import Example, TrainingExample
from runtime.training.operations import Sizes, needed, peak_per_second
from runtime.training.sft import SftJob, train_sft

BATCH = 8
RATE = 1e-4
LORA = Lora(rank=16, alpha=32, dropout=0.05, modules="all_linear")
ADAMW = Optimizer(name="adamw", learning_rate=RATE, schedule="cosine", warmup=0.03, weight_decay=0.01)
MODULES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
BETA = 0.1
# What was found to be TRL's best here: nothing computed twice, and for DPO the reference ahead.
BEST: dict[str, dict[str, Any]] = {
    "sft": {"gradient_checkpointing": False},
    "dpo": {"gradient_checkpointing": False, "precompute_ref_log_probs": True},
}
SAME_ORDER = {"train_sampling_strategy": "sequential"}
E = TypeVar("E", bound=Example)


def in_one_order(examples: Sequence[E]) -> tuple[E, ...]:
    """As one training of ours would take them, in batches of like length: ours and TRL at its best are both
    given these batches one by one, so that their losses can be compared step by step."""
    batches = LengthGrouped([one.length for one in examples], BATCH, 0).batches(0)
    return tuple(examples[i] for batch in batches for i in batch)


_TOLD = ("optim", "bf16", "gradient_checkpointing", "dataloader_num_workers")


def our_job(
    method: str, folder: Path, cases: Cases, count: int, seed: int, out: str, weights: str = "bf16"
) -> Any:
    shared: dict[str, Any] = {
        "folder": str(folder),
        "base_sha256": "0" * 64,
        "start_adapter": None,
        "dev_examples": (),
        "lora": LORA,
        "optimizer": ADAMW,
        "weights": weights,
        "epochs": 1,
        "batch": BATCH,
        "max_length": 1024,
        "keep_order": True,
        "patience": None,
        "pad_id": 0,
        "seed": seed,
        "threads": None,
        "out": f"{out}/adapter",
        "work": f"{out}/work",
    }
    if method == "sft":
        return SftJob(**shared, examples=in_one_order(cases.examples(count, 0)))
    return DpoJob(**shared, examples=in_one_order(cases.pairs(count, 0)), reference_adapter=None, beta=BETA)


def ours(job: Any, _: Callable[[object], None]) -> dict[str, Any]:
    """In a child."""
    import torch

    result = (train_dpo if isinstance(job, DpoJob) else train_sft)(job, lambda _: None)
    return {
        "seconds": result.seconds + getattr(result, "reference_seconds", 0.0),
        "tokens": result.tokens,
        "target_tokens": result.target_tokens,
        "steps": result.steps,
        "losses": [loss for _, loss in result.losses],
        "peak_gib": result.peak_memory_gib,
        "checkpointing": result.checkpointing,
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
    }


def theirs(job: tuple[str, str, list[dict[str, Any]], dict[str, Any], int], _: Any) -> dict[str, Any]:
    """In a child: TRL as its documentation has it, on a model in bf16."""
    import datasets
    import torch
    import trl
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, AutoTokenizer

    method, folder, records, more, seed = job
    sft = method == "sft"

    class OnIds(trl.DPOTrainer):  # type: ignore[misc]
        """It takes texts only. These are ids already, the very same as ours."""

        def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
            return dataset

    with tempfile.TemporaryDirectory() as out:
        given: dict[str, Any] = {
            "output_dir": out,
            "per_device_train_batch_size": BATCH,
            "num_train_epochs": 1,
            "learning_rate": RATE,
            "lr_scheduler_type": "cosine",
            "warmup_steps": 0.03,
            "weight_decay": 0.01,
            "seed": seed,
            "report_to": "none",
            "use_cpu": not torch.cuda.is_available(),
            "disable_tqdm": True,
            **({"completion_only_loss": True} if sft else {"beta": BETA}),
            **more,
        }
        arguments = (trl.SFTConfig if sft else trl.DPOConfig)(**given)
        dataset = datasets.Dataset.from_list(records)
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16)
        trainer = (trl.SFTTrainer if sft else OnIds)(
            model=model,
            args=arguments,
            train_dataset=dataset,
            processing_class=AutoTokenizer.from_pretrained(folder),
            peft_config=LoraConfig(
                r=LORA.rank,
                lora_alpha=LORA.alpha,
                lora_dropout=LORA.dropout,
                target_modules=MODULES,
                task_type="CAUSAL_LM",
            ),
        )
        began = time.monotonic()
        trainer.train()
        seconds = time.monotonic() - began
    history = trainer.state.log_history
    return {
        "seconds": seconds,
        "steps": trainer.state.global_step,
        "losses": [row["loss"] for row in history if "loss" in row],
        "peak_gib": torch.cuda.max_memory_allocated() / 2**30 if torch.cuda.is_available() else 0.0,
        "versions": {"trl": trl.__version__, "torch": torch.__version__},
        "settings": {
            k: str(getattr(arguments, k)) for k in ("optim", "bf16", "gradient_checkpointing", *more)
        },
    }


def records(method: str, cases: Cases, count: int) -> list[dict[str, Any]]:
    """The examples as TRL's collators take them: ids."""
    if method == "sft":
        return [
            {
                "input_ids": [*e.prompt_ids, *e.target_ids],
                "completion_mask": [0] * len(e.prompt_ids) + [1] * len(e.target_ids),
            }
            for e in in_one_order(cases.examples(count, 0))
        ]
    return [
        {
            "prompt_ids": list(p.chosen.prompt_ids),
            "chosen_ids": list(p.chosen.target_ids),
            "rejected_ids": list(p.rejected.target_ids),
        }
        for p in in_one_order(cases.pairs(count, 0))
    ]


def model_flops(folder: Path, jobs: Sequence[TrainingExample]) -> float:
    """Operations that training an adapter on these rows takes."""
    of = Dimensions(**{k: v for k, v in dimensions(folder).items() if k != "max_positions"})
    sizes = Sizes(of.linear, of.vocabulary * of.hidden, of.queries * of.layers, lora_parameters(of, LORA))
    return needed(sizes, ((one.length, len(one.target_ids)) for one in jobs))


def row(
    method: str,
    folder: Path,
    counts: dict[str, int],
    seeds: int,
    keep: Callable[..., None],
    weights: str = "bf16",
) -> None:
    """One row: ours, TRL at its best, TRL at its defaults, and ours again; TRL's best and ours with as many
    seeds (ours with two at least), so that the spread of their losses can be compared. `counts` are the
    examples for each peer; one without any is left out. With other `weights` ours has a quantised base."""
    cases = Cases(folder)
    order = [("ours", 0), *(("best", s) for s in range(seeds)), ("defaults", 0)]
    order += [("ours", s) for s in range(1, max(2, seeds))]
    found: dict[str, list[dict[str, Any]]] = {peer: [] for peer, count in counts.items() if count}
    for peer, seed in order:
        count = counts[peer]
        if not count:
            continue
        if peer == "ours":
            with tempfile.TemporaryDirectory() as out:
                told = run_in_child(ours, our_job(method, folder, cases, count, seed, out, weights))
        else:
            more = BEST[method] | SAME_ORDER if peer == "best" else {}
            more = {**more, "logging_steps": 1} if peer == "best" and seed else more
            job = (method, str(folder), records(method, cases, count), more, seed)
            told = run_in_child(theirs, job)
        told["examples"] = count
        found[peer].append(told)
        shown = {name: value for name, value in told.items() if name != "losses"}
        print(method, folder.name, weights, peer, seed, shown, "last", told["losses"][-1:], flush=True)
    rates = {name: [one["examples"] / one["seconds"] for one in runs] for name, runs in found.items()}
    mean = {name: sum(many) / len(many) for name, many in rates.items()}
    ours_first = found["ours"][0]
    rows = [e for one in our_job(method, folder, cases, 256, 0, "").examples for e in one.rows]
    flops = model_flops(folder, rows) / 256
    peak = peak_per_second(ours_first["device"])
    keep(
        method,
        {
            "batch": BATCH,
            "weights": weights,
            "tokens_per_example": ours_first["tokens"] / ours_first["examples"],
            "unit": "examples/s",
            "rates": rates,
            "model_flops_per_example": flops,
            **({} if peak is None else {"mfu": {name: flops * rate / peak for name, rate in mean.items()}}),
            **{f"over_{peer}": mean["ours"] / mean[peer] for peer in mean if peer != "ours"},
            "runs": found,
        },
    )
