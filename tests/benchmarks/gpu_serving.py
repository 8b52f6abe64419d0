"""The serving rows: our engine and `vllm.LLM`, both resident with as much memory each, take turns."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import mean
from typing import Any

from gpu_cases import STOP, Cases, Ids

from runtime.child import Channel, Child, run_in_child
from runtime.engines import host
from runtime.engines.protocol import Choose, Completion, Draw, Engine, Request, Score
from runtime.engines.replicas import Replicas, start_engines
from runtime.engines.vllm_start import prepare_environment

TEMPERATURE, TOP_P = 0.8, 0.95
RAW_LENGTH = 4096  # tokens; no prompt is longer, and vLLM is not held up by a model's own limit
_serve = host._serve


def settings(tokens: int) -> dict[str, Any]:
    return {"max_tokens": tokens, "temperature": TEMPERATURE, "top_p": TOP_P, "stop": [STOP], "seeded": True}


# --- vLLM by itself --------------------------------------------------------------------------------


def raw_server(job: tuple[str, float, bool], channel: Channel) -> None:
    """In a child: `vllm.LLM`, asked one whole list after the other."""
    prepare_environment(None)
    import vllm

    folder, share, dummy = job
    more = {"load_format": "dummy"} if dummy else {}
    began = time.monotonic()
    llm = vllm.LLM(
        folder,
        dtype="bfloat16",
        max_model_len=RAW_LENGTH,
        gpu_memory_utilization=share,
        **more,
    )
    channel.send(time.monotonic() - began)
    while True:
        kind, asked, extra = channel.receive()
        prompts, params = _raw_requests(kind, asked, extra)
        began = time.perf_counter()
        outputs = llm.generate(prompts, params, use_tqdm=False)
        seconds = time.perf_counter() - began
        tokens = sum(len(output.outputs[0].token_ids) for output in outputs) if kind == "generate" else 0
        channel.send({"seconds": seconds, "tokens": tokens})


def _raw_requests(kind: str, asked: Any, extra: Any) -> tuple[list[Any], list[Any]]:
    from vllm import SamplingParams

    if kind == "generate":
        params = [
            SamplingParams(max_tokens=extra, temperature=TEMPERATURE, top_p=TOP_P, stop=[STOP], seed=1000 + n)
            for n in range(len(asked))
        ]
        return [{"prompt_token_ids": list(ids)} for ids in asked], params
    one = {"max_tokens": 1, "temperature": 0.0, "detokenize": False}
    if kind == "labels":
        label = SamplingParams(**one, logprob_token_ids=sorted(extra))
        return [{"prompt_token_ids": list(ids)} for ids in asked], [label] * len(asked)
    score = SamplingParams(**one, prompt_logprobs=0)
    return [{"prompt_token_ids": [*prompt, *end]} for prompt, end in asked], [score] * len(asked)


# --- ours ------------------------------------------------------------------------------------------


def serve_random_weights(start: Any, channel: Channel) -> None:
    """In a child: our engine, but vLLM makes up the weights of a shape."""
    prepare_environment(start.threads)
    from runtime.engines import vllm_engine

    own = vllm_engine.settings
    vllm_engine.settings = lambda *given: {**own(*given), "load_format": "dummy"}
    _serve(start, channel)


def our_requests(kind: str, asked: Any, extra: Any) -> list[Request]:
    if kind == "generate":
        return [
            Request(str(n), ids, Draw(extra, TEMPERATURE, TOP_P, stop=(STOP,), seed=1000 + n))
            for n, ids in enumerate(asked)
        ]
    if kind == "labels":
        return [Request(str(n), ids, Choose(extra)) for n, ids in enumerate(asked)]
    return [Request(str(n), prompt, Score(end)) for n, (prompt, end) in enumerate(asked)]


def ours(engine: Engine, kind: str, asked: Any, extra: Any) -> dict[str, Any]:
    requests = our_requests(kind, asked, extra)
    began, tokens = time.perf_counter(), 0
    for result in engine.submit(requests):
        tokens += len(result.ids) if isinstance(result, Completion) else 0
    return {"seconds": time.perf_counter() - began, "tokens": tokens}


# --- the plain loop --------------------------------------------------------------------------------


def transformers_loop(job: tuple[str, list[tuple[Ids, Ids]], bool], _: Any) -> dict[str, Any]:
    """In a child: likelihoods of continuations as one would write it down, 32 rows at a time by length."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    folder, asked, dummy = job
    if dummy:
        with torch.device("cuda"):
            config = AutoConfig.from_pretrained(folder)
            model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16).eval()
    else:
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16).cuda().eval()

    def run(pairs: list[tuple[Ids, Ids]]) -> float:
        began, total = time.perf_counter(), 0.0
        ordered = sorted(pairs, key=lambda pair: len(pair[0]) + len(pair[1]))
        for start in range(0, len(ordered), 32):
            batch = ordered[start : start + 32]
            longest = max(len(p) + len(e) for p, e in batch)
            keep = max(len(e) for _, e in batch) + 1
            ids = torch.tensor([(0,) * (longest - len(p) - len(e)) + p + e for p, e in batch])
            mask = torch.tensor(
                [[0] * (longest - len(p) - len(e)) + [1] * (len(p) + len(e)) for p, e in batch]
            )
            with torch.inference_mode():
                logits = model(ids.cuda(), attention_mask=mask.cuda(), logits_to_keep=keep).logits[:, :-1]
                logprobs = logits.float().log_softmax(-1)
                found = logprobs.gather(2, ids.cuda()[:, 1 - keep :, None])[..., 0]
                total += float(found.sum())
        return time.perf_counter() - began

    run(asked[:64])
    return {"seconds": run(asked), "tokens": 0}


