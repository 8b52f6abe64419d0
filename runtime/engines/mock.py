"""A mock engine: no language model, no torch. Canned text and made-up figures, for trying out runs.

Everything it says is a function of the request's ids, seed and adapter, so a run can be repeated
exactly and takes seconds. It is built to exercise what comes after it: enough different
instructions, answers that are mostly on topic and now and then run on or never end, and
log-probabilities that favour a continuation about the prompt's topic. It knows nothing, and its
facts call it "mock", so no figure of a run with it says anything about a model.
"""

from __future__ import annotations

import hashlib
import math
import random
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, partial
from pathlib import Path

from tokenizers import Tokenizer

from runtime.engines import phrases
from runtime.engines.protocol import (
    Choose,
    Completion,
    Draw,
    EngineFacts,
    LabelLogprobs,
    Request,
    Result,
    Score,
    TokenLogprobs,
)
from runtime.engines.stopping import earliest
from runtime.failures import RunFailed
from runtime.survived import Tell, unheard

_LIST_ITEM = re.compile(r"(?:^|\n)[ \t]*(\d{1,4})\.[ \t]*$")
# What is to be answered stands behind such a label, and what is asked for stands in the last line.
_ASKED = re.compile(r"^(?:Instruction|Question|Task|Request|Message): *(.+)$", re.MULTILINE)
_ASKS_FOR_BAD = re.compile(r"(?i)\b(?:wrong answer|careless|refuses|something else|says little)\b")
_WORD = re.compile(r"[^\W\d_]{4,}")

# Nats: a token's usual log-probability, what being on topic adds, the width of the noise, and of a liking or
# dislike for the whole continuation, without which no two texts would differ by much.
_USUAL, _ON_TOPIC, _NOISE, _LIKING = -3.0, 1.5, 0.6, 0.8
# The share of probability that the labels get together.
_LABELS_SHARE = 0.8


class MockEngine:
    """Answers from a stock of phrases; needs only the tokenizer.json in `folder`."""

    def __init__(self, folder: Path, model_sha256: str) -> None:
        path = folder / "tokenizer.json"
        if not path.is_file():
            raise RunFailed(f"There is no tokenizer at {folder}: tokenizer.json is missing.")
        self.tell: Tell = unheard
        self._tokenizer = Tokenizer.from_file(str(path))
        self._pieces: dict[int, str] = {}
        self.facts = EngineFacts(
            name="mock",
            version="2",
            model_sha256=model_sha256,
            dtype="none",
            device="cpu",
            vocabulary_size=self._tokenizer.get_vocab_size(),
        )

    def submit(self, requests: Iterable[Request]) -> Iterator[Result]:
        """One result per request, in the order asked. RunFailed for an empty prompt or unknown id."""
        for request in requests:
            yield self._answer(request)

    def rest(self) -> None:
        """Nothing to give back."""

    def close(self) -> None:
        """Nothing to give back."""

    def _answer(self, request: Request) -> Result:
        if not request.prompt_ids:
            raise RunFailed(f"Request {request.id} has an empty prompt.")
        size = self.facts.vocabulary_size
        outside = [id for id in request.prompt_ids if not 0 <= id < size]
        if outside:
            raise RunFailed(
                f"Request {request.id} holds the token id {outside[0]}, outside the vocabulary of {size}."
            )
        prompt = self._decode(request.prompt_ids)
        match request.task:
            case Draw() as draw:
                return self._draw(request, draw, prompt)
            case Choose(label_ids):
                return LabelLogprobs(request.id, _choose(prompt, _dice(request), len(label_ids)))
            case Score(continuation_ids):
                return TokenLogprobs(request.id, self._score(prompt, continuation_ids, _dice(request)))

    def _draw(self, request: Request, draw: Draw, prompt: str) -> Completion:
        dice = _dice(request, draw.seed if draw.temperature > 0 else 0)
        item = _LIST_ITEM.search(prompt)
        if item:
            text = _numbered(int(item[1]), dice, _asks(prompt))
        else:
            text = _reply(prompt, dice, partial(self._fits, draw))
        if prompt[-1].isspace():
            text = text.lstrip()
        ids = self._tokenizer.encode(text, add_special_tokens=False).ids
        return self._completion(request.id, draw, ids)

    def _fits(self, draw: Draw, text: str) -> bool:
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids) <= draw.max_tokens

    def _completion(self, id: str, draw: Draw, ids: list[int]) -> Completion:
        """The completion a model would have ended with, had it drawn `ids` and then its eos."""
        whole = len(ids) <= draw.max_tokens
        ids = ids[: draw.max_tokens]
        text = self._decode(ids)
        if earliest(text, draw.stop) is None:
            return Completion(id, tuple(ids), text, "eos" if whole else "length")
        low, high = 1, len(ids)
        while low < high:  # the fewest tokens whose text holds a stop string
            middle = (low + high) // 2
            if earliest(self._decode(ids[:middle]), draw.stop) is None:
                low = middle + 1
            else:
                high = middle
        text = self._decode(ids[:low])
        match = earliest(text, draw.stop)
        assert match is not None
        return Completion(id, tuple(ids[:low]), text[: match[0]], "stop", match[1])

    def _score(self, prompt: str, continuation: Sequence[int], dice: random.Random) -> tuple[float, ...]:
        """Higher for tokens of words that the prompt holds, so that likelihood gain judges relevance."""
        topic = _words(prompt)
        pieces = [self._piece(id) for id in continuation]
        text = "".join(pieces)
        on_topic = [word.span() for word in _WORD.finditer(text) if word[0].lower() in topic]
        logprobs: list[float] = []
        usual = _USUAL + _LIKING * (dice.random() - 0.5)
        start = 0
        for piece in pieces:
            end = start + len(piece)
            related = any(first < end and start < last for first, last in on_topic)
            noise = _NOISE * (dice.random() - 0.5)
            logprobs.append(usual + noise + (_ON_TOPIC if related else 0.0))
            start = end
        return tuple(logprobs)

    def _decode(self, ids: Sequence[int]) -> str:
        return self._tokenizer.decode(list(ids), skip_special_tokens=False)

    def _piece(self, id: int) -> str:
        if id not in self._pieces:
            self._pieces[id] = self._decode([id])
        return self._pieces[id]


