"""Rendering prompts: Jinja2 in a sandbox, with strict undefined names and nothing else to reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Template
    from jinja2.sandbox import SandboxedEnvironment


@cache
def environment() -> SandboxedEnvironment:
    """The one environment of all templates: no file access, no globals, no private attributes."""
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    env = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True
    )
    env.globals.clear()
    return env


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
