"""What the compiler knows of bound models: facts that `stagespec lock` measured and wrote down."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from compiler.diagnostics import Diagnostics
from compiler.plan.lock_key import lock_key
from compiler.plan.model import Binding
from compiler.resolve import Program
from compiler.source import sha256

LOCK = "models.lock"
Facts = Mapping[str, Any]


def read_lock(program: Program, binding: Binding, found: Diagnostics) -> dict[str, Facts]:
    """Facts by role. A role without an entry is a note: estimates then rest on characters."""
    path = program.root / LOCK
    program.read[str(path)] = None
    try:
        entries = {}
        if path.exists():
            text = path.read_text(encoding="utf-8")
            program.read[str(path)] = sha256(text)
            entries = json.loads(text)["models"]
    except (OSError, ValueError, KeyError):
        found.warning(
            "SS710", f'"{LOCK}" cannot be read', help="Write it anew: stagespec lock SPEC --profile NAME"
        )
        return {}
    facts: dict[str, Facts] = {}
    for role, bound in binding.models.items():
        key = lock_key(bound)
        if key in entries:
            facts[role] = entries[key]
        elif key != "mock":
            found.note(
                "SS709",
                f'model "{role}" is not in {LOCK}: tokens and times are rough',
                help="stagespec lock measures it.",
            )
    return facts
