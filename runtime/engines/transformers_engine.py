"""The engine for a machine without a GPU: a transformers model in this process, on the CPU.

It keeps one base model resident, computes shared beginnings of prompts once, refills its batch as
completions finish, and switches adapters per group of requests. Import it in a child process only
(see `host`): torch and transformers come with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM

from runtime.engines.adapters import Adapters
from runtime.engines.at_once import AtOnce
from runtime.engines.checking import check_request
from runtime.engines.drawing import draw_all
from runtime.engines.judging import judge_all
from runtime.engines.packed import PackedModel
from runtime.engines.protocol import Draw, EngineFacts, Request, Result, Score, TokenLogprobs
from runtime.failures import RunFailed
from runtime.survived import Tell, unheard

# Raised by hand when this engine may give other results for the same request.
_REVISION = 1
_DTYPES = {"float32": torch.float32, "bf16": torch.bfloat16}


class TransformersEngine:
    """Runs requests on the model in `folder` (as transformers saves it, with its tokenizer.json).

    When memory runs out, the rest of a submission is computed with half as much at once, which is told.

    `dtype` is "float32" or "bf16". `threads` bounds the cores used; None leaves torch's choice.
    RunFailed if the folder holds no model that can be run.
    """

    def __init__(
        self, folder: Path, model_sha256: str, dtype: str = "float32", threads: int | None = None
    ) -> None:
        if dtype not in _DTYPES:
            raise RunFailed(f"The transformers engine knows no precision {dtype!r}.", "Use float32 or bf16.")
        if threads is not None:
            torch.set_num_threads(threads)
        transformers.utils.logging.disable_progress_bar()
        self.tell: Tell = unheard
        model = _load(folder, _DTYPES[dtype])
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._eos = _eos_ids(model)
        self._packed = PackedModel(model)
        self._adapters = Adapters(model)
        self.facts = EngineFacts(
            name="transformers",
            version=f"{_REVISION} (transformers {transformers.__version__}, torch {torch.__version__})",
            model_sha256=model_sha256,
            dtype=dtype,
            device="cpu",
            vocabulary_size=self._packed.vocabulary_size,
        )

    def submit(self, requests: Iterable[Request]) -> Iterator[Result]:
        """Results as they finish, in no fixed order. RunFailed for a request that can't be run."""
        by_adapter: dict[str | None, list[Request]] = {}
        for request in requests:
            check_request(request, self._packed.vocabulary_size, self._packed.positions)
            by_adapter.setdefault(request.adapter, []).append(request)
        at_once = AtOnce(self.tell)
        # The bare base first; the others by name, so that a resumed run goes the same way.
        for adapter in sorted(by_adapter, key=lambda name: name or ""):
            yield from self._run(adapter, by_adapter[adapter], at_once)

    def rest(self) -> None:
        """It is on no GPU."""

    def close(self) -> None:
        """Drop the model. All its memory comes back when the process ends."""
        del self._packed, self._adapters

    def _run(self, adapter: str | None, requests: list[Request], at_once: AtOnce) -> Iterator[Result]:
        empty = [request for request in requests if request.task == Score(())]
        yield from (TokenLogprobs(request.id, ()) for request in empty)
        judged = [r for r in requests if not isinstance(r.task, Draw) and r.task != Score(())]
        drawn = [request for request in requests if isinstance(request.task, Draw)]
        self._adapters.use(adapter)
        if judged:
            yield from judge_all(self._packed, judged, at_once)
        if drawn:
            yield from draw_all(self._packed, self._tokenizer, self._eos, drawn, at_once)


def _load(folder: Path, dtype: torch.dtype) -> Any:
    for name in ("config.json", "tokenizer.json"):
        if not (folder / name).is_file():
            raise RunFailed(f"There is no model at {folder}: {name} is missing.")
    try:
        # Not the library's choice of attention: the reference that `PackedModel` is compared with.
        model = AutoModelForCausalLM.from_pretrained(
            folder, dtype=dtype, local_files_only=True, attn_implementation="sdpa"
        )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        sentence = " ".join(str(error).split())
        raise RunFailed(f"The model at {folder} can't be loaded: {sentence}") from error
    return model


def _eos_ids(model: Any) -> frozenset[int]:
    """The generation config's end tokens, or the model config's."""
    eos = model.generation_config.eos_token_id if model.generation_config else None
    if eos is None:
        eos = model.config.get_text_config().eos_token_id
    if eos is None:
        return frozenset()
    return frozenset([eos] if isinstance(eos, int) else eos)
