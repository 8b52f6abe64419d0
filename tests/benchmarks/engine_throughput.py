"""Measure the transformers engine beside transformers' own `generate`, and judging with shared prefixes.

    python tests/benchmarks/engine_throughput.py FOLDER [--threads 2] [--rounds 3] [--rows 32,64]

The contenders take turns within each round, and the ratios are medians over rounds, so that a busy
machine slows all of them alike; with `--threads 1` CPU time is measured instead of the clock's.
Nothing is asserted: this is a script for a person.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM

from runtime.engines import drawing, judging
from runtime.engines.prefix import Group, shared_prefixes
from runtime.engines.protocol import Choose, Completion, Draw, Request, Score
from runtime.engines.transformers_engine import TransformersEngine

SHOTS = [
    ("Name three birds that can't fly.", "Ostriches, penguins and kiwis are birds that can't fly."),
    ("Translate 'good morning' into French.", "'Good morning' in French is 'bonjour'."),
    (
        "Write one sentence about rain.",
        "The rain fell softly on the roof all night, and nobody wanted to go out.",
    ),
    (
        "What is a ladder used for?",
        "A ladder is used to reach places that are too high to reach from the ground.",
    ),
    ("Give two words that mean the same as 'happy'.", "'Glad' and 'cheerful' mean the same as 'happy'."),
    ("Complete the sentence: The old man opened the door and", "saw a small dog that shivered in the cold."),
]
THINGS = "umbrella candle bicycle mirror kettle lantern compass basket hammer pillow whistle notebook".split()  # noqa: SIM905
ASKS = (
    "List uses of a {}.",
    "Write one sentence about a {}.",
    "What is a {} used for?",
    "Describe a {} to a child.",
)
CRITIC = "Judge whether the response follows the instruction.\nA means that it does, B that it does not.\n\n"
TOKENS = 60

Contender = Callable[[], int]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", default="32,64", help="batch sizes of the engine to compare")
    parser.add_argument("--prompts", type=int, default=64)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    engine = TransformersEngine(options.folder, "0" * 64, threads=options.threads)
    engine._eos = frozenset()  # all contenders draw all tokens, or rates would differ by their prefill
    tokenizer = Tokenizer.from_file(str(options.folder / "tokenizer.json"))

    prompts = [encode(tokenizer, text) for text in few_shot(options.prompts, orders=1)]
    ordered = [encode(tokenizer, text) for text in few_shot(options.prompts, orders=8)]
    length = statistics.mean(map(len, prompts))
    print(f"{len(prompts)} few-shot prompts of {length:.0f} tokens, {TOKENS} drawn each", flush=True)
    reference = AutoModelForCausalLM.from_pretrained(options.folder, dtype=torch.float32).eval()
    contenders: dict[str, Contender] = {"generate, batches of 32": generate(reference, prompts, 32)}
    for rows in map(int, options.rows.split(",")):
        contenders[f"engine, {rows} rows"] = draw(engine, prompts, rows)
    contenders["engine, 64 rows, no shared prefix"] = draw(engine, prompts, 64, share=False)
    contenders["engine, 64 rows, 8 orders of exemplars"] = draw(engine, ordered, 64)
    contenders["engine, 64 rows, T 0.7, top-p 0.9, penalty 1.1"] = draw(
        engine, prompts, 64, settings=Draw(TOKENS, 0.7, 0.9, repetition_penalty=1.1, stop=("\x00",))
    )
    compare(contenders, options, "tokens")

    labels = [encode(tokenizer, text) for text in judged(min(48, options.prompts))]
    print(f"\n{len(labels)} judgements, {statistics.mean(map(len, labels)):.0f} tokens each")
    choices = [Request(str(n), ids, Choose((330, 389))) for n, ids in enumerate(labels)]
    scores = [Request(str(n), ids, Score(ids[-24:])) for n, ids in enumerate(labels)]
    compare(
        {
            "labels, no shared prefix": judge(engine, choices, share=False),
            "labels": judge(engine, choices),
            "likelihood of 24 tokens, no shared prefix": judge(engine, scores, share=False),
            "likelihood of 24 tokens": judge(engine, scores),
        },
        options,
        "judgements",
    )


def compare(contenders: dict[str, Contender], options: argparse.Namespace, unit: str) -> None:
    """Run all in turn, round by round; print each one's best rate and its median ratio to the first."""
    # On one thread the process's own time is measured, which other processes hardly change.
    clock = time.process_time if options.threads == 1 else time.perf_counter
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(options.rounds):
        for name, run in contenders.items():
            began = clock()
            done = run()
            rates[name].append(done / (clock() - began))
    first = next(iter(rates.values()))
    for name, found in rates.items():
        ratio = statistics.median(rate / base for rate, base in zip(found, first, strict=True))
        print(f"  {name:<50} best {max(found):7.1f} {unit}/s   median x {ratio:.2f}", flush=True)


