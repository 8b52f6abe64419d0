"""Plans, and parts of them, that come from a file: here pydantic checks them against the types of the plan.

Apart from those types, since compiling needs them and not pydantic, which takes longer to load than a spec
to compile.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TypeVar

from pydantic import TypeAdapter

from compiler.plan.hashing import plain
from compiler.plan.model import PlanFile

T = TypeVar("T")


@cache
def adapter(kind: type[T]) -> TypeAdapter[T]:
    """What checks values of a type of the plan. It is made on first use, and kept."""
    return TypeAdapter(kind)


def plan_of(text: str) -> PlanFile:
    """The plan that a JSON text holds. ValidationError where it holds none, or unknown keys."""
    plan: PlanFile = adapter(PlanFile).validate_json(text)
    return plan


def text_of(plan: PlanFile) -> str:
    """The plan as JSON for people to look at; `plan_of` reads it back."""
    return json.dumps(plain(plan), indent=2, ensure_ascii=False, allow_nan=False)
