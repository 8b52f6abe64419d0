"""How vLLM is started: environment and settings, known before vLLM is imported."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from runtime.failures import RunFailed

# Of the GPU's memory; the rest is for whatever else looks at the model, and for fragmentation.
MEMORY_SHARE = 0.9
# Adapters in one batch. More of them in one submission wait for one another.
_ADAPTERS_AT_ONCE = 4
# The ranks for which vLLM has kernels; an adapter of rank 12 runs in those for 16.
_RANKS = (8, 16, 32, 64, 128, 256, 320, 512)
# The layers that an adapter may change: those of attention and feed-forward, by the names that the
# models trained here give them. The output layer is none, and vLLM must be told so: it would put its
# adapter code there too, which computes prompts' log-probabilities with other requests' rows.
ADAPTED = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
_DTYPES = {"float32": "float32", "bf16": "bfloat16"}
# GiB for keys and values without a GPU, unless VLLM_CPU_KVCACHE_SPACE says otherwise: some 45,000
# tokens of a model with 135 M parameters.
_CPU_CACHE_GIB = 2


def prepare_environment(threads: int | None) -> None:
    """Environment variables that vLLM and OpenMP read when they are imported, here and in vLLM's own
    processes. What is set already stays, but for what this program relies on."""
    # A forked process would hold the pipe to the parent open, and its death would go unnoticed. Where there
    # is a GPU, vLLM forks unless it is told.
    os.environ["VLLM_WORKER_MULTIPROC_METHOD"] = "spawn"
    os.environ["VLLM_NO_USAGE_STATS"] = "1"  # no report to vLLM's makers
    os.environ["HF_HUB_OFFLINE"] = "1"  # the model is here, or it is an error
    # Results in one piece each. Of those in several, vLLM before 0.32 takes the piece that it wrote for sent
    # when the last one is, and may write the next results over it: errors of msgspec's, or lost results.
    os.environ["VLLM_MSGPACK_ZERO_COPY_THRESHOLD"] = str(2**62)
    os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", str(_CPU_CACHE_GIB))
    if threads is not None:
        os.environ["OMP_NUM_THREADS"] = str(threads)
        # Otherwise vLLM binds one thread to each core that it finds, whatever else runs there.
        os.environ["VLLM_CPU_OMP_THREADS_BIND"] = "nobind"


def settings(
    folder: Path,
    dtype: str,
    adapter_rank: int,
    memory_share: float,
    device: str,
    cache_bytes: int | None = None,
) -> dict[str, Any]:
    """Keyword arguments of `vllm.LLM` on a "cuda" or "cpu" device. RunFailed for a precision or rank that
    vLLM has not, and for a folder without a model."""
    if dtype not in _DTYPES:
        raise RunFailed(f"The vllm engine knows no precision {dtype!r}.", "Use float32 or bf16.")
    for name in ("config.json", "tokenizer.json"):
        if not (folder / name).is_file():
            raise RunFailed(f"There is no model at {folder}: {name} is missing.")
    return {
        "model": str(folder),
        "dtype": _DTYPES[dtype],
        # Ids in, ids out: text is made here, by the tokenizer that made the prompts.
        "skip_tokenizer_init": True,
        # The checkpoint's own sampling defaults must not fill in what a request leaves out.
        "generation_config": "vllm",
        "enable_prefix_caching": True,
        # Log-probabilities before temperature and penalties, as the protocol has them.
        "logprobs_mode": "raw_logprobs",
        # As long as the model allows and the memory holds.
        "max_model_len": -1,
        "gpu_memory_utilization": memory_share,
        # Told how much, vLLM does not measure what the GPU has free, and others may take of it meanwhile.
        **({} if cache_bytes is None else {"kv_cache_memory_bytes": cache_bytes}),
        "disable_log_stats": True,
        "seed": 0,
        # When a prompt is computed in parts, vLLM takes back what was drawn after all but the last. It can't
        # do that to a seeded generator on a CPU, and dies of it.
        **({"enable_chunked_prefill": False} if device == "cpu" else {}),
        **_lora(adapter_rank),
    }


def _lora(rank: int) -> dict[str, Any]:
    if rank == 0:
        return {}
    fitting = [known for known in _RANKS if known >= rank]
    if not fitting:
        raise RunFailed(f"vLLM serves adapters up to rank {_RANKS[-1]}, and this one has {rank}.")
    return {
        "enable_lora": True,
        "max_lora_rank": fitting[0],
        "max_loras": _ADAPTERS_AT_ONCE,
        "max_cpu_loras": 2 * _ADAPTERS_AT_ONCE,
        "lora_target_modules": list(ADAPTED),
    }
