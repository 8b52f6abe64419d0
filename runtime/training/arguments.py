"""A plan's training settings as the installed libraries' own arguments, and what this machine can do.

The heavy libraries are imported inside, so that reading a plan stays fast.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from math import ceil
from typing import TYPE_CHECKING, Literal

from compiler.plan.model import Lora, Optimizer, Train
from runtime.failures import RunFailed

if TYPE_CHECKING:
    from peft import LoraConfig
    from transformers import TrainingArguments

Weights = Literal["nf4", "int8", "bf16", "float32"]

MAX_GRADIENT_NORM = 1.0

# Layers by name: peft's own "all-linear" would take in whatever else a checkpoint calls a linear layer.
MODULES: Mapping[str, tuple[str, ...]] = {
    "all_linear": ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"),
    "attention": ("q_proj", "k_proj", "v_proj", "o_proj"),
    "query_value": ("q_proj", "v_proj"),
}
_EVALUATED = 4  # training batches of which a GPU measures the loss at once
_OPTIMIZERS = {"adamw": "adamw_torch", "paged_adamw_8bit": "paged_adamw_8bit"}
# transformers' plain "constant" passes over the warm-up.
_SCHEDULES = {"cosine": "cosine", "linear": "linear", "constant": "constant_with_warmup"}


def check_trainings(asked: tuple[Sequence[Train], Weights | None], _: object = None) -> None:
    """`check_trainer_arguments` of several steps, as a child does it, which has the libraries loaded."""
    steps, weights = asked
    for step in steps:
        check_trainer_arguments(step, weights)


def check_trainer_arguments(step: Train, weights: Weights | None = None) -> None:
    """Prove, without a model, that this machine and the installed libraries take a step's settings.

    `weights` replaces the step's own where a profile says so. RunFailed with what was refused.
    """
    check_machine(weights or step.weights, step.optimizer)
    try:
        lora_config(step.lora)
        training_arguments(
            step.optimizer, step.epochs, step.batch, seed=0, steps=1, patience=step.stop_early is not None
        )
    except (TypeError, ValueError, ImportError) as error:
        import transformers

        raise RunFailed(
            f"transformers {transformers.__version__} refuses the settings of {step.id}: {error}.",
            "Install the versions that stagespec's own requirements name.",
        ) from error


def needs_bitsandbytes(weights: Weights, optimizer: Optimizer) -> bool:
    """Whether a training loads bitsandbytes, which a fork has not (see `runtime.forking`)."""
    return weights in ("nf4", "int8") or optimizer.name == "paged_adamw_8bit"


def check_machine(weights: Weights, optimizer: Optimizer) -> None:
    """RunFailed unless this machine can hold the base in `weights` and run the optimizer."""
    import torch

    cuda = torch.cuda.is_available()
    quantised = cuda and importlib.util.find_spec("bitsandbytes") is not None
    if weights in ("nf4", "int8") and not quantised:
        raise RunFailed(
            f"Training on {weights} weights needs a CUDA GPU and the package bitsandbytes.",
            "Set `weights` to bf16 or float32 in the profile, or run on a machine with a GPU.",
        )
    if optimizer.name == "paged_adamw_8bit" and not quantised:
        raise RunFailed(
            "The optimizer paged_adamw_8bit needs a CUDA GPU and the package bitsandbytes.",
            "Use adamw here, which keeps its state in 32 bits.",
        )
    if weights == "bf16" and cuda and not torch.cuda.is_bf16_supported():
        raise RunFailed("This GPU can't compute in bf16.", "Set `weights` to float32 in the profile.")


def lora_config(lora: Lora) -> LoraConfig:
    """peft's configuration of a plan's adapter: no biases, never on the embeddings or the output layer."""
    from peft import LoraConfig

    return LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=list(MODULES[lora.modules]),
        bias="none",
        task_type="CAUSAL_LM",
    )


def training_arguments(
    optimizer: Optimizer,
    epochs: int,
    batch: int,
    *,
    seed: int,
    steps: int,
    patience: bool,
    dev: bool = False,
    bf16: bool = False,
    checkpointing: bool = False,
    folder: str = "training",
    tensorboard: bool = False,
) -> TrainingArguments:
    """transformers' arguments. `steps` are those of the whole training, `folder` takes the checkpoints.

    With `patience` the checkpoint with the best dev loss is the result. With `checkpointing` activations are
    computed twice and not kept. Nothing is shown, nor reported but to TensorBoard where
    that is asked for.
    """
    import torch
    from transformers import TrainingArguments

    cuda = torch.cuda.is_available()
    name = _OPTIMIZERS[optimizer.name]
    return TrainingArguments(
        output_dir=folder,
        per_device_train_batch_size=batch,
        # Without gradients a batch takes far less; but where memory is short, nothing is tried.
        per_device_eval_batch_size=batch * (_EVALUATED if cuda and not checkpointing else 1),
        num_train_epochs=epochs,
        learning_rate=optimizer.learning_rate,
        lr_scheduler_type=_SCHEDULES[optimizer.schedule],
        warmup_steps=ceil(optimizer.warmup * steps),
        weight_decay=optimizer.weight_decay,
        optim=f"{name}_fused" if cuda and name == "adamw_torch" else name,
        max_grad_norm=MAX_GRADIENT_NORM,
        seed=seed,
        data_seed=seed,
        bf16=bf16,
        use_cpu=not cuda,
        eval_strategy="epoch" if dev or patience else "no",
        save_strategy="epoch",
        save_total_limit=2,
        load_best_model_at_end=patience,
        metric_for_best_model="eval_loss" if patience else None,
        greater_is_better=False if patience else None,
        logging_strategy="steps",
        logging_steps=1,
        logging_nan_inf_filter=False,
        report_to="tensorboard" if tensorboard else "none",
        disable_tqdm=True,
        log_level="error",
        remove_unused_columns=False,
        label_names=["labels"],
        dataloader_pin_memory=cuda,
        gradient_checkpointing=checkpointing,
        gradient_checkpointing_kwargs={"use_reentrant": False} if checkpointing else None,
    )
