"""The loop: transformers' Trainer with our batches, an objective's loss, and steps told as they are done."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch
from transformers import Trainer, TrainerCallback

from runtime.training import checkpoints
from runtime.training.batches import EXACT, InOrder
from runtime.training.graphs import Graphs
from runtime.training.job import StepDone
from runtime.training.objectives import Measured, Objective

Emit = Callable[[object], None]


class ObjectiveTrainer(Trainer):  # type: ignore[misc]
    """The Trainer with our sampler and an objective's loss. What a dev part measures is a mean over all that
    the objective counts, not over batches."""

    def __init__(self, sampler: InOrder, objective: Objective[Any], **more: Any) -> None:
        super().__init__(**more)
        self.control: Any
        self._sampler = sampler
        self._objective = objective
        self._measured: Measured
        self._tokens = torch.tensor(0)
        self._began = 0.0
        self._graphs: Graphs[Measured] | None = None
        if objective.rounding != EXACT:
            trained = [p for p in self.model.parameters() if p.requires_grad]
            self._graphs = Graphs(self._loss, trained)

    def _get_train_sampler(self, train_dataset: Any = None) -> InOrder:  # noqa: ARG002
        return self._sampler

    def training_step(self, model: Any, inputs: Any, *args: Any, **more: Any) -> torch.Tensor:
        self._began = time.monotonic()
        self._tokens = inputs["attention_mask"].sum()
        if self._graphs is None:
            return super().training_step(model, inputs, *args, **more)
        model.train()
        loss, self._measured = self._graphs.run(self._prepare_inputs(inputs))
        return loss

    def compute_loss(self, model: Any, inputs: Any, *_: Any, **__: Any) -> torch.Tensor:  # noqa: ARG002
        loss, self._measured = self._loss(inputs)
        return loss

    def _loss(self, inputs: Mapping[str, torch.Tensor]) -> tuple[torch.Tensor, Measured]:
        measured = self._objective.measure(self.model, inputs)
        return measured.loss / measured.count, replace(measured, loss=measured.loss.detach())

    def floating_point_ops(self, inputs: Any) -> int:  # noqa: ARG002
        return 0  # to count them the Trainer looks at every weight's shape, at every step

    def log(self, logs: dict[str, float], *args: Any, **more: Any) -> None:
        if "loss" in logs:  # an optimizer step is done: its own measures become part of the history
            count = self._measured.count.item()
            step = {name: value.item() / count for name, value in self._measured.others.items()}
            pace = self._tokens.item() / (time.monotonic() - self._began)
            logs = {**logs, **step, "tokens_per_second": pace}
            if torch.cuda.is_available():
                logs["memory_gib"] = torch.cuda.max_memory_allocated() / 2**30
        super().log(logs, *args, **more)

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        self.model.eval()
        sums: Counter[str] = Counter()
        count = 0
        with torch.no_grad():
            for batch in self.get_eval_dataloader():
                measured = self._objective.measure(self.model, batch)
                sums.update({name: value.item() for name, value in measured.others.items()})
                sums["loss"] += measured.loss.item()
                count += int(measured.count)
        metrics = {f"eval_{name}": total / count for name, total in sums.items()}
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics


class Pace(TrainerCallback):  # type: ignore[misc]
    """Gives each epoch its order, asks for checkpoints between the ends of epochs, and tells of each step."""

    def __init__(self, sampler: InOrder, per_epoch: int, emit: Emit) -> None:
        self._sampler = sampler
        self._per_epoch = per_epoch
        self._emit = emit
        self._saved = time.monotonic()

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        self._sampler.epoch = state.global_step // self._per_epoch

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        within = state.global_step % self._per_epoch  # at its end an epoch saves by itself
        due = state.global_step % checkpoints.steps_between(state.max_steps) == 0
        if within and due and time.monotonic() - self._saved >= checkpoints.SECONDS_BETWEEN:
            control.should_save = True

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        self._saved = time.monotonic()

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:  # noqa: ARG002
        if "loss" in logs:
            names = ("loss", "grad_norm", "tokens_per_second", "margin", "accuracy")
            measured = {name: float(logs[name]) for name in names if name in logs}
            self._emit(StepDone(state.global_step, state.max_steps, **measured))
