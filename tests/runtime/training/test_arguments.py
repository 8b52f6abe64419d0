"""The installed libraries take what plans say, and what they refuse is said in one sentence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
import transformers

from compiler.plan.model import EarlyStop, Lora, Optimizer, Preference, PromptUse, Supervised, Train
from runtime.failures import RunFailed
from runtime.training.arguments import (
    Weights,
    check_trainer_arguments,
    lora_config,
    needs_bitsandbytes,
    training_arguments,
)

ADAMW = Optimizer(name="adamw", learning_rate=1e-4, schedule="cosine", warmup=0.03, weight_decay=0.01)
no_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="says what a machine without a GPU answers")


def step(**changes: Any) -> Train:
    settings: dict[str, Any] = {
        "id": "one.trained",
        "start": "base",
        "inputs": ("one.split",),
        "part": "train",
        "prompt": PromptUse(prompt="ask"),
        "objective": Supervised(target="response", finish="finish"),
        "lora": Lora(rank=16, alpha=16, dropout=0.1, modules="all_linear"),
        "weights": "float32",
        "optimizer": ADAMW,
        "epochs": 2,
        "batch": 8,
        "max_length": 1024,
    }
    return Train(**(settings | changes))


@pytest.mark.parametrize("schedule", ["cosine", "linear", "constant"])
@pytest.mark.parametrize("modules", ["all_linear", "attention", "query_value"])
def test_the_installed_libraries_take_every_choice(schedule: str, modules: str) -> None:
    optimizer = replace(ADAMW, schedule=schedule)
    lora = Lora(rank=4, alpha=8, dropout=0.0, modules=modules)  # type: ignore[arg-type]
    check_trainer_arguments(step(optimizer=optimizer, lora=lora))
    pairs = Preference(chosen="chosen", rejected="rejected", reference="base", beta=0.1)
    check_trainer_arguments(step(optimizer=optimizer, lora=lora, objective=pairs))
    check_trainer_arguments(step(stop_early=EarlyStop(on="one.split", part="dev", patience=2)))


def test_settings_arrive_where_they_belong() -> None:
    found = training_arguments(ADAMW, 2, 8, seed=5, steps=70, patience=False, folder="x")
    assert (found.learning_rate, found.weight_decay, found.warmup_steps) == (1e-4, 0.01, 3)
    assert (found.num_train_epochs, found.per_device_train_batch_size) == (2, 8)
    assert (found.seed, found.data_seed, found.output_dir) == (5, 5, "x")
    assert (found.optim, found.lr_scheduler_type) == ("adamw_torch", "cosine")
    assert (found.report_to, found.disable_tqdm, found.load_best_model_at_end) == ([], True, False)
    lora = lora_config(Lora(rank=4, alpha=8, dropout=0.1, modules="attention"))
    assert (lora.r, lora.lora_alpha, lora.lora_dropout, lora.bias) == (4, 8, 0.1, "none")
    assert lora.target_modules == {"q_proj", "k_proj", "v_proj", "o_proj"}


def test_a_constant_schedule_keeps_its_warm_up() -> None:
    constant = replace(ADAMW, schedule="constant")
    found = training_arguments(constant, 1, 1, seed=0, steps=100, patience=False)
    assert (found.lr_scheduler_type, found.warmup_steps) == ("constant_with_warmup", 3)


def test_a_library_that_no_longer_knows_an_argument_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def changed(**_: Any) -> None:
        raise TypeError("got an unexpected keyword argument 'optim'")

    monkeypatch.setattr(transformers, "TrainingArguments", changed)
    with pytest.raises(RunFailed, match=r"refuses the settings of one.trained: got an unexpected"):
        check_trainer_arguments(step())


@no_gpu
def test_a_profile_may_replace_weights_that_this_machine_can_not_hold() -> None:
    with pytest.raises(RunFailed, match="Training on nf4 weights needs a CUDA GPU"):
        check_trainer_arguments(step(weights="nf4"))
    check_trainer_arguments(step(weights="nf4"), "float32")


@no_gpu
def test_a_paged_optimizer_needs_a_gpu() -> None:
    paged = replace(ADAMW, name="paged_adamw_8bit")
    with pytest.raises(RunFailed, match="paged_adamw_8bit needs a CUDA GPU"):
        check_trainer_arguments(step(optimizer=paged))


@pytest.mark.parametrize(
    ("weights", "optimizer", "needed"),
    [
        ("float32", "adamw", False),
        ("bf16", "adamw", False),
        ("bf16", "paged_adamw_8bit", True),
        ("nf4", "adamw", True),
        ("int8", "adamw", True),
    ],
)
def test_what_no_fork_can_do(weights: Weights, optimizer: str, needed: bool) -> None:
    assert needs_bitsandbytes(weights, replace(ADAMW, name=optimizer)) is needed
