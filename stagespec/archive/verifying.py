"""Verify an archive: each check looks at one thing, says what it looked at, and reports what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from compiler.diagnostics import Diagnostic, Diagnostics
from stagespec.archive.check_numbers import check_numbers, check_scores, check_taints
from stagespec.archive.check_parts import (
    check_certificate,
    check_decisions,
    check_report,
    check_samples,
    check_trainings,
)
from stagespec.archive.check_plan import check_files, check_plan, check_recompiles
from stagespec.archive.layout import INDEX, file_hash, read_index
from stagespec.archive.parts import DAMAGE, Parts
from stagespec.endings import Refused

Check = Callable[[Parts, Diagnostics], str]
CHECKS: tuple[tuple[str, Check], ...] = (
    ("files", check_files),
    ("plan", check_plan),
    ("recompiled", check_recompiles),
    ("scores", check_scores),
    ("numbers", check_numbers),
    ("taints", check_taints),
    ("certificate", check_certificate),
    ("trainings", check_trainings),
    ("decisions", check_decisions),
    ("samples", check_samples),
    ("report", check_report),
)


@dataclass(frozen=True, slots=True)
class Checked:
    """One check: what it looked at, and whether all was well."""

    name: str
    state: Literal["ok", "note", "warning", "error"]
    said: str


@dataclass(frozen=True, slots=True)
class Verified:
    """`sha256` is that of the index, and so names the archive whole."""

    sha256: str
    checked: tuple[Checked, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def failed(self) -> bool:
        return any(item.severity == "error" for item in self.diagnostics)


def verify(folder: Path) -> Verified:
    """Run all checks; one that fails keeps no other from running. Refused where the folder is no archive."""
    parts = Parts(folder, read_index(folder))
    checked: list[Checked] = []
    found: list[Diagnostic] = []
    for name, check in CHECKS:
        own = Diagnostics()
        try:
            said = check(parts, own)
        except DAMAGE as damage:
            said = "could not be looked at"
            own.error("SS913", f"{name}: a part cannot be read ({_in_words(damage)})")
        checked.append(Checked(name, _worst(own), said))
        found += own.items
    return Verified(file_hash(folder / INDEX), tuple(checked), tuple(found))


def _worst(found: Diagnostics) -> Literal["ok", "note", "warning", "error"]:
    severities = {item.severity for item in found.items}
    for severity in ("error", "warning", "note"):
        if severity in severities:
            return severity
    return "ok"


def _in_words(damage: BaseException) -> str:
    text = " ".join(str(damage).split())
    kind = "" if isinstance(damage, Refused) else f"{type(damage).__name__}: "
    return f"{kind}{text[:100]}"
