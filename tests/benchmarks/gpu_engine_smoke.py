"""Look at the vLLM engine on a GPU: does it start, agree with transformers, give its memory back, and lose
no speed to vLLM's own `LLM.generate`? Prints one JSON object; exit code 1 when an agreement fails.

    python tests/benchmarks/gpu_engine_smoke.py FOLDER [--prompts 2000] [--tokens 64] [--rounds 2]

Agreement is in bf16: 0.06 nats a token on average and 0.3 at most, as in the certificate. Drawn tokens agree
when transformers finds them no less likely than its own choice, by the same measure. For speed the engine
and `LLM.generate` take turns (A B A B), each in a fresh process, warmed up, asked for the same completions
with the same seeds and stop strings; `raw_unseeded` is the same without seeds, which is how vLLM is mostly
measured. Starting is not counted, and told apart.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine_throughput import few_shot, judged
from tokenizers import Tokenizer

from runtime.child import run_in_child
from runtime.engines.protocol import Choose, Completion, Draw, Engine, Request, Score
from runtime.engines.replicas import start_engines
from runtime.engines.vllm_start import MEMORY_SHARE, prepare_environment

Ids = tuple[int, ...]
MEAN_NATS, MOST_NATS = 0.06, 0.3
STOP = ("\n\nInstruction:",)
RANK = 16


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--prompts", type=int, default=2000)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--compared", type=int, default=24, help="prompts for the agreement")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--replicas", type=int, default=1, help="engines on the GPU, for speed")
    parser.add_argument("--dtype", default="bf16", choices=["bf16", "float32"])
    options = parser.parse_args()
    tokenizer = Tokenizer.from_file(str(options.folder / "tokenizer.json"))

    def encode(text: str) -> Ids:
        return tuple(tokenizer.encode(text, add_special_tokens=False).ids)

    report: dict[str, Any] = {"model": options.folder.name, "dtype": options.dtype}
    report["memory_used_mib"] = {"before": used_mib()}
    with tempfile.TemporaryDirectory() as made:
        report["agreement"] = agreement(options, encode, made, report)
    print(json.dumps(report, indent=1), file=sys.stderr, flush=True)  # should what follows fail
    prompts = [encode(text) for text in numbered(options.prompts)]
    report["speed"] = speed(options, prompts, [encode(text) for text in judged(48)], encode)
    print(json.dumps(report, indent=1))
    return 0 if all(row["within"] for row in report["agreement"].values()) else 1


def numbered(count: int) -> list[str]:
    """Few-shot prompts that all end differently."""
    return [
        text.removesuffix("\nResponse:") + f" Use number {n}.\nResponse:"
        for n, text in enumerate(few_shot(count, orders=1))
    ]


def used_mib() -> int | None:
    """Memory in use on the first GPU, by anyone; None without one."""
    command = ["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits"]
    try:
        return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[0])
    except (OSError, subprocess.SubprocessError, ValueError):
        return None


# --- agreement ----------------------------------------------------------------------------------------


def agreement(
    options: argparse.Namespace, encode: Callable[[str], Ids], made: str, report: dict[str, Any]
) -> dict[str, Any]:
    """Labels, continuations and greedy completions, for the base and an adapter, in one batch."""
    adapter = str(Path(made) / "adapter")
    run_in_child(make_adapter, (str(options.folder), options.dtype, adapter))
    prompts = [encode(text) for text in few_shot(options.compared, orders=4)]
    labels = tuple(dict.fromkeys(encode(text)[0] for text in (" A", " B", " The", " It", "\n")))
    ending = encode(" It is used at home and at work, and many people keep one near the door.")
    requests = [
        Request(f"{kind} {which} {n}", prompt, task, folder)
        for which, folder in (("base", None), ("adapter", adapter))
        for n, prompt in enumerate(prompts)
        for kind, task in (("choose", Choose(labels)), ("score", Score(ending)), ("draw", Draw(24)))
    ]
    began = time.monotonic()
    engine = start_engines("vllm", options.folder, "0" * 64, options.dtype, adapter_rank=RANK, replicas=1)
    report["start_seconds"] = round(time.monotonic() - began, 1)
    report["facts"] = {"fingerprint": engine.facts.fingerprint, "device": engine.facts.device}
    found = {result.id: result for result in engine.submit(requests)}
    # Once more, with everything in the prefix cache.
    again = {r.id: r for r in engine.submit([r for r in requests if not isinstance(r.task, Draw)])}
    report["memory_used_mib"]["engine"] = used_mib()
    engine.close()
    report["memory_used_mib"]["after_close"] = used_mib()
    rows: dict[str, Any] = {}
    for which, folder in (("base", None), ("adapter", adapter)):
        drawn = [found[f"draw {which} {n}"] for n in range(len(prompts))]
        asked = [(prompt, ending) for prompt in prompts]
        asked += [(p, d.ids) for p, d in zip(prompts, drawn, strict=True) if isinstance(d, Completion)]
        told = run_in_child(reference, (str(options.folder), options.dtype, folder, asked, labels))
        scored, from_draws = told[: len(prompts)], told[len(prompts) :]
        for kind, results in (("first", found), ("cached", again)):
            rows[f"{which} choose {kind}"] = apart(
                [results[f"choose {which} {n}"].logprobs for n in range(len(prompts))],
                [row["labels"] for row in scored],
            )
            rows[f"{which} score {kind}"] = apart(
                [results[f"score {which} {n}"].logprobs for n in range(len(prompts))],
                [row["logprobs"] for row in scored],
            )
        rows[f"{which} draw"] = apart(
            [row["logprobs"] for row in from_draws], [row["best"] for row in from_draws]
        )
        rows[f"{which} draw"]["same_choice"] = round(
            sum(a == b for row in from_draws for a, b in zip(row["logprobs"], row["best"], strict=True))
            / max(1, sum(len(row["best"]) for row in from_draws)),
            4,
        )
    return rows


def apart(ours: list[Any], theirs: list[Any]) -> dict[str, Any]:
    """Differences in nats."""
    found = [abs(a - b) for x, y in zip(ours, theirs, strict=True) for a, b in zip(x, y, strict=True)]
    mean, most = sum(found) / len(found), max(found)
    return {
        "numbers": len(found),
        "mean_nats": round(mean, 5),
        "most_nats": round(most, 5),
        "within": mean <= MEAN_NATS and most <= MOST_NATS,
    }


def _load(folder: str, dtype: str) -> tuple[Any, str]:
    import torch
    from transformers import AutoModelForCausalLM

    device = "cuda" if torch.cuda.is_available() else "cpu"
    kind = torch.bfloat16 if dtype == "bf16" else torch.float32
    return AutoModelForCausalLM.from_pretrained(folder, dtype=kind).to(device).eval(), device


def make_adapter(job: tuple[str, str, str], _: Callable[[object], None]) -> None:
    """In a child: an adapter whose effect is plain and not absurd."""
    import torch
    from peft import LoraConfig, get_peft_model

    folder, dtype, out = job
    torch.manual_seed(3)
    modules = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    config = LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules=modules)
    model = get_peft_model(_load(folder, dtype)[0], config)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.01)
    model.save_pretrained(out)


def reference(job: tuple[str, str, str | None, list[tuple[Ids, Ids]], Ids], _: Any) -> list[dict[str, Any]]:
    """In a child: plain forward passes. Per pair the continuation's log-probabilities, those of the tokens
    that transformers would have chosen there, and the labels' after the prompt."""
    import torch

    folder, dtype, adapter, pairs, labels = job
    model, device = _load(folder, dtype)
    if adapter is not None:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, adapter).eval()
    told: list[dict[str, Any]] = []
    with torch.inference_mode():
        for prompt, continuation in pairs:
            logits = model(torch.tensor([prompt + continuation], device=device), use_cache=False).logits[0]
            logprobs = logits[len(prompt) - 1 :].float().log_softmax(-1)
            told.append(
                {
                    "logprobs": [float(logprobs[at, id]) for at, id in enumerate(continuation)],
                    "best": logprobs[: len(continuation)].amax(1).tolist(),
                    "labels": [float(logprobs[0, id]) for id in labels],
                }
            )
    return told


