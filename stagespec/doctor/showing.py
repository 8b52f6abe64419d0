"""What was found, for people and for scripts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

import click

from compiler.plan.counting import counted
from stagespec.doctor.finding import Finding

COLOURS = {"ok": "green", "warning": "yellow", "error": "red"}


def as_text(found: Finding, colour: bool) -> str:
    """A line, and a second one with what to do."""
    state = f"{found.state:<7}"
    shown = click.style(state, fg=COLOURS[found.state], bold=found.state != "ok") if colour else state
    todo = f"\n{'':9}{found.todo}" if found.todo else ""
    return f"{shown}  {found.what}: {found.detail}{todo}"


def closing(found: Sequence[Finding], profile: str | None) -> str:
    """Whether the profile can run, in one sentence."""
    name = f"profile {profile}" if profile else "stagespec"
    errors = sum(one.state == "error" for one in found)
    warnings = sum(one.state == "warning" for one in found)
    if errors:
        return f"{name} cannot run here: {counted(errors, 'error')}"
    told = f", {counted(warnings, 'warning')}" if warnings else ""
    return f"{name} can run here{told}"


def as_json(found: Sequence[Finding], profile: str | None) -> str:
    content = {
        "profile": profile,
        "can_run": all(one.state != "error" for one in found),
        "findings": [asdict(one) for one in found],
    }
    return json.dumps(content, indent=2, ensure_ascii=False)
