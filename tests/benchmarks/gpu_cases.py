"""What the benchmark on a GPU asks: the same prompts, pairs and examples for all; and models by shape."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path
from typing import Any

from engine_throughput import CRITIC, SHOTS
from tokenizers import Tokenizer

from runtime.engines.phrases import instruction, sentence
from runtime.training.examples import Pair, TrainingExample

Ids = tuple[int, ...]
STOP = "\n\nInstruction:"
# By the public configurations of models of that size; the weights are random.
SHAPES: dict[str, dict[str, Any]] = {
    "1.7B": {
        "model_type": "qwen3",
        "architectures": ["Qwen3ForCausalLM"],
        "hidden_size": 2048,
        "intermediate_size": 6144,
        "num_hidden_layers": 28,
        "num_attention_heads": 16,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "vocab_size": 151936,
        "max_position_embeddings": 4096,
        "tie_word_embeddings": True,
    },
    "8B": {
        "model_type": "llama",
        "architectures": ["LlamaForCausalLM"],
        "hidden_size": 4096,
        "intermediate_size": 14336,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "vocab_size": 128256,
        "max_position_embeddings": 4096,
        "tie_word_embeddings": False,
    },
}
# Large logits over few layers, so that a batch of long rows takes more than one of short ones by far.
SHAPES["12 layers"] = {**SHAPES["1.7B"], "num_hidden_layers": 12, "vocab_size": 262144}


def shape_folder(shape: str, tokenizer_folder: Path, out: Path) -> Path:
    """A folder with configuration and tokenizer, and no weights."""
    out.mkdir(parents=True, exist_ok=True)
    config = {**SHAPES[shape], "dtype": "bfloat16", "bos_token_id": 2, "eos_token_id": 1, "pad_token_id": 0}
    (out / "config.json").write_text(json.dumps(config), encoding="utf-8")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(tokenizer_folder / name, out / name)
    return out


def random_weights(folder: Path) -> None:
    """Fill a shape's folder with random weights in bf16."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    torch.manual_seed(0)
    with torch.device("cuda" if torch.cuda.is_available() else "cpu"):
        config = AutoConfig.from_pretrained(folder)
        model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    model.save_pretrained(folder)


class Cases:
    """Texts as ids of `folder`'s tokenizer, no id above the model's vocabulary."""

    def __init__(self, folder: Path) -> None:
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self._size = int((config.get("text_config") or config)["vocab_size"])
        self._shots = "".join(f"Instruction: {ask}\nResponse: {answer}\n\n" for ask, answer in SHOTS)

    def ids(self, text: str) -> Ids:
        return self.many([text])[0]

    def many(self, texts: list[str]) -> list[Ids]:
        found = self._tokenizer.encode_batch(texts, add_special_tokens=False)
        return [tuple([id % self._size for id in one.ids]) for one in found]

    def few_shot(self, count: int, seed: int) -> list[Ids]:
        dice = random.Random(seed)
        return self.many(
            [
                f"{self._shots}Instruction: {instruction(dice)} Use number {n}.\nResponse:"
                for n in range(count)
            ]
        )

    def judgements(self, count: int, seed: int) -> tuple[list[Ids], Ids]:
        """Prompts that ask for a label, and the labels' ids."""
        dice = random.Random(seed)
        shots = "".join(f"Instruction: {a}\nResponse: {r}\nLabel: A\n\n" for a, r in SHOTS)
        prompts = self.many(
            [
                f"{CRITIC}{shots}Instruction: {instruction(dice)}\nResponse: {answer(dice)}\nLabel:"
                for _ in range(count)
            ]
        )
        return prompts, (self.ids(" A")[0], self.ids(" B")[0])

    def continuations(self, count: int, seed: int) -> list[tuple[Ids, Ids]]:
        """Few-shot prompts, and a response to each whose likelihood is asked."""
        dice = random.Random(seed)
        answers = self.many([f" {answer(dice)}" for _ in range(count)])
        return list(zip(self.few_shot(count, seed), answers, strict=True))

    def examples(self, count: int, seed: int, eos: int = 1) -> list[TrainingExample]:
        """A bare instruction, and an answer of a few sentences."""
        dice = random.Random(seed)
        return [
            TrainingExample(
                str(n),
                self.ids(f"Instruction: {instruction(dice)}\nResponse:"),
                (*self.ids(f" {answer(dice)} {answer(dice)}"), eos),
            )
            for n in range(count)
        ]

    def pairs(self, count: int, seed: int, eos: int = 1) -> list[Pair]:
        """The rejected answer is another example's."""
        chosen = self.examples(count, seed, eos)
        others = chosen[1:] + chosen[:1]
        return [
            Pair(one.id, one, TrainingExample(one.id, one.prompt_ids, other.target_ids))
            for one, other in zip(chosen, others, strict=True)
        ]


def answer(dice: random.Random) -> str:
    topic = [dice.choice(("ladder", "river", "music", "bread", "winter")), dice.choice(("owl", "mirror"))]
    return " ".join(sentence(topic, dice) for _ in range(dice.randrange(1, 4)))
