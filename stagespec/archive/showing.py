"""How an archive was verified, for people and for scripts."""

from __future__ import annotations

import json
from typing import TextIO

from stagespec import diagnostics_json, diagnostics_text
from stagespec.archive.verifying import Verified
from stagespec.terminal import has_colour


def as_text(verified: Verified, stream: TextIO | None = None) -> str:
    """A line for each check, then what is wrong; in colour where the stream shows it."""
    width = max(len(check.name) for check in verified.checked)
    lines = [f"{check.state:<7}  {check.name:<{width}}  {check.said}\n" for check in verified.checked]
    colour = stream is not None and has_colour(stream)
    wrong = diagnostics_text.render(verified.diagnostics, {}, colour=colour)
    return "".join(lines) + (f"\n{wrong}" if wrong else f"sha256 {verified.sha256}\n")


def as_json(verified: Verified) -> str:
    content = {
        "sha256": verified.sha256,
        "ok": not verified.failed,
        "checks": [{"name": c.name, "state": c.state, "said": c.said} for c in verified.checked],
        "diagnostics": diagnostics_json.as_objects(verified.diagnostics, {}),
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
