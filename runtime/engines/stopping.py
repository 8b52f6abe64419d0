"""When a completion ends, and its text. For engines that draw token by token."""

from __future__ import annotations

from collections.abc import Collection

from tokenizers import Tokenizer

from runtime.engines.protocol import Completion, Draw


def earliest(text: str, stop: tuple[str, ...]) -> tuple[int, str] | None:
    """Where the first stop string begins, and which; of two that begin together the first listed."""
    found = [(at, number) for number, string in enumerate(stop) if (at := text.find(string)) >= 0]
    if not found:
        return None
    at, number = min(found)
    return at, stop[number]


class Writing:
    """One completion as it grows.

    Stop strings are looked for in the decoded text after each token, in its last tokens first: as
    many as the longest stop string has bytes, and some more. So they may begin or end inside a token,
    and a character made of several tokens counts once it is whole.
    """

    def __init__(self, id: str, draw: Draw, tokenizer: Tokenizer, eos: Collection[int]) -> None:
        self._id = id
        self._draw = draw
        self._tokenizer = tokenizer
        self._eos = eos
        # A token adds a byte at least. The others are for a character that was not whole before, and
        # for what decoders do at the start of a text, which this is not.
        self._looked_at = max((len(stop.encode()) for stop in draw.stop), default=0) + 8
        self.ids: list[int] = []

    def add(self, token: int) -> Completion | None:
        """Take the next token; returns the completion if this token ended it."""
        if token in self._eos:
            return Completion(self._id, tuple(self.ids), self._text(), "eos")
        self.ids.append(token)
        if self._draw.stop and earliest(self._text(self._looked_at), self._draw.stop) is not None:
            text = self._text()
            match = earliest(text, self._draw.stop)
            if match is not None:
                return Completion(self._id, tuple(self.ids), text[: match[0]], "stop", match[1])
        if len(self.ids) >= self._draw.max_tokens:
            return Completion(self._id, tuple(self.ids), self._text(), "length")
        return None

    def _text(self, last: int = 0) -> str:
        """Of the last tokens, or of all."""
        # Control tokens stay visible: what was drawn is what filters and people must see.
        return self._tokenizer.decode(self.ids[-last:], skip_special_tokens=False)