# --- speed --------------------------------------------------------------------------------------------


def speed(
    options: argparse.Namespace, prompts: list[Ids], judgements: list[Ids], encode: Callable[[str], Ids]
) -> dict[str, Any]:
    """Tokens and answers per second, round by round."""
    warm = [encode(f"Warm up number {n}: the sea is") for n in range(64)]
    label_ids = (encode(" A")[0], encode(" B")[0])
    rounds: list[dict[str, Any]] = []
    for _ in range(options.rounds):
        a = run_engine(options, prompts, judgements, warm, label_ids)
        b = run_in_child(raw, (str(options.folder), options.dtype, prompts, warm, options.tokens))
        rounds.append({"engine": a, **b})
    ours = sum(row["engine"]["tokens_per_s"] for row in rounds)
    theirs = {name: sum(row[name]["tokens_per_s"] for row in rounds) for name in ("raw", "raw_unseeded")}
    return {
        "prompts": len(prompts),
        "tokens_in_prompts": sum(map(len, prompts)),
        "replicas": options.replicas,
        "rounds": rounds,
        "engine_over_raw": round(ours / theirs["raw"], 3),
        "engine_over_raw_unseeded": round(ours / theirs["raw_unseeded"], 3),
    }


def _draw(number: int, tokens: int) -> Draw:
    return Draw(tokens, temperature=0.8, top_p=0.95, stop=STOP, seed=1000 + number)


