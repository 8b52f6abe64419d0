"""A base and an adapter as one checkpoint, for programs that serve no adapters."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from runtime.failures import RunFailed
from runtime.models.files import read_json_if_there

MERGED = "stagespec_merged.json"  # what such a folder says of itself
# Of the base, beside weights and config.json.
_BESIDE = (
    *("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"),
    *("tokenizer.model", "vocab.json", "merges.txt", "chat_template.jinja", "generation_config.json"),
)


@dataclass(frozen=True, slots=True)
class Merge:
    """`base` and `adapter` are folders, and `out` is made: a model folder in `precision`."""

    base: Path
    adapter: Path
    out: Path
    precision: Literal["float32", "bf16"]


def merge(job: Merge, _: Callable[[object], None]) -> None:
    """In a child: add the adapter's products to the base's matrices, W + (alpha / rank) B A (Hu et al. 2021,
    section 4.1), rounded to `precision`. RunFailed where a sum is not finite."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["TQDM_DISABLE"] = "1"
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    dtype = torch.float32 if job.precision == "float32" else torch.bfloat16
    base: Any = AutoModelForCausalLM.from_pretrained(job.base, dtype=dtype)
    adapted: Any = PeftModel.from_pretrained(base, str(job.adapter))
    try:
        whole = adapted.merge_and_unload(safe_merge=True)
    except ValueError as error:
        raise RunFailed(f"The adapter at {job.adapter} can't be merged: {error}") from error
    whole.save_pretrained(job.out)
    for name in _BESIDE:
        if (job.base / name).is_file():
            shutil.copy(job.base / name, job.out / name)


def write_origin(folder: Path, origin: dict[str, Any]) -> None:
    """Say in the folder what was merged."""
    (folder / MERGED).write_text(json.dumps(origin, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def merged_adapter(folder: Path) -> str | None:
    """The trained step whose adapter the folder's weights hold, if they hold one."""
    adapter = read_json_if_there(folder / MERGED).get("adapter")
    return str(adapter.get("step")) if isinstance(adapter, dict) else None
