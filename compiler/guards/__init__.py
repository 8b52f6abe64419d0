"""The mistakes that experiments of this kind really made, and what makes each of them impossible here.

`docs/guards.md` is written from this table and from the registry of checks. Tests hold that each wrong spec
and each test that is named here is there, and that a refusal, taken out, is missed by what shows it.
"""

from __future__ import annotations

from compiler.guards.audit import AUDIT
from compiler.guards.figures import FIGURES
from compiler.guards.mistake import Mistake, Where
from compiler.guards.running import RUNNING
from compiler.guards.texts import TEXTS

MISTAKES: tuple[Mistake, ...] = (*AUDIT, *RUNNING, *TEXTS, *FIGURES)

__all__ = ["MISTAKES", "Mistake", "Where"]
