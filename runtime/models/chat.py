"""A checkpoint's chat template: what a text looks like as the turn of a user that is to be answered.

It is filled in as transformers' `apply_chat_template` does with one message of the user and
`add_generation_prompt`, with one difference: `strftime_now` is not there, so that a template that can
show the day shows its own fixed one, and a prompt does not change from day to day.
"""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

from jinja2 import Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from runtime.failures import RunFailed
from runtime.models.files import read_json_if_there

SPECIAL = ("bos_token", "eos_token", "unk_token", "pad_token")


class ChatTemplate:
    """`source` is the template, empty where the checkpoint has none; `special` are tokens by their names."""

    def __init__(self, source: str, special: dict[str, str]) -> None:
        self.source = source
        self._special = special

    @classmethod
    def from_folder(cls, folder: Path) -> ChatTemplate:
        settings = read_json_if_there(folder / "tokenizer_config.json")
        special = {name: token for name in SPECIAL if (token := named_token(settings.get(name))) is not None}
        return cls(chat_templates(folder).get("default", ""), special)

    def text(self, message: str) -> str:
        """The whole text up to where the assistant begins. RunFailed where the template does not give one."""
        if not self.source:
            raise RunFailed(
                "The model's role is chat, and its checkpoint has no chat template.",
                "Bind a chat model, or write kind = raw for the role and its prompts.",
            )
        messages = [{"role": "user", "content": message}]
        try:
            return self._template.render(messages=messages, add_generation_prompt=True, **self._special)
        except TemplateError as error:
            raise RunFailed(f"The checkpoint's chat template can't be filled in ({error}).") from error

    @cached_property
    def _template(self) -> Template:
        env = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
        )
        env.filters["tojson"] = _json
        env.globals["raise_exception"] = _refuse
        return env.from_string(self.source)


def chat_templates(folder: Path) -> dict[str, str]:
    """By name, from their own file or from the tokenizer's settings; a single one is the default."""
    path = folder / "chat_template.jinja"
    if path.is_file():
        return {"default": path.read_text(encoding="utf-8")}
    written = read_json_if_there(folder / "tokenizer_config.json").get("chat_template")
    if isinstance(written, list):
        return {str(entry.get("name", "")): str(entry.get("template", "")) for entry in written}
    return {"default": written} if isinstance(written, str) else {}


def named_token(setting: Any) -> str | None:
    """A token in tokenizer_config.json, which is written as a text or as an object with `content`."""
    if isinstance(setting, dict):
        setting = setting.get("content")
    return setting if isinstance(setting, str) else None


def _json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _refuse(message: str) -> NoReturn:
    raise TemplateError(message)