def _dice(request: Request, seed: int = 0) -> random.Random:
    """Randomness that the request's ids, seed, adapter and kind of task decide alone."""
    task = request.task
    asked = task.continuation_ids if isinstance(task, Score) else ()
    key = repr((request.prompt_ids, type(task).__name__, asked, _adapter(request.adapter), seed))
    return random.Random(int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest()))


def _words(text: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(text)}


def _asks(prompt: str) -> bool:
    """Whether the items of the list so far are questions."""
    return prompt.rpartition("\n")[0].rstrip().endswith("?")


def _numbered(first: int, dice: random.Random, questions: bool) -> str:
    """The rest of a list whose item `first` is about to be written; about one item in nine is no good."""
    lines: list[str] = []
    for number in range(first, first + 4 + int(dice.random() * 6)):
        line = phrases.instruction(dice) if dice.random() < 0.89 else phrases.poor_instruction(dice)
        while questions and not line.endswith("?"):
            line = phrases.instruction(dice)
        lines.append(f" {line}" if number == first else f"{number}. {line}")
    return "\n".join(lines)


def _reply(prompt: str, dice: random.Random, fits: Callable[[str], bool]) -> str:
    """One or two sentences about what is asked, as short as the limit wants it; some run on into a new
    instruction, and some don't end. Without examples before it, or where a bad answer is asked for, most
    replies are about something else."""
    asked, last_line, examples = _asked(prompt)
    topic = _topic(asked, dice)
    strays = dice.random() < (0.08 if examples else 0.6)
    if strays or _ASKS_FOR_BAD.search(last_line):
        topic = ["something"]
    sentences = [phrases.sentence(topic, dice) for _ in range(1 + (dice.random() < 0.4))]
    chance = dice.random()
    if chance < 0.03:
        return " " + " ".join(phrases.sentence(topic, dice) for _ in range(60))
    while sentences and not fits(" " + " ".join(sentences)):
        sentences.pop()
    text = " ".join(sentences) or f"It is {topic[0]}."
    if chance < 0.06:
        text += f"\n\nInstruction: {phrases.instruction(dice)}\nResponse:"
    return " " + text


def _asked(prompt: str) -> tuple[str, str, bool]:
    """What is to be answered: the last that is labelled as such, or else the last line that says something;
    the last line; and whether others of its kind stand before it."""
    lines = [line.strip() for line in prompt.splitlines() if line.strip()] or [""]
    labelled = _ASKED.findall(prompt)
    return (labelled or lines)[-1], lines[-1], len(labelled) > 1


def _topic(instruction: str, dice: random.Random) -> list[str]:
    """Up to three content words, the longest preferred, in an order that the dice decide."""
    words = sorted(_words(instruction) - phrases.COMMON, key=lambda word: (-len(word), word))[:3]
    dice.shuffle(words)
    return words or ["answer"]


def _choose(prompt: str, dice: random.Random, labels: int) -> tuple[float, ...]:
    """The first label (by custom the good one) is favoured when the reply takes up the instruction."""
    _, _, rest = prompt.rpartition("Instruction:")
    instruction, _, reply = rest.strip().partition("\n")
    relevant = bool((_words(instruction) & _words(reply)) - phrases.COMMON)
    scores = [2.0 * dice.random() for _ in range(labels)]
    scores[0] += 1.5 if relevant else -0.5
    total = math.log(sum(math.exp(score) for score in scores))
    return tuple(score - total + math.log(_LABELS_SHARE) for score in scores)


@cache
def _adapter(folder: str | None) -> str | None:
    """An adapter's content, not its place: a run in another folder must say the same."""
    if folder is None:
        return None
    return hashlib.sha256((Path(folder) / "adapter_model.safetensors").read_bytes()).hexdigest()
