"""Sound evidence about a small model, to plant one defect in at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from compiler.plan.model import FolderSource, ModelBinding
from runtime.certificate.evidence import Evidence
from runtime.certificate.probe import Answers
from runtime.certificate.reference import Reading, Reference, Rows
from runtime.certificate.sentinels import COMPLETIONS, INSTRUCTIONS, SCORED
from runtime.engines.protocol import Completion, EngineFacts, Request, Result, Score, TokenLogprobs
from runtime.models import mock_model
from runtime.models.local import LocalModel
from runtime.models.reference_text import PASSAGE
from runtime.models.tokens import Tokens
from runtime.survived import Tell, unheard

SHA256 = "ab" * 32
VOCABULARY = 700
FACTS = EngineFacts("fake", "1", SHA256, "float32", "cpu", VOCABULARY)


def make_folder(folder: Path) -> Path:
    """The mock model with a tokenizer that knows the reference passage's words, and rows for them."""
    mock_model.build(folder)
    weights = load_file(folder / "model.safetensors")
    width = weights["model.embed_tokens.weight"].shape[1]
    rows = np.random.RandomState(1).uniform(-0.06, 0.06, (VOCABULARY, width)).astype(np.float32)
    weights["model.embed_tokens.weight"] = rows
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[*mock_model.SPECIAL_TOKENS],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([PASSAGE] * 3, trainer)
    tokenizer.save(str(folder / "tokenizer.json"))
    for name in ("config.json", "generation_config.json"):
        path = folder / name
        text = path.read_text().replace('"eos_token_id": 256', '"eos_token_id": 0')
        path.write_text(text.replace('"vocab_size": 260', f'"vocab_size": {VOCABULARY}'))
    return folder


def sound(folder: Path, kind: str = "raw") -> Evidence:
    """Evidence in which every line passes."""
    tokens = Tokens.from_folder(folder)
    scores = ((-1.0, -2.0), (-0.5,))
    return Evidence(
        name="base",
        kind="chat" if kind == "chat" else "raw",
        binding=ModelBinding(source=FolderSource(path=str(folder)), precision="float32"),
        local=LocalModel(folder, SHA256, "folder small", None, ("small",)),
        tokens=tokens,
        engine=FACTS,
        prompts={"respond": tokens.prompt_ids("Instruction: Name a fruit.\nResponse:")},
        answers=Answers(
            completions=tuple(
                _said(sentinel.expected.split("|")[0].replace("?", "")) for sentinel in COMPLETIONS
            ),
            reversed_bos=(),
            instructions=tuple(_said("no idea") for _ in INSTRUCTIONS),
            scores=scores,
        ),
        reference=Reference(
            scores=scores,
            readings={"policy": Reading(entropy=3.3, logprob=-3.9)},
            rows=Rows(rows=VOCABULARY, near_zero=0, identical=0, eos={0: ""}, eos_length={0: 1.0}),
            device="cpu",
        ),
    )


def _said(text: str, ids: tuple[int, ...] = (5, 6, 7, 8, 9)) -> Completion:
    return Completion("completion", ids, f" {text}", "length")


def repeating() -> tuple[Completion, ...]:
    """Completions as Gemma 3 draws them without its BOS."""
    return tuple(_said("The The The The The", (5, 5, 5, 5, 5)) for _ in COMPLETIONS)


@dataclass
class FakeEngine:
    """Answers scores from a list and draws with fixed words; keeps what was asked, and which calls came."""

    scores: tuple[tuple[float, ...], ...]
    facts: EngineFacts = FACTS
    leaves_out: int = 0
    asked: list[Request] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    tell: Tell = unheard

    def submit(self, requests: Iterable[Request]) -> Iterator[Result]:
        self.calls.append("submit")
        self.asked = list(requests)
        scored = iter(self.scores)
        for request in self.asked[self.leaves_out :]:
            if isinstance(request.task, Score):
                yield TokenLogprobs(request.id, next(scored))
            else:
                yield Completion(request.id, (5, 6, 7, 8), " four words of text", "length")

    def rest(self) -> None:
        """There is nothing to give back; the next submission wakes it, as it does a real one."""
        self.calls.append("rest")

    def close(self) -> None:
        """There is nothing to give back."""


def scored_ids(tokens: Tokens) -> tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]:
    return tuple((tokens.prompt_ids(prompt), tokens.continuation_ids(text)) for prompt, text in SCORED)