def run_engine(
    options: argparse.Namespace, prompts: list[Ids], judgements: list[Ids], warm: list[Ids], labels: Ids
) -> dict[str, Any]:
    """One turn of our engine: completions, then labels and continuations after the same prompts."""
    began = time.monotonic()
    engine = start_engines("vllm", options.folder, "0" * 64, options.dtype, replicas=options.replicas)
    started = time.monotonic() - began
    try:
        timed(engine, [Request(str(n), ids, _draw(n, 16)) for n, ids in enumerate(warm)])
        asked = [Request(str(n), ids, _draw(n, options.tokens)) for n, ids in enumerate(prompts)]
        drawn, first, seconds = timed(engine, asked)
        chosen = timed(engine, [Request(str(n), ids, Choose(labels)) for n, ids in enumerate(prompts)])
        ends = [ids[-24:] for ids in judgements]
        scores = [
            Request(str(n), ids, Score(ends[n % len(ends)]))
            for n, ids in enumerate(prompts[: len(prompts) // 4])
        ]
        scored = timed(engine, scores)
    finally:
        engine.close()
    return {
        "start_seconds": round(started, 1),
        "tokens": drawn,
        "seconds": round(seconds, 3),
        "first_result_seconds": round(first, 3),
        "tokens_per_s": round(drawn / seconds, 1),
        "labels_per_s": round(len(prompts) / chosen[2], 1),
        "likelihoods_per_s": round(len(scores) / scored[2], 1),
    }


def timed(engine: Engine, requests: list[Request]) -> tuple[int, float, float]:
    """Tokens drawn, seconds to the first result, and to the last."""
    began = time.perf_counter()
    first, tokens = 0.0, 0
    for result in engine.submit(requests):
        first = first or time.perf_counter() - began
        tokens += len(result.ids) if isinstance(result, Completion) else 0
    return tokens, first, time.perf_counter() - began


def raw(job: tuple[str, str, list[Ids], list[Ids], int], _: Callable[[object], None]) -> dict[str, Any]:
    """In a child: vLLM by itself, as its own documentation uses it, but for ids as prompts."""
    prepare_environment(None)
    import vllm
    from vllm.platforms import current_platform

    folder, dtype, prompts, warm, tokens = job
    kind = "bfloat16" if dtype == "bf16" else "float32"
    more: dict[str, Any] = {}
    if current_platform.device_type == "cpu":
        more["enable_chunked_prefill"] = False
    llm = vllm.LLM(folder, dtype=kind, max_model_len=-1, gpu_memory_utilization=MEMORY_SHARE, **more)

    def generate(many: list[Ids], most: int, seeded: bool) -> dict[str, Any]:
        params = [
            vllm.SamplingParams(
                max_tokens=most,
                temperature=0.8,
                top_p=0.95,
                stop=list(STOP),
                seed=1000 + n if seeded else None,
            )
            for n in range(len(many))
        ]
        began = time.perf_counter()
        outputs = llm.generate([{"prompt_token_ids": list(ids)} for ids in many], params, use_tqdm=False)
        seconds = time.perf_counter() - began
        count = sum(len(output.outputs[0].token_ids) for output in outputs)
        return {"tokens": count, "seconds": round(seconds, 3), "tokens_per_s": round(count / seconds, 1)}

    generate(warm, 16, seeded=True)
    told = {"raw": generate(prompts, tokens, seeded=True)}
    llm.reset_prefix_cache()
    told["raw_unseeded"] = generate(prompts, tokens, seeded=False)
    return told


if __name__ == "__main__":
    # What runs in child processes is found under the script's own name.
    sys.path.insert(0, str(Path(__file__).parents[2]))
    import gpu_engine_smoke

    sys.exit(gpu_engine_smoke.main())
