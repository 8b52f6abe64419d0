"""All that was gathered for a certificate. Lines read it and measure nothing themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from compiler.plan.model import ModelBinding
from runtime.certificate.probe import Answers
from runtime.certificate.reference import Reference
from runtime.engines.protocol import EngineFacts
from runtime.models.local import LocalModel
from runtime.models.tokens import Tokens

MOCK = "mock"


@dataclass(frozen=True)
class Evidence:
    """`answers` and `reference` are None with the mock engine, which says nothing about a model.
    `chat_prompts` are the names of those prompts that the chat template was put around."""

    name: str
    kind: Literal["raw", "chat"]
    binding: ModelBinding
    local: LocalModel
    tokens: Tokens
    engine: EngineFacts
    prompts: Mapping[str, tuple[int, ...]]
    answers: Answers | None
    reference: Reference | None
    chat_prompts: frozenset[str] = frozenset()

    @property
    def mock_model(self) -> bool:
        """Whether the weights are random: then what they answer says nothing, in any engine."""
        return self.binding.source.source == MOCK
