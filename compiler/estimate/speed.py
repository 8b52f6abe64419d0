"""Seconds of a step: what it does over and over, and what each round, process and training costs at least.

With a GPU, what its kernels take follows from its data sheet. Reading and training are bound by its
products: 2 operations per parameter and token for a forward pass (Kaplan et al. 2020, section 2.1), 2 more
for the gradients of activations, and 2 to compute a layer again where activations are not kept (Chen et al.
2016); the weights of a frozen base have no gradients. Writing is bound by its memory, from which each
token's step reads the weights and all keys and values anew (Pope et al. 2022, section 2).

A small model keeps no large GPU busy: there it is the processor that takes the time, for each request, each
token and each kernel that it starts. `Host` has what that takes. Without a GPU, speeds were measured once
per engine. Either way earlier runs on the same machine correct the seconds of each kind of work, by how much
longer their steps took than is said here of what they did.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil

from compiler.estimate.dimensions import Dimensions
from compiler.frozen import Frozen
from compiler.plan.gpus import Gpu

# Shares of what data sheets promise. The last is measured: 180 tokens a second, QLoRA of a 32B model
# on one L40S; the others are assumed until runs have been seen.
READING = 0.5
WRITING = 0.6
TRAINING = 0.3
TRAINING_QUANTISED = 0.1


class Host(Frozen):
    """What the processor takes, in seconds.

    Fitted to one run, the pipeline at 1 % of its scale with Gemma 3 270M under vLLM 0.25.1, four engines, on
    an H200 with 16 cores (`tests/archive/fitted/gpu_small`): least squares over its steps, rounded. Two it
    does not tell: `layer` is from that run's trainings of some 15 steps and the benchmark's of 94
    (`tests/benchmarks/h100_figures.json`), `record` from the first full rehearsal
    (`tests/archive/took/gpu_rehearsal`).
    """

    request: float = 0.22e-3  # a prompt is rendered, coded, looked up, sent; its result journalled
    read: float = 3.0e-6  # a token of a prompt
    written: float = 23e-6  # a token of a completion: 69 for one engine by itself
    wave: float = 0.05  # a step's requests of one round, however few
    token: float = 3.2e-3  # one more token for all that is open: kernels are started one by one
    drawn: float = 0.7e-6  # an item that a prompt's draws of examples go through, for each prompt
    scored: float = 0.9e-3  # an answer of an evaluation: its check, its part in the intervals
    record: float = 30e-6  # a record that goes through rules, or is kept
    compared: float = 0.38e-3  # a text that is compared with others: its sketch, and the search
    layer: float = 1.3e-3  # a model's layer in one step of the optimizer
    training: float = 10.0  # a training's process, its first steps, and the adapter's parity


HOST = Host()
# A draw goes through all items of a pool up to FEW; of a larger one, for each item drawn, through a bucket of
# so many, the mean of the least and the most that one has (`runtime.identity.Spread`).
FEW, BUCKET = 2_000, 96


class Speed(Frozen):
    """Of an engine without a GPU: tokens per second for a model of one billion parameters, seconds for a
    training's process, and seconds of a run outside its steps. Critics' prompts begin alike, and what is
    alike is read once: `judge` counts all that they read."""

    write: float
    read: float
    judge: float
    train: float
    training: float
    around: float
    basis: str


# Of transformers fitted to the last two stages of a run of SmolLM2-135M in float32 on two cores, on which
# others worked too (`tests/archive/fitted/laptop_half`); of vLLM taken to be like it.
SPEEDS = {
    "transformers": Speed(8.2, 45.0, 178.0, 10.0, 10.0, 30.0, "as on two cores that do other work too"),
    "vllm": Speed(8.2, 45.0, 178.0, 10.0, 10.0, 90.0, "assumed: two CPU cores"),
    "mock": Speed(
        *(4.0, 40.0, 40.0, 2.6, 2.0, 1.0),
        "no language model; a random one of a hundred thousand weights is trained",
    ),
}
# A run on a GPU outside its steps: the engines' start, 30 s to load the libraries and 66 for four engines
# (docs/performance.md; a machine that has compiled nothing yet takes a minute more); then the certificate
# with the critics, and at the end the datasets and what statistics rest on, both as the first full rehearsal
# took.
START, PROOF, END = 96.0, 8.0, 22.0


class Work(Frozen):
    """What a step asks of the hardware: requests in so many waves, by a critic where `judged`; their tokens
    and their longest completion, items that prompts' draws go through, answers that are scored, records,
    texts that are compared, trained tokens in so many steps of the optimizer. `at_once` sequences of a
    `length` can be open. With `kept` activations a training computes no layer twice."""

    requests: float = 0.0
    waves: float = 0.0
    judged: bool = False
    longest: float = 0.0
    read: float = 0.0
    written: float = 0.0
    drawn: float = 0.0
    scored: float = 0.0
    records: float = 0.0
    compared: float = 0.0
    trained: float = 0.0
    optimizer_steps: float = 0.0
    at_once: float = 1.0
    length: float = 0.0
    quantised: bool = False
    kept: bool = False


def gpu_seconds(gpu: Gpu, sizes: Dimensions, work: Work, weight_bytes: float, kv_bytes: float) -> float:
    """`weight_bytes` are those of the resident base, `kv_bytes` those of one token's keys and values."""
    products = gpu.tflops * 1e12
    reading = work.read * (2 * sizes.parameters / (products * READING) + HOST.read)
    at_once = max(work.at_once, 1.0)
    loaded = weight_bytes + at_once * work.length * kv_bytes
    step = max(
        loaded / (gpu.tb_per_s * 1e12 * WRITING),
        at_once * 2 * sizes.parameters / (products * READING),
        HOST.token,
    )
    steps = max(work.written / at_once, work.waves * work.longest)
    writing = steps * step + work.written * HOST.written
    share = TRAINING_QUANTISED if work.quantised else TRAINING
    training = work.trained * (4 if work.kept else 6) * sizes.parameters / (products * share)
    if work.trained:
        training = max(training, ceil(work.optimizer_steps) * sizes.layers * HOST.layer) + HOST.training
    return reading + writing + training + work.waves * HOST.wave + host_seconds(work)


def cpu_seconds(engine: str, billions: float, work: Work) -> float:
    speed = SPEEDS[engine]
    read = speed.judge if work.judged else speed.read
    tokens = billions * (work.read / read + work.written / speed.write + work.trained / speed.train)
    return tokens + (speed.training if work.trained else 0.0) + host_seconds(work)


def host_seconds(work: Work) -> float:
    """What the processor takes with any engine."""
    return (
        work.requests * HOST.request
        + work.drawn * HOST.drawn
        + work.scored * HOST.scored
        + work.records * HOST.record
        + work.compared * HOST.compared
    )


def pace(seen: Iterable[tuple[float, float]]) -> float | None:
    """How much longer steps took than expected, of (measured, expected) seconds of each; None if of none."""
    pairs = list(seen)
    expected = sum(seconds for _, seconds in pairs)
    return sum(seconds for seconds, _ in pairs) / expected if expected > 0 else None
