"""Whether our SFT and TRL's are the same on the same examples: loss and gradients of a first batch.

    python tests/benchmarks/sft_first_step.py FOLDER

In float32 and without dropout, so that only rounding may differ. Needs TRL; FOLDER holds a model.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from gpu_cases import Cases
from gpu_training import BATCH, LORA, MODULES, in_one_order, records
from transformers import AutoModelForCausalLM, AutoTokenizer, set_seed

from runtime.training import adapter
from runtime.training.batches import collate
from runtime.training.loss import summed_loss

PLAIN = replace(LORA, dropout=0.0)
Found = tuple[float, dict[str, torch.Tensor], dict[str, torch.Tensor]]


def ours(folder: Path, cases: Cases) -> Found:
    set_seed(0)
    model = adapter.load(str(folder), "float32", PLAIN, None).train()
    loss, count = summed_loss(model, collate(in_one_order(cases.examples(BATCH, 0))))
    return measured(model, loss / count)


def theirs(folder: Path, cases: Cases, out: str) -> Found:
    import datasets
    import trl
    from peft import LoraConfig

    set_seed(0)
    trainer = trl.SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32),
        args=trl.SFTConfig(
            out, seed=0, use_cpu=True, bf16=False, completion_only_loss=True, report_to="none"
        ),
        train_dataset=datasets.Dataset.from_list(records("sft", cases, BATCH)),
        processing_class=AutoTokenizer.from_pretrained(folder),
        peft_config=LoraConfig(
            r=PLAIN.rank,
            lora_alpha=PLAIN.alpha,
            lora_dropout=0.0,
            target_modules=MODULES,
            task_type="CAUSAL_LM",
        ),
    )
    batch = trainer.data_collator([trainer.train_dataset[i] for i in range(BATCH)])
    model = trainer.model.train()
    loss = trainer.compute_loss(model, batch, num_items_in_batch=(batch["labels"] != -100).sum())
    return measured(model, loss)


def measured(model: Any, loss: torch.Tensor) -> Found:
    """The loss, and the adapter's first values and gradients by name."""
    loss.backward()  # type: ignore[no-untyped-call]
    trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
    values = {name: p.detach() for name, p in trained.items()}
    return loss.item(), values, {name: p.grad for name, p in trained.items() if "lora_B" in name}


def main() -> None:
    folder = Path(sys.argv[1])
    cases = Cases(folder)
    loss, values, gradients = ours(folder, cases)
    with tempfile.TemporaryDirectory() as out:
        their_loss, their_values, their_gradients = theirs(folder, cases, out)
    apart = [float((g - their_gradients[n]).norm() / g.norm()) for n, g in gradients.items()]
    same = all(torch.equal(value, their_values[name]) for name, value in values.items())
    print(f"loss: ours {loss:.5f}, TRL {their_loss:.5f}")
    mean = sum(apart) / len(apart)
    print(f"gradients of {len(apart)} matrices B: apart by {mean:.1e}, {max(apart):.1e} at most")
    print(f"the adapters begin with the same values: {same}")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    main()
