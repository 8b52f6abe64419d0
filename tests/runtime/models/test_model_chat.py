"""Chat templates: filled in as transformers fills them in, and the same on every day."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runtime.failures import RunFailed
from runtime.models import mock_model
from runtime.models.chat import ChatTemplate, chat_templates
from runtime.models.tokens import Tokens

MESSAGE = "Name a fruit.\n{{ not a template }}"
# What templates in use have: white space control, loop controls, special tokens, a system turn of their own.
TEMPLATES = [
    "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}",
    """{{- bos_token }}
{%- if messages[0]['role'] != 'system' %}
    {{- '<|user|>system\\nBe brief.' + eos_token + '\\n' }}
{%- endif %}
{% for message in messages %}
  {% if message['content'] is none %}{% continue %}{% endif %}
  {{- '<|user|>' + message['content'] | trim + eos_token }}
{% endfor %}
{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif %}""",
    "{{ messages | tojson }}{{ messages[0]['role'].upper() }}",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    mock_model.build(tmp_path)
    return tmp_path


def _settings(folder: Path, **changes: object) -> None:
    path = folder / "tokenizer_config.json"
    content = {**json.loads(path.read_text()), "bos_token": "<|pad|>", **changes}
    path.write_text(json.dumps({key: value for key, value in content.items() if value is not None}))


@pytest.mark.parametrize("template", TEMPLATES)
def test_as_transformers_does_it(folder: Path, template: str) -> None:
    transformers = pytest.importorskip("transformers")
    _settings(folder, chat_template=template)
    theirs = transformers.PreTrainedTokenizerFast.from_pretrained(folder)
    messages = [{"role": "user", "content": MESSAGE}]
    told = {"add_generation_prompt": True, "return_dict": False}
    assert ChatTemplate.from_folder(folder).text(MESSAGE) == theirs.apply_chat_template(
        messages, tokenize=False, **told
    )
    assert list(Tokens.from_folder(folder).chat_ids(MESSAGE)) == theirs.apply_chat_template(messages, **told)


def test_a_template_of_its_own_file_goes_first(folder: Path) -> None:
    (folder / "chat_template.jinja").write_text("mine: {{ messages[0].content }}")
    assert ChatTemplate.from_folder(folder).text("Hi") == "mine: Hi"


def test_of_several_the_default_is_taken(folder: Path) -> None:
    many = [{"name": "tool_use", "template": "no"}, {"name": "default", "template": "yes"}]
    _settings(folder, chat_template=many)
    assert chat_templates(folder) == {"tool_use": "no", "default": "yes"}
    assert ChatTemplate.from_folder(folder).text("Hi") == "yes"


def test_no_day_is_told(folder: Path) -> None:
    _settings(folder, chat_template="{{ 'now' if strftime_now is defined else '26 Jul 2024' }}")
    assert ChatTemplate.from_folder(folder).text("Hi") == "26 Jul 2024"


@pytest.mark.parametrize(
    ("template", "said"),
    [
        (None, "has no chat template"),
        ("{{ raise_exception('only two turns') }}", "only two turns"),
        ("{% for %}", "can't be filled in"),
    ],
)
def test_what_gives_no_text_is_refused(folder: Path, template: str | None, said: str) -> None:
    _settings(folder, chat_template=template)
    with pytest.raises(RunFailed, match=said):
        ChatTemplate.from_folder(folder).text("Hi")
