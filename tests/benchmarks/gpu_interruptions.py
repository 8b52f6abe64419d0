"""Take memory from a training, and kill an engine, on a GPU; compare with what was left in peace.

    python tests/benchmarks/gpu_interruptions.py memory FOLDER --json memory.json
    python tests/benchmarks/gpu_interruptions.py death FOLDER --json death.json

`memory`: twelve steps, short batches and then long ones. After the third another process takes all of the
GPU's memory but so many GiB, so that the long batches do not fit. `death`: two replicas of vLLM draw; one's
child is killed in the middle, and in another round the process of vLLM's that computes. Both are done on a
random model of twelve layers, with FOLDER's tokenizer.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import gpu_cases

# Holds memory until its standard input ends.
TAKE = """
import sys, torch
left = float(sys.argv[1]) * 2**30
held = torch.empty(max(0, int(torch.cuda.mem_get_info()[0] - left)), dtype=torch.uint8, device="cuda")
print(round(torch.cuda.mem_get_info()[0] / 2**30, 1), flush=True)
sys.stdin.read()
"""
BATCH, LONG, SHORT_BATCHES, LONG_BATCHES = 16, 512, 4, 8
LEFT_GIB = (12.0, 6.0)
DRAWN = 2000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=["memory", "death"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", type=Path, required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = gpu_cases.shape_folder("12 layers", options.folder, Path(scratch))
        gpu_cases.random_weights(folder)
        found = (memory if options.what == "memory" else death)(folder)
    options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


# --- memory ----------------------------------------------------------------------------------------


def memory(folder: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as out:
        job = uneven_job(folder, out)
        runs = {"in peace": trained(job, None), "in peace again": trained(job, None)}
        runs |= {f"{left} GiB left": trained(job, left) for left in LEFT_GIB}
    peace = runs["in peace"]
    for name, run in runs.items():
        apart = {
            "loss": max(abs(a - b) for a, b in zip(run["losses"], peace["losses"], strict=True)),
            "gradient": max(abs(a / b - 1) for a, b in zip(run["norms"], peace["norms"], strict=True)),
        }
        run["largest_difference"] = apart
        print(name, run["seconds"], run["peak_gib"], run["survived"], apart, flush=True)
    return runs


def uneven_job(folder: Path, out: str) -> Any:
    from gpu_training import LORA, our_job

    from compiler.plan.model import Lora
    from runtime.training.examples import TrainingExample

    dice = random.Random(1)

    def example(number: int) -> TrainingExample:
        length = dice.randrange(40, 60) if number < SHORT_BATCHES * BATCH else dice.randrange(LONG - 40, LONG)
        ids = tuple(dice.randrange(10, 30_000) for _ in range(length))
        return TrainingExample(str(number), ids[: length // 2], ids[length // 2 :])

    examples = tuple(example(n) for n in range((SHORT_BATCHES + LONG_BATCHES) * BATCH))
    lora = Lora(rank=LORA.rank, alpha=LORA.alpha, dropout=0.0, modules=LORA.modules)
    return replace(
        our_job("sft", folder, gpu_cases.Cases(folder), 8, 0, out), examples=examples, batch=BATCH, lora=lora
    )


def trained(job: Any, left_gib: float | None) -> dict[str, Any]:
    import torch

    from runtime.survived import Survived
    from runtime.training.job import StepDone
    from runtime.training.sft import train_sft

    survived: list[str] = []
    others: list[subprocess.Popen[str]] = []

    def emit(event: object) -> None:
        if isinstance(event, Survived):
            survived.append(event.told)
        if isinstance(event, StepDone) and event.step == SHORT_BATCHES - 1 and left_gib is not None:
            torch.cuda.empty_cache()
            command = [sys.executable, "-c", TAKE, str(left_gib)]
            pipe = subprocess.PIPE
            others.append(subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True))
            assert others[0].stdout
            others[0].stdout.readline()

    torch.cuda.reset_peak_memory_stats()
    try:
        result = train_sft(job, emit)
    finally:
        for other in others:
            other.communicate()
    torch.cuda.empty_cache()
    return {
        "losses": [loss for _, loss in result.losses],
        "norms": [norm for _, norm in result.grad_norms],
        "survived": survived,
        "peak_gib": result.peak_memory_gib,
        "seconds": result.seconds,
    }


# --- death -----------------------------------------------------------------------------------------


def death(folder: Path) -> dict[str, Any]:
    import psutil
    from gpu_serving import our_requests

    from runtime.engines.replicas import Replicas, start_engines
    from runtime.survived import Survived

    engine = start_engines("vllm", folder, "0" * 64, "bf16", replicas=2, memory_share=0.3)
    assert isinstance(engine, Replicas)
    first: Any = engine._engines[0]
    told: list[Survived] = []
    engine.tell = told.append
    requests = our_requests("generate", gpu_cases.Cases(folder).few_shot(DRAWN, 7), 80)
    report: dict[str, Any] = {}

    def drawn(name: str, victim: Callable[[], int] | None = None) -> dict[str, tuple[int, ...]]:
        began, found, results = time.monotonic(), dict[str, tuple[int, ...]](), 0
        for result in engine.submit(requests):
            results += 1
            found[result.id] = result.ids  # type: ignore[union-attr]
            if victim is not None and results == DRAWN // 4:
                os.kill(victim(), signal.SIGKILL)
        report[name] = {"seconds": time.monotonic() - began, "results": results, "distinct": len(found)}
        print(name, report[name], [one.told for one in told], flush=True)
        return found

    def computing() -> int:
        return max(psutil.Process(first.pid).children(), key=lambda child: child.memory_info().rss).pid

    try:
        peace = drawn("in peace")
        again = drawn("in peace again")
        killed = drawn("its child killed", lambda: int(first.pid))
        drawn("in peace a third time")  # which earns another start
        core = drawn("its computing process killed", computing)
    finally:
        engine.close()
    alike = {"again": again, "child": killed, "core": core}
    report["alike"] = {
        name: sum(ids == peace[id] for id, ids in found.items()) / len(peace) for name, found in alike.items()
    }
    report["survived"] = [one.told for one in told]
    return report


if __name__ == "__main__":
    # What runs in child processes is found under the script's own name.
    sys.path.insert(0, str(Path(__file__).parents[2]))
    main()
