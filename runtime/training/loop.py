"""The loop: transformers' Trainer with our batches, an objective's loss, and steps told as they are done."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial, reduce
from operator import add
from typing import Any, TypeVar

import torch
from transformers import Trainer, TrainerCallback

from runtime.training import checkpoints
from runtime.training.batches import EXACT, InOrder
from runtime.training.graphs import Graphs
from runtime.training.halving import Halving
from runtime.training.job import StepDone
from runtime.training.objectives import Measured, Objective

Emit = Callable[[object], None]
T = TypeVar("T")


class ObjectiveTrainer(Trainer):  # type: ignore[misc]
    """The Trainer with our sampler and an objective's loss. What a dev part measures is a mean over all that
    the objective counts, not over batches. A batch that memory does not hold is computed in parts; the step
    stays what it is."""

    def __init__(self, sampler: InOrder, objective: Objective[Any], halving: Halving, **more: Any) -> None:
        super().__init__(**more)
        self.control: Any
        self._sampler = sampler
        self._objective = objective
        self._halving = halving
        self._measured: Measured
        self._tokens = torch.tensor(0)
        self._began = 0.0
        self._graphs: Graphs[Measured] | None = None
        if objective.rounding != EXACT:
            trained = [p for p in self.model.parameters() if p.requires_grad]
            self._graphs = Graphs(self._loss, trained)

    def _get_train_sampler(self, train_dataset: Any = None) -> InOrder:  # noqa: ARG002
        return self._sampler

    def training_step(self, model: Any, inputs: Any, *_: Any, **__: Any) -> torch.Tensor:
        self._began = time.monotonic()
        self._tokens = inputs["attention_mask"].sum()
        model.train()
        batch = self._prepare_inputs(inputs)
        loss, self._measured = self._fitting(batch, partial(self._gradients, batch))
        return loss

    def _gradients(self, batch: Mapping[str, torch.Tensor], at_once: int) -> tuple[torch.Tensor, Measured]:
        """The loss of a batch, whose gradients are in the parameters afterwards."""
        if self._graphs is not None:
            return self._graphs.run(batch)
        count = self._objective.count(batch)
        parts: list[Measured] = []
        for part in self._objective.parts(batch, at_once):
            with self.compute_loss_context_manager():
                measured = self._objective.measure(self.model, part)
            self.accelerator.backward(measured.loss / count)
            parts.append(replace(measured, loss=measured.loss.detach()))
        whole = reduce(add, parts)
        return whole.loss / count, whole

    def _fitting(self, batch: Mapping[str, torch.Tensor], attempt: Callable[[int], T]) -> T:
        return self._halving.compute(self._objective.examples(batch), attempt, self._give_up)

    def _give_up(self) -> None:
        """Let go of half a step's gradients, and of recorded steps, which are of whole batches."""
        self.model.zero_grad()
        self._graphs = None

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
                measured = self._fitting(batch, partial(self._objective.whole, self.model, batch))
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
