"""What a GPU does in a step of our training: the time of its kernels by kind, beside the step's own."""

from __future__ import annotations

import re
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from gpu_cases import Cases
from gpu_training import our_job

from runtime.child import run_in_child
from runtime.training import loop
from runtime.training.dpo import DpoJob, train_dpo
from runtime.training.sft import train_sft

FROM, STEPS = 30, 10  # all shapes of batches are recorded by then
KINDS = {
    "attention": "flash|fmha|attention|mha",
    "matrix products": "gemm|nvjet|cutlass|xmma|sm90_|cublas|splitk",
    "4-bit weights": "dequant|quantize|4bit|nf4",
    "optimizer": "adam|multi_tensor|lpnorm|foreach",
    "loss": "softmax|nll|cross_entropy",
    "dropout": "dropout|philox|bernoulli",
    "elementwise, sums and copies": "elementwise|vectorized|copy|reduce|memcpy|memset|cat|index|rms|triton",
}


def profile(method: str, folder: Path, weights: str) -> dict[str, Any]:
    """Milliseconds of a step, and of the kernels in it, each a mean over `STEPS` steps."""
    cases = Cases(folder)
    with tempfile.TemporaryDirectory() as out:
        job = our_job(method, folder, cases, 8 * (FROM + STEPS + 1), 0, out, weights)
        return run_in_child(_profiled, job)


def _profiled(job: Any, _: Any) -> dict[str, Any]:
    """In a child."""
    import torch
    from torch.profiler import ProfilerActivity

    recorder = torch.profiler.profile(activities=[ProfilerActivity.CUDA])
    spent = {"began": 0.0, "seconds": 0.0}
    before = loop.Pace.on_step_end

    def on_step_end(self: Any, args: Any, state: Any, control: Any, **more: Any) -> None:
        before(self, args, state, control, **more)
        if state.global_step == FROM:
            torch.cuda.synchronize()
            recorder.start()
            spent["began"] = time.monotonic()
        if state.global_step == FROM + STEPS:
            torch.cuda.synchronize()
            spent["seconds"] = time.monotonic() - spent["began"]
            recorder.stop()

    loop.Pace.on_step_end = on_step_end  # type: ignore[method-assign]
    (train_dpo if isinstance(job, DpoJob) else train_sft)(job, lambda _: None)
    by_kind: Counter[str] = Counter()
    by_name: Counter[str] = Counter()
    kernels = 0
    for event in recorder.events():
        if event.device_type == torch.autograd.DeviceType.CUDA:
            milliseconds = event.time_range.elapsed_us() / 1000 / STEPS
            kernels += 1
            by_name[event.name[:90]] += milliseconds
            by_kind[_kind(event.name)] += milliseconds
    return {
        "step_ms": 1000 * spent["seconds"] / STEPS,
        "kernels_ms": sum(by_kind.values()),
        "kernels": kernels / STEPS,
        "by_kind_ms": dict(by_kind.most_common()),
        "by_name_ms": dict(by_name.most_common(12)),
    }


def _kind(name: str) -> str:
    return next((kind for kind, words in KINDS.items() if re.search(words, name, re.I)), "other")