def generate(model: Any, prompts: list[tuple[int, ...]], rows: int) -> Contender:
    """transformers' own loop on batches padded on the left, sorted by length."""

    def run() -> int:
        ordered = sorted(prompts, key=len)
        for start in range(0, len(ordered), rows):
            batch = ordered[start : start + rows]
            longest = max(map(len, batch))
            ids = torch.tensor([(0,) * (longest - len(prompt)) + prompt for prompt in batch])
            mask = torch.tensor([[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in batch])
            model.generate(
                ids,
                attention_mask=mask,
                do_sample=False,
                min_new_tokens=TOKENS,
                max_new_tokens=TOKENS,
                pad_token_id=0,
            )
        return len(prompts) * TOKENS

    return run


def draw(
    engine: TransformersEngine,
    prompts: list[tuple[int, ...]],
    rows: int,
    share: bool = True,
    settings: Draw | None = None,
) -> Contender:
    requests = [Request(str(n), prompt, settings or Draw(TOKENS)) for n, prompt in enumerate(prompts)]

    def run() -> int:
        drawing.ROWS = rows
        setattr(drawing, "shared_prefixes", shared_prefixes if share else no_prefixes)  # noqa: B010
        return sum(len(result.ids) for result in engine.submit(requests) if isinstance(result, Completion))

    return run


def judge(engine: TransformersEngine, requests: list[Request], share: bool = True) -> Contender:
    def run() -> int:
        setattr(judging, "shared_prefixes", shared_prefixes if share else no_prefixes)  # noqa: B010
        return len(list(engine.submit(requests)))

    return run


def no_prefixes(sequences: Any, _: Any) -> list[Group]:
    return [Group(0, len(sequences), 0)]


def few_shot(count: int, orders: int) -> list[str]:
    dice = random.Random(0)
    heads = []
    for _ in range(orders):
        shots = dice.sample(SHOTS, len(SHOTS))
        heads.append("".join(f"Instruction: {ask}\nResponse: {answer}\n\n" for ask, answer in shots))
    return [f"{heads[n % orders]}Instruction: {ask(n)}\nResponse:" for n in range(count)]


def judged(count: int) -> list[str]:
    shots = "".join(f"Instruction: {ask}\nResponse: {answer}\nLabel: A\n\n" for ask, answer in SHOTS)
    answer = "It can be used at home or at work, and many people keep one in a cupboard near the door."
    return [f"{CRITIC}{shots}Instruction: {ask(n)}\nResponse: {answer}\nLabel:" for n in range(count)]


def ask(number: int) -> str:
    return ASKS[number % len(ASKS)].format(THINGS[number // len(ASKS) % len(THINGS)])


def encode(tokenizer: Tokenizer, text: str) -> tuple[int, ...]:
    return tuple(tokenizer.encode(text, add_special_tokens=False).ids)


if __name__ == "__main__":
    main()