# --- turns -----------------------------------------------------------------------------------------


def rows(
    folder: Path,
    counts: dict[str, int],
    replicas: Sequence[int],
    rounds: int,
    dummy: bool,
    keep: Callable[[str, int, dict[str, Any]], None],
) -> None:
    """Measure generation, labels and likelihoods, as many of each as `counts` says, with each number of
    `replicas`: as many as the most are started, and of those some. `keep(kind, replicas, figures)`."""
    if dummy:
        host._serve = serve_random_weights
    most = max(replicas)
    figures: dict[tuple[str, int], dict[str, Any]] = {}
    # Made while the engines start.
    questions = ThreadPoolExecutor(1).submit(_questions, Cases(folder), counts, len(replicas), rounds)
    share = 0.44 if most == 1 else 0.95 / (most + 1)
    began = time.monotonic()
    with Child(raw_server, (str(folder), share, dummy), "raw vLLM") as raw:
        raw_start = raw.receive()
        print(f"raw started in {raw_start:.1f} s", flush=True)
        began = time.monotonic()
        started = start_engines(
            "vllm", folder, "0" * 64, "bf16", replicas=most, memory_share=(0.9 if most == 1 else 0.95) - share
        )
        our_start = time.monotonic() - began
        print(f"{most} of ours started in {our_start:.1f} s", flush=True)
        all_of_them = started._engines if isinstance(started, Replicas) else (started,)
        engines: dict[int, Engine] = {
            many: all_of_them[0] if many == 1 else Replicas(all_of_them[:many]) for many in replicas
        }
        asked = questions.result()
        try:
            facts = {
                "engine": started.facts.version,
                "started": most,
                "raw_start_seconds": raw_start,
                "our_start_seconds": our_start,
                "memory_share_each": round(share, 3),
            }
            for kind, count in counts.items():
                for many, told in _turns(asked, raw, engines, kind, count, rounds).items():
                    figures[kind, many] = {**facts, "replicas": many, **told}
                    keep(kind, many, figures[kind, many])
        finally:
            started.close()
    if "likelihood" in counts:  # a model of its own, for which there is room now
        pairs = asked["likelihood", 1, 0][0][:1024]
        rate = len(pairs) / run_in_child(transformers_loop, (str(folder), pairs, dummy))["seconds"]
        for many in replicas:
            told = figures["likelihood", many]
            over = told["ours_over_raw"] * mean(told["rates"]["raw"]) / rate
            keep("likelihood", many, {**told, "transformers_rate": rate, "ours_over_transformers": over})


Questions = dict[tuple[str, int, int], tuple[Any, Any]]


def _questions(cases: Cases, counts: dict[str, int], engines: int, rounds: int) -> Questions:
    """By kind, turn and number of the engine: what an engine has been asked it keeps, so each is asked
    others of the same kind, but for the first and vLLM by itself. The first turn, a short one, warms up."""
    return {
        (kind, turn, number): _asked(cases, kind, count if turn else min(256, count), 100 * number + turn)
        for kind, count in counts.items()
        for turn in range(rounds + 1)
        for number in range(engines)
    }


def _turns(
    questions: Questions,
    raw: Child[Any],
    engines: dict[int, Engine],
    kind: str,
    count: int,
    rounds: int,
) -> dict[int, dict[str, Any]]:
    """Figures by the number of engines; vLLM by itself takes one turn for all of them."""
    turns: dict[int, list[dict[str, Any]]] = {0: [], **{many: [] for many in engines}}
    length = 0.0
    for turn in range(rounds + 1):
        asked, extra = questions[kind, turn, 0]
        raw.send((kind, asked, extra))
        turns[0].append(raw.receive())
        for number, (many, engine) in enumerate(engines.items()):
            turns[many].append(ours(engine, kind, *questions[kind, turn, number]))
        flat = [a[0] + a[1] if kind == "likelihood" else a for a in asked]
        length = sum(map(len, flat)) / len(flat)
        print(kind, turn, {many or "raw": found[-1] for many, found in turns.items()}, flush=True)
    unit = "tokens" if kind == "generate" else "items"
    rates = {
        many: [(t["tokens"] if unit == "tokens" else count) / t["seconds"] for t in found[1:]]
        for many, found in turns.items()
    }
    return {
        many: {
            "items": count,
            "prompt_tokens": round(length, 1),
            "unit": f"{unit}/s",
            "rates": {"raw": rates[0], "ours": rates[many]},
            "ours_over_raw": mean(rates[many]) / mean(rates[0]),
            "settings": settings(extra) if kind == "generate" else {},
        }
        for many in engines
    }


def _asked(cases: Cases, kind: str, count: int, seed: int) -> tuple[Any, Any]:
    if kind == "generate":
        return cases.few_shot(count, seed), 80
    if kind == "labels":
        return cases.judgements(count, seed)
    return cases.continuations(count, seed), None
