"""The GPU: what nvidia-smi says of it, and whether torch can use it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace

from stagespec.doctor.finding import Case, Finding, State

QUERY = ("name", "memory.total", "memory.used", "driver_version")
ASK_S = 10
TORCH_S = 100  # importing torch from a slow disk takes a minute
MIB_PER_GIB = 1024
OTHER_SIZE = 0.1  # cards of one kind differ by less: error correction takes some of it
SEES = "import torch; print(torch.__version__, torch.version.cuda, torch.cuda.is_available())"


@dataclass(frozen=True, slots=True)
class Card:
    name: str
    total_gib: float
    used_gib: float
    driver: str


def check_gpu(case: Case) -> Iterator[Finding]:
    """A GPU is there, is free, and has the memory that the plan needs at most."""
    try:
        cards = ask()
    except NoAnswer as reason:
        if case.needs_gpu:
            yield Finding("GPU", "error", str(reason), reason.todo)
        else:
            yield Finding("GPU", "ok", f"none is needed ({reason})")
        return
    found = [_card(card, case) for card in cards]
    will_do = any(one.state != "error" for one in found)
    for one in found:  # a run needs but one of them
        yield replace(one, state="warning") if one.state == "error" and will_do else one


def _card(card: Card, case: Case) -> Finding:
    detail = f"{card.name}, {card.total_gib:.1f} GiB, {card.used_gib:.1f} of it in use, driver {card.driver}"
    need = case.needed_gib
    if need is not None and card.total_gib - card.used_gib < need:
        todo = "Something else holds its memory: nvidia-smi says what."
        if card.total_gib < need:
            todo = "Take a GPU with more memory, or a smaller model."
        state: State = "warning" if case.guessed else "error"
        return Finding("GPU", state, f"{detail}; a step needs {need:.1f} GiB", todo)
    planned = case.plan.quote.gpu_gib if case.plan else None
    if planned is not None and abs(card.total_gib - planned) > OTHER_SIZE * planned:
        said = f"{detail}; the profile names one with {planned:g} GiB"
        return Finding("GPU", "warning", said, "Estimates are for that one: name this one in the profile.")
    return Finding("GPU", "ok", detail)


class NoAnswer(Exception):
    """Why nothing is known of a GPU, and what to do about it."""

    def __init__(self, reason: str, todo: str) -> None:
        super().__init__(reason)
        self.todo = todo


def ask() -> list[Card]:
    """All GPUs of this machine, by nvidia-smi. Raises NoAnswer."""
    command = ["nvidia-smi", f"--query-gpu={','.join(QUERY)}", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=ASK_S, check=False)
    except FileNotFoundError:
        raise NoAnswer("there is no nvidia-smi", "Take a machine with a GPU and its driver.") from None
    except subprocess.TimeoutExpired:
        raise NoAnswer(
            f"nvidia-smi does not answer within {ASK_S} s", "The driver hangs: start the machine anew."
        ) from None
    said = done.stdout.strip() or done.stderr.strip()
    if done.returncode != 0 or not done.stdout.strip():
        reason = f"nvidia-smi fails: {said.splitlines()[0] if said else 'it says nothing'}"
        raise NoAnswer(reason, "Install the driver, or give the container access to the GPU.")
    return [_read(line) for line in done.stdout.strip().splitlines()]


def _read(line: str) -> Card:
    parts = [part.strip() for part in line.split(",")]
    try:
        name, total, used, driver = parts
        return Card(name, float(total) / MIB_PER_GIB, float(used) / MIB_PER_GIB, driver)
    except ValueError:
        raise NoAnswer(f"nvidia-smi says what cannot be read: {line}", "Look at it by hand.") from None


def check_torch_sees_it(case: Case) -> Iterator[Finding]:
    """torch is built for GPUs, and for a driver no newer than the one that is here."""
    if not case.needs_gpu:
        return
    try:
        done = subprocess.run(
            [sys.executable, "-c", SEES], capture_output=True, text=True, timeout=TORCH_S, check=False
        )
    except subprocess.TimeoutExpired:
        yield Finding("torch", "error", f"it is not loaded within {TORCH_S} s", "Put it on a faster disk.")
        return
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        yield Finding(
            "torch", "error", f"it cannot be loaded: {said[-1] if said else ''}", "Install it anew."
        )
        return
    torch, cuda, sees = done.stdout.split()
    if cuda == "None":
        yield Finding("torch", "error", f"{torch} is a build without CUDA", "Install a build for GPUs.")
    elif sees != "True":
        yield Finding(
            "torch",
            "error",
            f"{torch} for CUDA {cuda} sees no GPU",
            "The driver is older than this build, or the GPU is hidden (CUDA_VISIBLE_DEVICES).",
        )
    else:
        yield Finding("torch", "ok", f"{torch} for CUDA {cuda} sees the GPU")
