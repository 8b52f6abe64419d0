"""Measurements by a plain forward pass of transformers: one text at a time, no cache, no batch.

It runs in a child process. `measure` is the yardstick for what an engine answers, so it does nothing
clever on purpose.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from runtime.failures import RunFailed

if TYPE_CHECKING:
    import torch

Ids = tuple[int, ...]

_NEAR_ZERO = 0.02  # of the median row's length: trained rows of known models lie above a third of it


@dataclass(frozen=True)
class Question:
    """What to measure. `scored` are (prompt, continuation) pairs, `read` texts by any name."""

    folder: Path
    precision: Literal["float32", "bf16"]
    scored: tuple[tuple[Ids, Ids], ...]
    read: dict[str, Ids]
    eos_ids: Ids = ()
    adapter: str | None = None


@dataclass(frozen=True)
class Reading:
    """Means over the next-token distributions along a text, in nats per token."""

    entropy: float
    logprob: float


@dataclass(frozen=True)
class Rows:
    """The output embedding: rows that training never moved.

    `eos` says for each EOS id what is wrong with its row, or "" for a trained one;
    `eos_length` its length relative to the median row's.
    """

    rows: int
    near_zero: int
    identical: int
    eos: dict[int, str]
    eos_length: dict[int, float]


@dataclass(frozen=True)
class Reference:
    """`scores` are log-probabilities (nats) per continuation token, in the order of the question."""

    scores: tuple[tuple[float, ...], ...]
    readings: dict[str, Reading]
    rows: Rows
    device: str


def measure(question: Question, _: Callable[[object], None]) -> Reference:
    """In the child: load the model (with the adapter, if one is given) and measure."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["TQDM_DISABLE"] = "1"
    import torch
    import transformers

    transformers.utils.logging.set_verbosity_error()
    device = _device(question.folder)
    model: Any = transformers.AutoModelForCausalLM.from_pretrained(
        question.folder,
        dtype=torch.float32 if question.precision == "float32" else torch.bfloat16,
        attn_implementation="sdpa",
    ).to(device)
    if question.adapter is not None:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, question.adapter)
    model.eval()
    _check_rows(model, question)
    with torch.inference_mode():
        return Reference(
            scores=tuple(_score(model, device, *pair) for pair in question.scored),
            readings={name: _read(model, device, ids) for name, ids in question.read.items()},
            rows=_rows(model.get_output_embeddings().weight, question.eos_ids),
            device=device,
        )


def _check_rows(model: Any, question: Question) -> None:
    """RunFailed if the tokenizer makes ids that the model has no row for."""
    rows = model.get_input_embeddings().weight.shape[0]
    texts = [prompt + continuation for prompt, continuation in question.scored]
    highest = max(id for ids in (*texts, *question.read.values()) for id in ids)
    if highest >= rows:
        raise RunFailed(
            f"The tokenizer in {question.folder} makes the id {highest}, and the model has {rows} rows.",
            "The tokenizer belongs to another model.",
        )


def _device(folder: Path) -> str:
    """The GPU if the model fits beside what is there already: the engine rests, but others may be at work."""
    import torch

    if not torch.cuda.is_available():
        return "cpu"
    needed = 1.3 * sum(path.stat().st_size for path in folder.glob("*.safetensors")) + 1e9
    free, _ = torch.cuda.mem_get_info()
    return "cuda" if free > needed else "cpu"


def _logprobs(model: Any, device: str, ids: Ids) -> torch.Tensor:
    """Log-probabilities of the next token after each of `ids`: float32 [len(ids), vocabulary]."""
    import torch

    batch = torch.tensor([ids], device=device)
    logits: torch.Tensor = model(input_ids=batch, use_cache=False).logits[0]
    return logits.float().log_softmax(-1)


def _score(model: Any, device: str, prompt: Ids, continuation: Ids) -> tuple[float, ...]:
    logprobs = _logprobs(model, device, prompt + continuation)
    first = len(prompt) - 1
    return tuple(float(logprobs[first + at, id]) for at, id in enumerate(continuation))


def _read(model: Any, device: str, ids: Ids) -> Reading:
    logprobs = _logprobs(model, device, ids)
    entropy = -(logprobs.exp() * logprobs).sum(-1)
    # The first tokens of a text say how little context there is, not how the model is.
    start = min(8, len(ids) // 2)
    seen = [float(logprobs[at, ids[at + 1]]) for at in range(start, len(ids) - 1)]
    return Reading(float(entropy[start:].mean()), sum(seen) / len(seen))


def _rows(weight: torch.Tensor, eos_ids: Ids) -> Rows:
    import torch

    lengths = weight.float().norm(dim=1)
    median = float(lengths.median())
    near_zero = lengths <= _NEAR_ZERO * median
    content = weight.detach().cpu().contiguous().view(torch.uint8).numpy()
    count: dict[int, int] = {}
    keys = [hash(row.tobytes()) for row in content]
    for key in keys:
        count[key] = count.get(key, 0) + 1

    def fault(id: int) -> str:
        if id >= len(keys):
            return "outside the embedding"
        if bool(near_zero[id]):
            return "near zero"
        return "identical to another row" if count[keys[id]] > 1 else ""

    return Rows(
        rows=len(keys),
        near_zero=int(near_zero.sum()),
        identical=sum(number for number in count.values() if number > 1),
        eos={id: fault(id) for id in eos_ids},
        eos_length={id: round(float(lengths[id]) / median, 3) for id in eos_ids if id < len(keys) and median},
    )
