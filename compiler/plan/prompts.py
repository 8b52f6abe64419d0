"""Rendering prompts: Jinja2 in a sandbox, with strict undefined names and nothing else to reach."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Template
    from jinja2.sandbox import SandboxedEnvironment

BLANK_LINE = re.compile(r"\n[ \t]*\n")


@cache
def environment() -> SandboxedEnvironment:
    """The one environment of all templates: no file access, no globals, no private attributes; Jinja2's
    filters, and `first_paragraph`."""
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    env = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True
    )
    env.globals.clear()
    env.filters["first_paragraph"] = first_paragraph
    return env


def first_paragraph(text: str) -> str:
    """A text up to its first blank line: what a critic is to see of an answer that may go on too long."""
    return BLANK_LINE.split(text.strip(), maxsplit=1)[0]


def render(
    template: str, columns: Mapping[str, Any], samples: Mapping[str, Sequence[Mapping[str, Any]]]
) -> str:
    """The text that will be sent, never ending in white space: tokens of prompt and completion
    are made apart, and a space before the border would hide the most likely next tokens.

    Raises jinja2.TemplateError (checked away at compile time for templates that compiled).
    """
    return _compiled(template).render({**columns, **samples}).rstrip()


@cache
def _compiled(template: str) -> Template:
    """A plan has few templates, and a run renders each thousands of times."""
    return environment().from_string(template)
