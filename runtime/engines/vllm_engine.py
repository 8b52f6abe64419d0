"""The engine for a machine with a GPU: vLLM, asked in token ids and read as results finish.

Requests go to vLLM as they come, some thousands ahead of their results. In which order they should come, for
its prefix cache and its adapters, is known to `submission`. Import it in a child process only (see `host`),
after `vllm_start.prepare_environment`: vLLM starts processes of its own.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

import torch
import vllm
from tokenizers import Tokenizer
from vllm.lora.request import LoRARequest
from vllm.platforms import current_platform

from runtime.engines.checking import check_request
from runtime.engines.protocol import (
    Choose,
    EngineFacts,
    LabelLogprobs,
    Request,
    Result,
    Score,
    TokenLogprobs,
)
from runtime.engines.vllm_requests import Asked, asked
from runtime.engines.vllm_start import ADAPTED, MEMORY_SHARE, settings
from runtime.failures import RunFailed
from runtime.models.files import read_json_if_there
from runtime.survived import Tell, unheard

# Raised by hand when this engine may give other results for the same request.
_REVISION = 1
# The oldest version that was found to honour seeds without a GPU; 0.25 does not.
_FOR_CPUS = (0, 32)
# vLLM is sent this many times what it runs at once. Its next batches are there when it comes to them, and it
# is not kept from its batches by taking in thousands of requests, as it does in the same process.
_AHEAD = 3
# For vLLM to tell by itself why its process ended, as it does where an error ended it.
_SECONDS_TO_TELL = 5.0


class VllmEngine:
    """Runs requests on the model in `folder` (as transformers saves it, with its tokenizer.json).

    `dtype` is "float32" or "bf16". `adapter_rank` is the largest rank of the adapters that will be
    asked for; 0 starts without adapters. When one of a larger rank comes all the same, vLLM is started
    anew for it, which takes as long as the first time. `memory_share` is the part of the GPU's memory
    that vLLM may fill, with as many keys and values as it finds room for, or with `cache_bytes` of them.
    RunFailed if vLLM can't run the model.
    """

    def __init__(
        self,
        folder: Path,
        model_sha256: str,
        dtype: str = "bf16",
        adapter_rank: int = 0,
        memory_share: float = MEMORY_SHARE,
        cache_bytes: int | None = None,
    ) -> None:
        self.tell: Tell = unheard
        self._folder, self._dtype = folder, dtype
        self._memory_share, self._cache_bytes = memory_share, cache_bytes
        self._adapters: dict[str, LoRARequest] = {}
        self._sent = 0
        self._engine: Any = None
        self._open(adapter_rank)
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._eos = _eos_ids(folder)
        self.facts = EngineFacts(
            name="vllm",
            version=f"{_REVISION} (vllm {vllm.__version__}, torch {torch.__version__}, "
            f"{current_platform.device_type})",
            model_sha256=model_sha256,
            dtype=dtype,
            device=current_platform.device_type,
            vocabulary_size=self._model_config.get_vocab_size(),
        )

    def submit(self, requests: Iterable[Request]) -> Iterator[Result]:
        """Results as they finish, in no fixed order. RunFailed for a request that can't be run, when its turn
        comes."""
        # By vLLM's name: what it has been sent and has not answered.
        waiting: dict[str, tuple[Asked, str | None]] = {}
        size, positions = self.facts.vocabulary_size, self._model_config.max_model_len
        try:
            for request in requests:
                rank = self._ready(request.adapter)
                if rank > self._rank:
                    while waiting:
                        yield from self._step(waiting)
                    self.close()
                    self._open(rank)
                # vLLM looks at labels by drawing a token, for which there must be room.
                check_request(request, size, positions, to_choose=1)
                if request.task in (Score(()), Choose(())):
                    yield _nothing(request)
                    continue
                one = asked(request, self._tokenizer, self._eos)
                waiting[self._send(one, request.adapter)] = one, request.adapter
                while len(waiting) >= self._ahead:
                    yield from self._step(waiting)
            while waiting:
                yield from self._step(waiting)
        finally:
            if waiting:
                self._engine.abort_request(list(waiting))

    def rest(self) -> None:
        """Nothing, by itself: its host ends it and starts it again."""

    def close(self) -> None:
        """End vLLM's processes; the GPU's memory is free on return."""
        engine, self._engine = self._engine, None  # from here on its end is no death
        engine.engine_core.shutdown()

    def _step(self, waiting: dict[str, tuple[Asked, str | None]]) -> Iterator[Result]:
        """What has finished since, which is no longer waited for."""
        for output in self._engine.step():
            if output.request_id not in waiting:
                continue  # given up, and still on its way
            one, adapter = waiting[output.request_id]
            result = one.take(output)
            if result is not None or output.finished:
                del waiting[output.request_id]
            if result is None and output.finished:
                waiting[self._send(one, adapter)] = one, adapter
            if result is not None:
                if not output.finished:  # a stop string, of which vLLM knows nothing
                    self._engine.abort_request([output.request_id])
                yield result

    def _send(self, one: Asked, adapter: str | None) -> str:
        self._sent += 1
        id = str(self._sent)
        lora = None if adapter is None else self._adapters[adapter]
        prompt = {"prompt_token_ids": list(one.prompt_ids)}
        self._engine.add_request(id, prompt, one.params, lora_request=lora)
        return id

    def _open(self, adapter_rank: int) -> None:
        device = current_platform.device_type
        version = tuple(int(part) for part in vllm.__version__.split(".")[:2])
        if device == "cpu" and version < _FOR_CPUS:
            raise RunFailed(
                f"vLLM {vllm.__version__} ignores seeds on a CPU where not all requests of a batch have one.",
                f"Without a GPU take vLLM {'.'.join(map(str, _FOR_CPUS))}.",
            )
        before = set(multiprocessing.active_children())
        arguments = settings(
            self._folder, self._dtype, adapter_rank, self._memory_share, device, self._cache_bytes
        )
        try:
            self._engine = vllm.LLM(**arguments).llm_engine
        except (OSError, ValueError) as error:
            sentence = " ".join(str(error).split())
            raise RunFailed(f"vLLM can't run the model at {self._folder}: {sentence}") from error
        self._rank = adapter_rank
        config = self._engine.vllm_config
        self._model_config: Any = config.model_config
        self._ahead = _AHEAD * config.scheduler_config.max_num_seqs
        started = tuple(set(multiprocessing.active_children()) - before)
        threading.Thread(target=self._die_with, args=(self._engine, started), daemon=True).start()

    def _die_with(self, engine: Any, processes: tuple[Any, ...]) -> None:
        """End this process as the first of vLLM's own ended, which compute. When one is killed, vLLM's front
        goes on waiting for its answers."""
        if not processes:
            return
        wait([process.sentinel for process in processes])
        time.sleep(_SECONDS_TO_TELL)
        if self._engine is not engine:
            return
        codes = [process.exitcode for process in processes if process.exitcode is not None]
        print(f"A process of vLLM's ended with exit code {codes[0]}.", file=sys.stderr, flush=True)
        if codes[0] < 0:
            os.kill(os.getpid(), -codes[0])
        os._exit(1)

    def _ready(self, folder: str | None) -> int:
        """The rank that vLLM must be started for to serve this adapter, whose folder must not change."""
        if folder is None:
            return 0
        if folder not in self._adapters:
            rank = _rank(folder)
            # vLLM knows adapters by number and caches prefixes by name: one of each to a folder.
            self._adapters[folder] = LoRARequest(folder, len(self._adapters) + 1, folder)
            return rank
        return self._rank


def _rank(folder: str) -> int:
    """An adapter's rank, from its settings. RunFailed for one that vLLM would serve in part only."""
    path = Path(folder) / "adapter_config.json"
    if not path.is_file():
        raise RunFailed(f"There is no adapter at {folder}.", "Its folder must hold adapter_config.json.")
    config = json.loads(path.read_text(encoding="utf-8"))
    modules = config.get("target_modules") or []
    others = sorted({modules} if isinstance(modules, str) else set(modules) - set(ADAPTED))
    if others or config.get("modules_to_save"):
        raise RunFailed(
            f"The adapter at {folder} changes more than vLLM serves: "
            f"{', '.join([*others, *(config.get('modules_to_save') or [])])}.",
            f"It may change {', '.join(ADAPTED)}.",
        )
    return max(int(config["r"]), *(int(rank) for rank in (config.get("rank_pattern") or {}).values()), 0)


def _nothing(request: Request) -> Result:
    if isinstance(request.task, Choose):
        return LabelLogprobs(request.id, ())
    return TokenLogprobs(request.id, ())


def _eos_ids(folder: Path) -> frozenset[int]:
    """The generation config's end tokens, or the model config's, as transformers has them."""
    config = read_json_if_there(folder / "config.json")
    for source in (read_json_if_there(folder / "generation_config.json"), config, config.get("text_config")):
        eos = (source or {}).get("eos_token_id")
        if eos is not None:
            return frozenset([eos] if isinstance(eos, int) else eos)
    return frozenset()
