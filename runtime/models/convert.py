"""From GGUF to a transformers folder. Runs in a child process: it is the only part that loads torch."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from runtime.failures import RunFailed
from runtime.models.disk import spoken_disk_errors

STEPS = 3


@dataclass(frozen=True)
class Conversion:
    """`gguf` is the file to read, `out` the folder to write; weights are kept in `precision`."""

    gguf: Path
    out: Path
    precision: Literal["float32", "bf16"]


def convert(job: Conversion, emit: Callable[[object], None]) -> str:
    """Dequantise, save as safetensors with the tokenizer, and return the version of transformers.

    Emits the number of finished steps, of `STEPS`.
    """
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["TQDM_DISABLE"] = "1"
    try:
        import gguf  # noqa: F401  transformers asks for it late, and with many lines
        import torch
        import transformers
    except ImportError as error:
        raise RunFailed(
            f"A model in GGUF can't be converted here: {error.name} is not installed.",
            "Install stagespec[laptop].",
        ) from error
    transformers.utils.logging.set_verbosity_error()
    where, file = str(job.gguf.parent), job.gguf.name
    with spoken_disk_errors("the model was converted", job.out), _spoken_refusals():
        tokenizer = transformers.AutoTokenizer.from_pretrained(where, gguf_file=file)
        tokenizer.save_pretrained(job.out)
        emit(1)
        model = transformers.AutoModelForCausalLM.from_pretrained(
            where,
            gguf_file=file,
            quantization_config=transformers.GgufConfig(gguf_file=file, dequantize=True),
            dtype=torch.float32 if job.precision == "float32" else torch.bfloat16,
        )
        emit(2)
        model.save_pretrained(job.out)
        emit(3)
    version: str = transformers.__version__
    return version


@contextmanager
def _spoken_refusals() -> Iterator[None]:
    """An architecture or a tokenizer that the library can't convert, in one sentence."""
    try:
        yield
    except (ValueError, NotImplementedError) as error:
        reason = " ".join(str(error).split())
        raise RunFailed(
            f"The GGUF file can't be converted: {reason}",
            "Bind the model as a hub repository or as a folder of safetensors.",
        ) from error
