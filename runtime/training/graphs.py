"""Forward and backward passes recorded as CUDA graphs, one for each shape of batch.

A step of a small model is thousands of kernels of a few microseconds each, and Python starts them more
slowly than a large GPU runs them. A recorded step is started at once. What is computed is the same, random
numbers included: a replay takes them from the generator where it stands, as the step itself would.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import torch

from runtime.training.batches import Rounding

S = TypeVar("S")
Batch = Mapping[str, torch.Tensor]
Shape = tuple[tuple[str, torch.Size], ...]

# Of a small model a step costs its kernels' starts, and rounding saves recordings. Of a large one it costs
# what is computed, padding too: examples of 66 tokens fill half of 128.
_LARGE = 1_000_000_000  # parameters
_TARGETS = 128


@dataclass(frozen=True, slots=True)
class _Recorded(Generic[S]):
    """A replay reads `inputs` and writes the tensors in `step`, and the gradients."""

    graph: torch.cuda.CUDAGraph
    inputs: Batch
    step: S


def rounding(parameters: int) -> Rounding:
    """How batches are rounded for a model of so many parameters."""
    return Rounding(length=32 if parameters > _LARGE else 128, targets=_TARGETS)


class Graphs(Generic[S]):
    """`compute` gives a batch's loss and whatever else is told of it, as tensors on the GPU. It must read
    none of them back, and let no value decide a shape.

    A shape is recorded when it first comes, and every step is a replay: a training that goes on in another
    process computes what it would have computed here.
    """

    def __init__(
        self, compute: Callable[[Batch], tuple[torch.Tensor, S]], parameters: Sequence[torch.nn.Parameter]
    ) -> None:
        self._compute = compute
        self._parameters = parameters
        self._gradients = [torch.zeros_like(parameter) for parameter in parameters]
        self._recorded: dict[Shape, tuple[torch.Tensor, _Recorded[S]]] = {}
        self._pool = torch.cuda.graph_pool_handle()

    def run(self, batch: Batch) -> tuple[torch.Tensor, S]:
        """The loss of a batch, whose gradients are in the parameters afterwards, and what else `compute`
        told; both hold until the next run."""
        shape = tuple((name, tensor.shape) for name, tensor in batch.items())
        if shape not in self._recorded:
            self._recorded[shape] = self._record(batch)
        loss, recorded = self._recorded[shape]
        for name, tensor in batch.items():
            recorded.inputs[name].copy_(tensor, non_blocking=True)
        recorded.graph.replay()
        for parameter, gradient in zip(self._parameters, self._gradients, strict=True):
            parameter.grad = gradient
        return loss, recorded.step

    def _record(self, batch: Batch) -> tuple[torch.Tensor, _Recorded[S]]:
        inputs = {name: tensor.to("cuda", copy=True) for name, tensor in batch.items()}
        # What a first time needs (workspaces, compiled kernels) must not be made while recording, and the
        # random numbers that are drawn for it are the first replay's.
        random = torch.cuda.get_rng_state()
        torch.autograd.grad(self._compute(inputs)[0], self._parameters)
        torch.cuda.set_rng_state(random)
        graph = torch.cuda.CUDAGraph()
        # Other threads may pin memory meanwhile.
        with torch.cuda.graph(graph, pool=self._pool, capture_error_mode="thread_local"):
            loss, step = self._compute(inputs)
            found = torch.autograd.grad(loss, self._parameters)
            torch._foreach_copy_(self._gradients, found)
        return loss.detach(), _Recorded(graph, inputs, step)
