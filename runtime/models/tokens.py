"""Text to token ids and back, without the libraries that load models.

BOS policy, in the order of what is asked: `add_bos_token` of tokenizer_config.json where it is a
truth value (then the token is `bos_token`), else what the tokenizer's own post-processor puts before
a text. A token that is merely *named* BOS is no policy: SmolLM2-Instruct names its turn marker so
and never begins with it. What a post-processor would put after a text is never used: a prompt goes on.

EOS: `generation_config.json` first, then `config.json`. Where they name several, the tokenizer's own
`eos_token` is the one if it is among them, else the first.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from runtime.failures import RunFailed
from runtime.models.chat import ChatTemplate, named_token
from runtime.models.digest import file_digest
from runtime.models.files import read_json_if_there

# Role and turn markers, also where a tokenizer does not flag them as special.
_MARKER = re.compile(
    r"<\|[^|<>]*\|>|<(start|end)_of_turn>|\[/?(INST|SYSTEM_PROMPT)\]|</?s>|<<SYS>>|<｜[^<>]*｜>"
)


class Tokens:
    """A model's tokenizer as prompts, engines and checks use it. Immutable once built."""

    def __init__(
        self,
        tokenizer: Tokenizer,
        bos_id: int | None,
        eos_ids: tuple[int, ...],
        named_bos_id: int | None,
        sha256: str,
        chat: ChatTemplate | None = None,
    ) -> None:
        """`eos_ids` begins with the one to train with. Use `from_folder`."""
        self._tokenizer = tokenizer
        self._chat = chat or ChatTemplate("", {})
        self.bos_id = bos_id
        """What every prompt begins with, or None where the model's policy is to begin with nothing."""
        self.named_bos_id = named_bos_id
        """What the metadata calls BOS, used or not."""
        self.eos_ids = frozenset(eos_ids)
        """All ids that end a completion."""
        self.eos_id = eos_ids[0]
        """The one id that ends a training example."""
        self.sha256 = sha256
        """Over the tokenizer's content, the BOS policy and the EOS ids."""
        self.vocabulary_size: int = tokenizer.get_vocab_size(with_added_tokens=True)
        self.control_ids = (
            _control_ids(tokenizer) | self.eos_ids | ({bos_id} if bos_id is not None else set())
        )
        """Special tokens and role or turn markers: none may stand in a prompt, but for BOS in front."""

    @classmethod
    def from_folder(cls, folder: Path) -> Tokens:
        """Read the tokenizer of a model folder. RunFailed when a file is missing or names no EOS."""
        path = folder / "tokenizer.json"
        try:
            tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # the library raises plain Exception for every kind of damage
            raise RunFailed(f"The tokenizer {path} can't be read ({error}).") from error
        tokenizer.no_padding()
        tokenizer.no_truncation()
        settings = read_json_if_there(folder / "tokenizer_config.json")
        named_bos = _id_of(tokenizer, settings.get("bos_token"))
        bos = _bos_by_policy(tokenizer, settings.get("add_bos_token"), named_bos)
        eos = _eos_ids(folder, _id_of(tokenizer, settings.get("eos_token")))
        content = json.dumps([file_digest(path), bos, eos])
        hashed = hashlib.sha256(content.encode()).hexdigest()
        return cls(tokenizer, bos, eos, named_bos, hashed, ChatTemplate.from_folder(folder))

    def prompt_ids(self, text: str) -> tuple[int, ...]:
        """The ids to send for a prompt: BOS if the model's policy has one, then the text's."""
        start = () if self.bos_id is None else (self.bos_id,)
        return (*start, *self.continuation_ids(text))

    def chat_ids(self, text: str) -> tuple[int, ...]:
        """The ids to send for a text as a user's turn, up to where the answer begins; BOS is the template's.
        RunFailed where the checkpoint has no chat template."""
        return self.continuation_ids(self._chat.text(text))

    def continuation_ids(self, text: str) -> tuple[int, ...]:
        """The ids of text that follows other text: nothing is added in front or behind."""
        return tuple(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids. Control tokens show, so that they can't hide in what is stored."""
        text: str = self._tokenizer.decode(list(ids), skip_special_tokens=False)
        return text

    def single_token(self, text: str) -> int | None:
        """The id of `text` if it is exactly one token as a continuation, as a label must be."""
        ids = self.continuation_ids(text)
        return ids[0] if len(ids) == 1 else None

    def count(self, text: str) -> int:
        """How many tokens `text` is, without BOS."""
        return len(self.continuation_ids(text))

    def token(self, id: int) -> str:
        """An id as the vocabulary writes it, for messages."""
        return self._tokenizer.id_to_token(id) or f"#{id}"


def configured_eos(folder: Path, file: str) -> tuple[int, ...]:
    """The EOS ids that one of the model's configuration files names; empty when it names none."""
    value = read_json_if_there(folder / file).get("eos_token_id")
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list) else (int(value),)


def _id_of(tokenizer: Tokenizer, setting: Any) -> int | None:
    token = named_token(setting)
    id: int | None = None if token is None else tokenizer.token_to_id(token)
    return id


def _bos_by_policy(tokenizer: Tokenizer, stated: Any, named: int | None) -> int | None:
    if stated is True:
        if named is None:
            raise RunFailed("The tokenizer should begin texts with BOS, and names no BOS token.")
        return named
    if stated is False:
        return None
    plain = tokenizer.encode("a", add_special_tokens=False).ids
    processed = tokenizer.encode("a", add_special_tokens=True).ids
    start = processed.index(plain[0]) if plain and plain[0] in processed else 0
    if start > 1:
        raise RunFailed(f"The tokenizer begins texts with {start} special tokens; one BOS or none is known.")
    return processed[0] if start else None


def _eos_ids(folder: Path, tokenizers_own: int | None) -> tuple[int, ...]:
    for file in ("generation_config.json", "config.json"):
        if found := configured_eos(folder, file):
            return tuple(sorted(found, key=lambda id: id != tokenizers_own))
    if tokenizers_own is None:
        raise RunFailed(f"The model in {folder} names no token that ends a text (EOS).")
    return (tokenizers_own,)


def _control_ids(tokenizer: Tokenizer) -> frozenset[int]:
    added = tokenizer.get_added_tokens_decoder()
    return frozenset(
        id for id, token in added.items() if token.special or _MARKER.fullmatch(token.content.strip())
    )
